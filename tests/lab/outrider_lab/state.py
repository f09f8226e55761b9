"""The state directory of a lab and its lab.json: what a test reads, and what is needed to clean up after a crash."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from . import netns
from .errors import LabError
from .processes import Identity, alive, end


def base_directory() -> Path:
    """${OUTRIDER_LAB_STATE}, else /run if it can be written, else the temporary directory."""
    if own := os.environ.get("OUTRIDER_LAB_STATE"):
        return Path(own)
    return Path("/run") if os.access("/run", os.W_OK) else Path(tempfile.gettempdir())


def directory(name: str) -> Path:
    return base_directory() / f"outrider-lab-{name}"


def write(folder: Path, info: dict[str, Any]) -> None:
    """Replaces lab.json in one step: a reader sees the old or the new one."""
    part = folder / "lab.json.part"
    part.write_text(json.dumps(info, indent=2) + "\n")
    part.rename(folder / "lab.json")


def read(name: str) -> dict[str, Any] | None:
    """lab.json of a lab, or None if there is none."""
    try:
        return dict(json.loads((directory(name) / "lab.json").read_text()))
    except FileNotFoundError:
        return None


def identities(info: dict[str, Any]) -> list[Identity]:
    """Every process that the lab recorded: programs, and those started by `lab exec`."""
    recorded = [Identity(p["pid"], p["start"]) for p in info["processes"].values() if p["pid"]]
    for note in (Path(info["state_directory"]) / "exec").glob("*"):
        pid, _, start = note.name.partition("-")
        recorded.append(Identity(int(pid), int(start)))
    return recorded


def supervisor_of(info: dict[str, Any]) -> Identity:
    return Identity(info["supervisor"]["pid"], info["supervisor"]["start"])


def is_up(info: dict[str, Any] | None) -> bool:
    return info is not None and alive(supervisor_of(info))


def require(name: str) -> dict[str, Any]:
    """lab.json of a lab that is up; LabError otherwise."""
    info = read(name)
    if info is None or not is_up(info) or info["state"] != "up":
        raise LabError(f'lab "{name}" is not up; start it with: lab up --name {name}')
    return info


def remove(info: dict[str, Any]) -> None:
    """Ends and deletes everything that lab.json names, in any state of a lab, also twice."""
    end(identities(info))
    nodes = info["nodes"].values()
    netns.remove([n["namespace"] for n in nodes if n["namespace"]],
                 [n["host_device"] for n in nodes if n.get("host_device")])
    shutil.rmtree(info["state_directory"], ignore_errors=True)
