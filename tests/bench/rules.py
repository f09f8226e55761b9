#!/usr/bin/python3
"""What rules cost: Outrider's engine beside Debian's Prometheus, the same forty rules over the same series.

  rules.py [--targets 1000] [--seconds 60]

Outrider (bench_rules_engine) has every series five times a second and looks five times a second, in virtual time on one
core. Prometheus scrapes the same number of series once a second and evaluates the same rules once a second; its windows
thus hold a fifth of the points, which is to its advantage. Compared is the time of one evaluation of one rule: for
Prometheus the sum of prometheus_rule_evaluation_duration_seconds over its count, within the measured window. Nothing is
judged by the exit code; the aims are printed with "reached" or "MISSED".
"""

from __future__ import annotations

import argparse
import http.server
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "integration"))
import support  # noqa: E402

HERE = Path(__file__).resolve().parent
RULES = HERE / "rules.yaml"
MOST_OF_A_CORE = 0.25
LEAST_SPEEDUP = 5
WARM_UP_SECONDS = 75  # the longest window of the rules, and some
POPS = 4
VIEWERS = ("1s", "3s", "10s")


class Exporter:
    """The series of bench_rules_engine, for scraping."""

    def __init__(self, targets: int):
        self.started = time.time()
        self.targets = [f'stream="stream-{i // POPS}",pop="pop-{i % POPS}",protocol="httpflv"' for i in range(targets)]
        exporter = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = exporter.text().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def text(self) -> str:
        now = time.time()
        n = (now - self.started) * 5
        noise = random.random
        lines = []
        for i, labels in enumerate(self.targets):
            ill = i % 100 == 7
            plain = {
                "up": 1, "lag_seconds": 4 + noise() if ill else 0.1 * noise(), "media_seconds_total": 0.2 * n,
                "received_bytes_total": 50_000 * n, "last_media_timestamp_seconds": now - 0.03 * noise(),
                "delivery_ratio": 0.8 if ill else 1, "timeline_restarts_total": 0, "video_frame_rate": 30,
                "video_frame_gap_seconds": 0.03 + 0.02 * noise(), "video_keyframe_interval_seconds": 2,
                "av_skew_seconds": 0.02 * noise(), "connections_total": 1, "path_rtt_seconds": 0.05 + 0.005 * noise(),
                "tcp_rtt_seconds": 0.05 + 0.005 * noise()}
            lines += [f"outrider_{name}{{{labels}}} {value}" for name, value in plain.items()]
            lines.append(f'outrider_pop_delay_seconds{{{labels},reference="earliest"}} {0.05 * noise()}')
            for viewer in VIEWERS:
                one = f'{labels},viewer="{viewer}"'
                lines += [f"outrider_viewer_buffer_seconds{{{one}}} {1 + noise()}",
                          f"outrider_viewer_stalls_total{{{one}}} {n / 50 if ill else 0}",
                          f"outrider_viewer_stall_seconds_total{{{one}}} {n / 100 if ill else 0}",
                          f"outrider_viewer_watched_seconds_total{{{one}}} {0.2 * n}"]
            lines += [f'outrider_http_responses_total{{{labels},class="2xx"}} 1',
                      f'outrider_packets_expected_total{{{labels},layer="icmp"}} {n}',
                      f'outrider_packets_lost_total{{{labels},layer="icmp"}} {n / 20 if ill else 0}']
        return "\n".join(lines) + "\n"

    def stop(self) -> None:
        self.server.shutdown()


def outrider(targets: int, seconds: int) -> dict[str, float]:
    program = Path(os.environ["OUTRIDER_BENCH_BIN"]) / "bench_rules_engine"
    return json.loads(subprocess.run([program, RULES, str(targets), str(seconds)], check=True, capture_output=True,
                                     text=True, timeout=600).stdout)


def prometheus(targets: int, seconds: int) -> dict[str, float]:
    exporter = Exporter(targets)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "rules.yaml").write_text(RULES.read_text().replace("interval: 200ms", "interval: 1s"))
        (work / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n"
            "rule_files: [rules.yaml]\n"
            "scrape_configs:\n"
            f"  - job_name: streams\n    static_configs: [{{targets: ['127.0.0.1:{exporter.port}']}}]\n")
        port = support.free_port()
        process = support.Process(["prometheus", f"--config.file={work}/prometheus.yml", f"--storage.tsdb.path={work}/data",
                                   f"--web.listen-address=127.0.0.1:{port}"], work / "prometheus.log")

        def own(name: str) -> float:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
                for line in answer.read().decode().splitlines():
                    if line.startswith(name + " ") or line.startswith(name + "{"):
                        return float(line.rsplit(" ", 1)[1])
            return 0

        def value(query: str) -> float:
            url = f"http://127.0.0.1:{port}/api/v1/query?query={query}"
            with urllib.request.urlopen(url, timeout=10) as answer:
                result = json.load(answer)["data"]["result"]
            return float(result[0]["value"][1]) if result else 0

        try:
            support.wait_until("Prometheus has scraped", lambda: _quiet(lambda: value("count(outrider_up)")) == targets, 60, 0.5)
            time.sleep(WARM_UP_SECONDS)
            names = ("prometheus_rule_evaluation_duration_seconds_sum", "prometheus_rule_evaluation_duration_seconds_count",
                     "prometheus_rule_group_iterations_missed_total", "process_cpu_seconds_total")
            before = [own(name) for name in names]
            time.sleep(seconds)
            after = [own(name) for name in names]
            spent, count, missed, cpu = (b - a for a, b in zip(before, after))
            return {"seconds_per_evaluation": spent / count, "evaluations": count, "missed": missed,
                    "cpu_share": cpu / seconds, "scraped": value("count({job=\"streams\"})".replace("\"", "%22"))}
        finally:
            process.stop()
            exporter.stop()


def _quiet(ask):  # noqa: ANN001, ANN202
    try:
        return ask()
    except (OSError, ValueError):
        return None


def verdict(reached: bool) -> str:
    return "reached" if reached else "MISSED"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=60)
    arguments = parser.parse_args()
    ours = outrider(arguments.targets, arguments.seconds)
    share = ours["samples_share"] + ours["ticks_share"]
    print(f"rules: {ours['targets']} targets x 30 series, {ours['rules']} rules, a tick every 200 ms")
    print(f"  share of a core {share * 100:.1f} % (samples {ours['samples_share'] * 100:.1f} %, ticks "
          f"{ours['ticks_share'] * 100:.1f} %): aim {MOST_OF_A_CORE * 100:.0f} % {verdict(share <= MOST_OF_A_CORE)}")
    print(f"  {ours['series']} series kept, {ours['bytes_per_series']:.0f} bytes a series")
    print(f"  one evaluation of one rule {ours['seconds_per_evaluation'] * 1e6:.1f} us")
    if shutil.which("prometheus") is None:
        print("  skipped: prometheus is not installed, nothing to compare with")
        return 77
    theirs = prometheus(arguments.targets, arguments.seconds)
    ratio = theirs["seconds_per_evaluation"] / ours["seconds_per_evaluation"]
    print(f"  Prometheus: {theirs['seconds_per_evaluation'] * 1e6:.1f} us over {theirs['evaluations']:.0f} evaluations, "
          f"{theirs['missed']:.0f} missed, whole process {theirs['cpu_share'] * 100:.0f} % of a core at one look a second")
    print(f"  ratio {ratio:.1f}: aim {LEAST_SPEEDUP} {verdict(ratio >= LEAST_SPEEDUP)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
