"""Timelines: what is done to a lab at which second.

    # comment
    at 10s   path sin1 down.rate=50%
    at 12s   serve sin1 freeze=on
    at 20s   crash fra1
    at 40s   path sin1 clear
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable

from . import faults, impairments, misbehaviour, units
from .errors import LabError

_LINE = re.compile(r"at\s+(\S+)\s+(\S+)\s+(.+)")


@dataclass(frozen=True)
class Step:
    at: float  # seconds from the start
    line: int
    verb: str
    words: list[str]

    @property
    def text(self) -> str:
        return " ".join([self.verb, *self.words])


def _run(info: dict[str, Any], step: Step, only_check: bool) -> None:
    if step.verb in ("backbone", "path", "uplink"):
        lines = [step.verb, *step.words]
        if only_check:
            impairments.commands(info, lines)
        else:
            impairments.apply(info, lines)
    elif step.verb == "serve":
        misbehaviour.apply(info, step.words, run=not only_check)
    elif step.verb in faults.VERBS:
        faults.apply(info, step.verb, step.words, run=not only_check)
    else:
        raise LabError(f'want backbone, path, uplink, serve, {", ".join(faults.VERBS)}; got "{step.verb}"')


def load(path: Path, info: dict[str, Any]) -> list[Step]:
    """Reads and checks a whole file against a lab; LabError lists every bad line as file:line: message."""
    steps, problems = [], []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            match = _LINE.fullmatch(text)
            if not match:
                raise LabError(f'want "at TIME VERB …", got "{text}"')
            step = Step(units.duration(match[1]), number, match[2], match[3].split())
            _run(info, step, only_check=True)
            steps.append(step)
        except LabError as error:
            problems.append(f"{path}:{number}: {error}")
    if problems:
        raise LabError("\n".join(problems))
    return sorted(steps, key=lambda step: step.at)


def play(steps: list[Step], info: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> None:
    """Executes the steps at their times, counted from now, and reports when each had been done (UTC)."""
    began = time.monotonic()
    for step in steps:
        while (left := began + step.at - time.monotonic()) > 0:
            time.sleep(left)
        _run(info, step, only_check=False)
        done = time.monotonic()
        report({"at": step.at, "done_after": round(done - began, 4), "utc": datetime.now(timezone.utc).isoformat(),
                "line": step.line, "step": step.text})
