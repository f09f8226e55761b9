#!/usr/bin/python3
"""The demonstration behind deploy/quickstart: a lab, the daemon, a fault, an incident.

Exit code: 0 the stream was measured and, where a fault was injected, it became an incident that was resolved and told
to the webhook receiver; 1 otherwise.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "integration"))
import support  # noqa: E402

RULES = (ROOT / "deploy" / "examples" / "rules.yaml").read_text()
FAULT_AFTER = 15.0  # seconds of health to look at first
FAULT_LASTS = 20.0
POPS = ("sin1", "fra1")


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


class Stage:
    """What runs on the demonstration's behalf, ended in reverse order."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._undo: list[Callable[[], Any]] = []

    def later(self, action: Callable[[], Any]) -> None:
        self._undo.append(action)

    def end(self) -> None:
        while self._undo:
            try:
                self._undo.pop()()
            except Exception as error:  # one that does not end must not keep the others alive
                print(f"while ending: {error}", file=sys.stderr)


class Demo:
    def __init__(self, stage: Stage, url: str | None):
        self.stage = stage
        self.url = url
        self.lab: support.Lab | None = None
        prefix: list[str] = []
        address = "127.0.0.1"
        if url is None:
            say("starting a live stream, an origin and two POPs …")
            reduced = not support.can_make_namespaces()
            if reduced:
                say("no privilege for network namespaces: servers on loopback, and a frozen server instead of a bad path")
            self.lab = support.Lab("demo", pops=",".join(POPS), reduced=reduced)
            stage.later(self.lab.down)
            self.reduced = reduced
            if not reduced:
                prefix = self.lab.prefix("v1")
                address = self.lab.mgmt_address("v1")
        self.sink = support.Sink(stage.folder, prefix)
        stage.later(self.sink.stop)
        self.daemon = support.Daemon(stage.folder, self.config(), rules=RULES, prefix=prefix, address=address,
                                     port=10980)
        self.daemon.start()
        stage.later(self.daemon.stop)

    def config(self) -> str:
        if self.lab is None:
            pops, url = "  - name: direct\n", self.url
        else:
            pops = "".join(f"  - name: {pop}\n    address: {self.lab.address(pop)}\n" for pop in POPS)
            url = "http://live.example/live/demo.flv"
        return (f"pops:\n{pops}streams:\n  - name: demo\n    url: '{url}'\n"
                f"notifiers:\n  - name: demo-receiver\n    webhook: {{url: '{self.sink.url}'}}\n")

    def describe(self) -> None:
        where = "your stream" if self.lab is None else "one stream at the POPs " + " and ".join(POPS)
        print(f"\n  watching   {where}, five looks a second\n"
              f"  metrics    {self.daemon.base}/metrics\n"
              f"  incidents  {self.daemon.base}/api/v1/incidents\n"
              f"  messages   {self.sink.records}\n"
              f"  log        {self.daemon.process.log}\n", flush=True)

    def measured(self) -> bool:
        """Media has come from every POP."""
        pops = POPS if self.lab else ("direct",)
        return all(self.daemon.metric("outrider_media_seconds_total", pop=pop) for pop in pops)

    def status(self) -> str:
        parts = []
        for pop in POPS if self.lab else ("direct",):
            lag = self.daemon.metric("outrider_lag_seconds", pop=pop)
            left = self.daemon.metric("outrider_viewer_buffer_seconds", pop=pop, viewer="10s")
            parts.append(f"{pop}: lag {'-' if lag is None else f'{lag:5.2f} s'}, "
                         f"10 s viewer holds {'-' if left is None else f'{left:5.2f} s'}")
        return "   ".join(parts)

    def show(self, seconds: float, until: Callable[[], Any] = lambda: None) -> Any:
        """Prints the status every two seconds; the first true value of `until`, or None when the time is over."""
        end = time.monotonic() + seconds
        next_line = 0.0
        while time.monotonic() < end:
            value = until()
            if value:
                return value
            if time.monotonic() >= next_line:
                say(self.status())
                next_line = time.monotonic() + 2
            time.sleep(0.2)
        return None

    def break_path(self) -> None:
        assert self.lab is not None
        if self.reduced:
            say(">>> freezing the server of sin1")
            self.lab.serve("sin1", "freeze=on")
        else:
            say(">>> limiting the path to sin1 to 30 % of the stream's bit rate")
            self.lab.impair("path", "sin1", "rate=30%")

    def mend_path(self) -> None:
        assert self.lab is not None
        say(">>> mending it")
        self.lab.serve("sin1", "clear") if self.reduced else self.lab.impair("path", "sin1", "clear")

    def incident(self, state: str) -> dict[str, Any] | None:
        return next((i for i in self.daemon.incidents() if i["state"] == state and i["key"].get("pop") == "sin1"), None)


def show_incident(incident: dict[str, Any]) -> None:
    print(f"\n  INCIDENT {incident['id']}  {incident['priority']}  {incident['summary']}\n"
          f"  at fault   {incident['fault']['scope']}: {incident['fault']['evidence']}\n"
          f"  switch to  {incident['switch_to'] or '-'}")
    for entry in incident["timeline"]:
        print(f"  {entry['at'][11:23]}  {entry['kind']:<9} {entry['text']}")
    print(flush=True)


def run(demo: Demo, options: argparse.Namespace) -> int:
    demo.describe()
    if not support.wait_until("media from every POP", demo.measured, 30):
        return 1
    if demo.lab is None:
        demo.show(5 if options.check else float("inf"))
        return 0
    demo.show(5 if options.check else FAULT_AFTER)
    if not options.no_fault:
        demo.break_path()
    incident = demo.show(30, lambda: demo.incident("open"))
    if not incident:
        say("no incident within 30 s")
        return 1
    show_incident(incident)
    demo.show(0 if options.check else FAULT_LASTS)
    demo.mend_path()
    resolved = demo.show(60, lambda: demo.incident("resolved"))
    if not resolved:
        say("the incident was not resolved within 60 s")
        return 1
    show_incident(resolved)
    support.wait_until("the webhook receiver has both messages", lambda: len(demo.sink.messages()) >= 2, 15)
    say("the webhook receiver got: " + ", ".join(m["body"]["status"] for m in demo.sink.messages()))
    if not options.check:
        say("it goes on until Ctrl-C")
        demo.show(float("inf"))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="deploy/quickstart", description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--url", help="watch this stream instead of the demonstration's own")
    parser.add_argument("--check", action="store_true", help="no terminal, bounded time, the exit code tells")
    parser.add_argument("--no-fault", action="store_true", help="break nothing: with --check, this must fail")
    options = parser.parse_args()
    os.environ["OUTRIDER_BIN"] = str((options.build / "outrider").resolve())
    os.environ["OUTRIDER_LAB_BIN"] = str((options.build / "tests" / "lab").resolve())
    for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a shell's background job starts with it ignored
        signal.signal(number, signal.default_int_handler)

    with tempfile.TemporaryDirectory(prefix="outrider-demo-") as folder:
        stage = Stage(Path(folder))
        try:
            return run(Demo(stage, options.url), options)
        except KeyboardInterrupt:
            print()
            say("ending")
            return 0 if not options.check else 130
        except AssertionError as error:
            print(f"deploy/quickstart: {error}", file=sys.stderr)
            return 1
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave something behind
            stage.end()


if __name__ == "__main__":
    sys.exit(main())
