#!/usr/bin/python3
"""CPU and memory per HTTP-FLV stream of the whole daemon, beside a bare libcurl multi drain of the same streams.

Both pull N streams of the lab's own HTTP-FLV server on loopback, in turn (drain, daemon, drain, daemon …), each measured
for SECONDS after it has settled; CPU is utime + stime of the process, memory its resident set less that with one stream.
Printed: the median of ROUNDS and the ratio of the medians. The numbers of one run compare; those of two machines do not.

  httpflv_bench.py [--streams 300] [--seconds 15] [--rounds 3]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "integration"))
import support  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
BITRATE_KBPS = 2000


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


def make_clip(path: Path) -> None:
    """20 s of 720p H.264 at 30 frames a second and AAC, 2 Mbit/s in all."""
    subprocess.run(
        ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30", "-f", "lavfi",
         "-i", "sine=frequency=440:sample_rate=48000", "-t", "20", "-c:v", "libx264", "-preset", "ultrafast", "-b:v",
         f"{BITRATE_KBPS - 128}k", "-maxrate", f"{BITRATE_KBPS - 128}k", "-bufsize", "2000k", "-nal-hrd", "cbr", "-g",
         "60", "-c:a", "aac", "-b:a", "128k", "-f", "flv", str(path)], check=True)


def measure(pid: int, settle: float, seconds: float) -> tuple[float, int]:
    """Share of one core and resident bytes."""
    time.sleep(settle)
    before, began = cpu_seconds(pid), time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds(pid) - before) / (time.monotonic() - began), resident_bytes(pid)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    drain = os.environ["OUTRIDER_DRAIN_BIN"]
    server = Path(os.environ["OUTRIDER_LAB_BIN"]) / "lab_flvd"

    with tempfile.TemporaryDirectory(prefix="outrider-bench-") as name:
        folder = Path(name)
        make_clip(folder / "clip.flv")
        port = support.free_port()
        url = f"http://127.0.0.1:{port}/live/demo.flv"
        flvd = support.Process(
            [str(server), "--listen", f"127.0.0.1:{port}", "--file", str(folder / "clip.flv")], folder / "flvd.log")
        support.wait_until("the server listens", lambda: support.http_get(f"http://127.0.0.1:{port}/")[0] != 0, 10)

        def run_drain(streams: int, seconds: float) -> tuple[float, int]:
            process = support.Process([drain, url, str(streams)], folder / "drain.log")
            try:
                return measure(process.pid, 4, seconds)
            finally:
                process.stop()

        def run_daemon(streams: int, seconds: float) -> tuple[float, int]:
            work = folder / f"daemon-{time.monotonic_ns()}"
            work.mkdir()
            config = "pops:\n  - name: p1\nstreams:\n" + "".join(
                f"  - {{name: s{i}, url: '{url}'}}\n" for i in range(streams))
            daemon = support.Daemon(work, config)
            daemon.start()
            try:
                assert daemon.process is not None
                support.wait_until(
                    "every stream flows",
                    lambda: daemon.get("/metrics")[1].count('"} 1\n') and
                    sum(line.startswith("outrider_up{") and line.endswith(" 1")
                        for line in daemon.get("/metrics")[1].splitlines()) == streams, 30, every=0.5)
                result = measure(daemon.process.pid, 4, seconds)
                refused = daemon.metric("outrider_mailbox_refused_samples_total")
                if refused:
                    print(f"  warning: {refused:g} samples refused: the machine is overloaded, the ratio means little")
                return result
            finally:
                daemon.stop()

        try:
            drain_one, daemon_one = run_drain(1, 1)[1], run_daemon(1, 1)[1]
            rows: list[tuple[float, int, float, int]] = []
            for _ in range(options.rounds):
                rows.append((*run_drain(options.streams, options.seconds), *run_daemon(options.streams, options.seconds)))
        finally:
            flvd.stop()

    n = options.streams
    floor_cpu = statistics.median(row[0] for row in rows) / n
    cpu = statistics.median(row[2] for row in rows) / n
    ratio = statistics.median(row[2] / row[0] for row in rows)
    floor_memory = statistics.median(row[1] - drain_one for row in rows) / (n - 1)
    memory = statistics.median(row[3] - daemon_one for row in rows) / (n - 1)
    print(f"{n} HTTP-FLV streams of {BITRATE_KBPS / 1000:g} Mbit/s, {options.rounds} rounds of {options.seconds:g} s, medians")
    print(f"{'':24}{'CPU per stream':>18}{'memory per stream':>20}")
    print(f"{'libcurl multi drain':24}{floor_cpu * 100:>16.3f} %{floor_memory / 1024:>17.0f} KB")
    print(f"{'outrider':24}{cpu * 100:>16.3f} %{memory / 1024:>17.0f} KB")
    print(f"CPU ratio, pair by pair: {ratio:.2f} (min {min(r[2] / r[0] for r in rows):.2f}, "
          f"max {max(r[2] / r[0] for r in rows):.2f})")


if __name__ == "__main__":
    main()
