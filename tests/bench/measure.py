"""What the benchmarks share: processes on their core, and what they cost while every stream is received in full.

A Side is one program that receives N streams: a floor, the daemon, or ffmpeg processes. It is measured for a window
after it has settled: CPU is utime + stime of its processes, memory their proportional set size (PSS).
"""

from __future__ import annotations

import os
import re
import signal
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Sequence

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "integration"))
import support  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")


def share_cores() -> tuple[list[int], list[int]]:
    """The cores of the servers and those of what is measured: halves, or the same one where there is only one."""
    cores = sorted(os.sched_getaffinity(0))
    half = len(cores) // 2
    return (cores[:half], cores[half:]) if half else (cores, cores)


SERVER_CORES, MEASURED_CORES = share_cores()


def on_cores(cores: Sequence[int]) -> list[str]:
    return ["taskset", "--cpu-list", ",".join(map(str, cores))]


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def pss_bytes(pid: int) -> int:
    found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


class Side:
    """`received` is how much of each stream has come, in units of which `per_second` make one second of the stream."""

    per_second = 1.0

    def start(self) -> None:
        """Returns once every stream flows."""
        raise NotImplementedError

    def pids(self) -> list[int]:
        raise NotImplementedError

    def received(self) -> list[float]:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError


class Drain(Side):
    """One of the floors: it says its counts of bytes when it is asked."""

    def __init__(self, program: str, arguments: Sequence[str], per_second: Callable[[], float], folder: Path):
        self.command = [str(Path(os.environ["OUTRIDER_BENCH_BIN"]) / f"bench_{program}"), *arguments]
        self.rate = per_second
        self.log = folder / f"drain-{time.monotonic_ns()}.log"

    def start(self) -> None:
        self.process = support.Process([*on_cores(MEASURED_CORES), *self.command], self.log)
        support.wait_until("it has started", lambda: b"bench_" in Path(f"/proc/{self.process.pid}/cmdline").read_bytes()
                           .split(b"\0")[0], 5)
        time.sleep(0.5)  # until it listens for signals: before, SIGUSR1 would end it
        support.wait_until("every stream flows into the floor", lambda: min(self.received()) > 0, 30, every=0.5)
        self.per_second = self.rate()

    def pids(self) -> list[int]:
        return [self.process.pid]

    def received(self) -> list[float]:
        def lines() -> list[str]:
            return [line for line in self.process.output().splitlines(True) if line.startswith("bytes ")]

        known = len(lines())
        self.process.child.send_signal(signal.SIGUSR1)
        support.wait_until("the floor answers", lambda: len(lines()) > known and lines()[-1].endswith("\n"), 10, 0.01)
        return [float(count) for count in lines()[-1].split()[1:]]

    def stop(self) -> None:
        self.process.stop()
        other = [line for line in self.process.output().splitlines() if not line.startswith("bytes ")]
        if other:
            print(f"  the floor says: {other[-1]}")


class Daemon(Side):
    """`outrider run` with N stream entries."""

    def __init__(self, url: str, streams: int, folder: Path):
        work = folder / f"daemon-{time.monotonic_ns()}"
        work.mkdir()
        self.streams = streams
        self.daemon = support.Daemon(
            work, "pops:\n  - name: p1\nstreams:\n" + "".join(f"  - {{name: s{i}, url: '{url}'}}\n" for i in range(streams)),
            prefix=on_cores(MEASURED_CORES))

    def _values(self, name: str) -> list[float]:
        return [float(line.rsplit(" ", 1)[1]) for line in self.daemon.get("/metrics")[1].splitlines()
                if line.startswith(name + "{")]

    def start(self) -> None:
        self.daemon.start()
        support.wait_until("every stream flows into the daemon",
                           lambda: self._values("outrider_up").count(1) == self.streams, 60, every=1)

    def pids(self) -> list[int]:
        assert self.daemon.process is not None
        return [self.daemon.process.pid]

    def received(self) -> list[float]:
        return self._values("outrider_media_seconds_total")

    def stop(self) -> None:
        refused = self.daemon.metric("outrider_mailbox_refused_samples_total")
        self.daemon.stop(60)
        if refused:
            print(f"  warning: {refused:g} samples were refused: the machine is overloaded")


class Ffmpeg(Side):
    """`ffmpeg -c copy -f null -`, a process for each stream."""

    def __init__(self, url: str, streams: int, folder: Path):
        self.url, self.streams, self.folder = url, streams, folder
        self.processes: list[support.Process] = []

    def start(self) -> None:
        for i in range(self.streams):
            progress = self.folder / f"progress-{i}"
            progress.unlink(missing_ok=True)
            self.processes.append(support.Process(
                [*on_cores(MEASURED_CORES), "ffmpeg", "-nostdin", "-loglevel", "error", "-progress", str(progress), "-i",
                 self.url, "-c", "copy", "-f", "null", "-"], self.folder / f"ffmpeg-{i}.log"))
        support.wait_until("every stream flows into ffmpeg", lambda: min(self.received()) > 0, 60, every=0.5)

    def pids(self) -> list[int]:
        return [process.pid for process in self.processes]

    def received(self) -> list[float]:
        amounts = []
        for i in range(self.streams):
            path = self.folder / f"progress-{i}"
            times = re.findall(r"^out_time_us=(\d+)$", path.read_text(), re.MULTILINE) if path.exists() else []
            amounts.append(int(times[-1]) / 1e6 if times else 0.0)
        return amounts

    def stop(self) -> None:
        for process in self.processes:
            process.kill()


@dataclass(frozen=True)
class Cost:
    cores: float  # of CPU, all streams together
    pss: int      # bytes
    flaw: str     # why it counts for nothing: a stream was not received in full; empty when all were


def measure(side: Side, settle: float, seconds: float, slack: float) -> Cost:
    """A stream may be `slack` seconds behind or ahead of the window: what comes in pieces."""
    try:
        side.start()
        time.sleep(settle)
        had, had_at = side.received(), time.monotonic()
        before, began = sum(map(cpu_seconds, side.pids())), time.monotonic()
        time.sleep(seconds)
        cores = (sum(map(cpu_seconds, side.pids())) - before) / (time.monotonic() - began)
        has, has_at = side.received(), time.monotonic()
        pss = sum(map(pss_bytes, side.pids()))
    finally:
        side.stop()
    wall = has_at - had_at
    if len(had) != len(has):
        return Cost(cores, pss, f"{len(had)} streams at first, {len(has)} at last")
    media = [(b - a) / side.per_second for a, b in zip(had, has)]
    flaw = ""
    if min(media) < wall - slack:
        flaw = f"a stream got {min(media):.1f} s of media in {wall:.1f} s"
    elif not 0.9 * wall - slack / 2 <= statistics.mean(media) <= 1.1 * wall + slack / 2:
        flaw = f"the streams got {statistics.mean(media):.1f} s of media each in {wall:.1f} s"
    return Cost(cores, pss, flaw)
