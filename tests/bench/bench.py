#!/usr/bin/python3
"""CPU and memory per stream of the whole daemon, beside the least that receiving the same bytes costs.

  bench.py httpflv|rtmp|hls|srt [--streams N[,N…]] [--rounds 3] [--seconds 8] [--settle 4] [--ffmpeg 20]

In each round the floor and then `outrider run` receive N streams of one server on loopback, pinned to other cores than
the server. Printed are medians, the ratios pair by pair, and whether the aims are reached; nothing is judged by the exit
code. A round in which a stream did not come in full counts for nothing and is made good by another, up to as many again;
when not one is whole the exit code is 1. A sample of `ffmpeg -c copy -f null -` processes stands beside them.
docs/benchmarks.md tells more.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import servers
from measure import MEASURED_CORES, SERVER_CORES, Cost, Daemon, Ffmpeg, measure


@dataclass(frozen=True)
class Protocol:
    title: str
    source: type[servers.Source]
    needs: tuple[str, ...]  # files
    streams: tuple[int, ...]
    floor: str
    most_cpu: float | None        # times the floor: the aim
    most_memory_kb: float | None  # a stream: the aim
    slack: float                  # seconds by which a stream may be off in a window


PROTOCOLS = {
    "httpflv": Protocol("HTTP-FLV", servers.HttpFlv, (), (100, 300, 1000), "libcurl on epoll", 2, 128, 2),
    "rtmp": Protocol("RTMP", servers.Rtmp, (servers.NGINX, servers.RTMP_MODULE), (300,), "avio_read on threads", 1.3, None, 2),
    # A segment more or less at either end of the window.
    "hls": Protocol("HLS", servers.Hls, (servers.NGINX, servers.RTMP_MODULE), (300,), "libcurl on epoll", 2, None,
                    2 * servers.SEGMENT_SECONDS + 0.5),
    "srt": Protocol("SRT", servers.Srt, (), (100,), "srt_recvmsg", None, None, 2),
}


def load() -> str:
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def row(count: int, what: str, cores: float, kilobytes: float, note: str = "") -> None:
    print(f"  {count:5}  {what:22}{cores * 100:>9.3f} %{kilobytes:>9.0f} KB   {note}".rstrip(), flush=True)


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def say_aim(what: str, value: float, most: float | None, unit: str) -> None:
    if most is not None:
        print(f"         aim: {what} at most {most:g}{unit}: {'reached' if value <= most else 'MISSED'} ({value:.3g}{unit})")


def compare(protocol: Protocol, source: servers.Source, n: int, alone: tuple[Cost, Cost], options: argparse.Namespace) -> bool:
    """Prints the rows of N streams; false when no round was whole."""
    pairs: list[tuple[Cost, Cost]] = []
    for index in range(2 * options.rounds):  # void ones are made good
        if len(pairs) == options.rounds:
            break
        sides = source.drain(n), Daemon(source.url, n, source.folder)
        floor, ours = (measure(side, options.settle, options.seconds, protocol.slack) for side in sides)
        flaws = [f"{name}: {cost.flaw}, at {cost.cores:.2f} of {len(MEASURED_CORES)} cores" for name, cost in (("floor", floor), ("outrider", ours)) if cost.flaw]
        if flaws:
            print(f"  round {index + 1} of {n} streams is void: {'; '.join(flaws)}", flush=True)
        else:
            pairs.append((floor, ours))
    if not pairs:
        print(f"  {n:5}  VOID: not one round in which every stream came in full")
        return False
    memory = [statistics.median((pair[i].pss - alone[i].pss) / (n - 1) / 1024 for pair in pairs) for i in (0, 1)]
    cores = [statistics.median(pair[i].cores for pair in pairs) / n for i in (0, 1)]
    ratios = [ours.cores / floor.cores for floor, ours in pairs]
    row(n, protocol.floor, cores[0], memory[0], "the floor")
    row(n, "outrider", cores[1], memory[1], f"CPU {spread(ratios)} times the floor, {len(ratios)} rounds")
    say_aim("CPU", statistics.median(ratios), protocol.most_cpu, " times the floor")
    say_aim("memory", memory[1], protocol.most_memory_kb, " KB a stream")
    return True


def show_ffmpeg(protocol: Protocol, source: servers.Source, options: argparse.Namespace) -> None:
    n = options.ffmpeg
    # It looks at the first five seconds before it begins.
    cost = measure(Ffmpeg(source.url, n, source.folder), options.settle + 3, options.seconds, protocol.slack + 1)
    note = f"void: {cost.flaw}" if cost.flaw else "a process each, a sample of so many; whole PSS"
    row(n, "ffmpeg -c copy -f null", cost.cores / n, cost.pss / n / 1024, note)


def run(protocol: Protocol, options: argparse.Namespace) -> bool:
    counts = options.streams or protocol.streams
    print(f"{protocol.title}, {servers.KBPS / 1000:g} Mbit/s a stream, {options.rounds} rounds of {options.seconds:g} s; "
          f"{os.cpu_count()} cores ({platform.machine()}): server on {SERVER_CORES}, measured on {MEASURED_CORES}; "
          f"load {load()}")
    print(f"{'streams':>7}  {'':22}{'CPU':>9}  {'memory':>11}     a stream", flush=True)
    with tempfile.TemporaryDirectory(prefix="outrider-bench-") as name:
        source = protocol.source(Path(name))
        try:
            alone = (measure(source.drain(1), 1, 2, 10), measure(Daemon(source.url, 1, source.folder), 1, 2, 10))
            whole = [compare(protocol, source, n, alone, options) for n in counts]
            if options.ffmpeg:
                show_ffmpeg(protocol, source, options)
        finally:
            source.stop()
    print(f"  load at the end: {load()}")
    return all(whole)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("protocol", choices=PROTOCOLS)
    parser.add_argument("--streams", type=lambda text: tuple(map(int, text.split(","))))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8, help="for HLS a multiple of 2, the length of a segment")
    parser.add_argument("--settle", type=float, default=4)
    parser.add_argument("--ffmpeg", type=int, default=20, help="processes; 0: none")
    options = parser.parse_args()
    protocol = PROTOCOLS[options.protocol]
    for needed in (*protocol.needs, "ffmpeg", "taskset"):
        if shutil.which(needed) is None and not os.path.exists(needed):
            print(f"SKIPPED: bench.{options.protocol}: there is no {needed}")
            return 77
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return 0 if run(protocol, options) else 1


if __name__ == "__main__":
    sys.exit(main())
