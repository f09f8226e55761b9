#!/usr/bin/python3
"""The commands as a person at a shell meets them: exit codes, messages, JSON."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

import support


def run(*arguments: str, seconds: float = 30) -> subprocess.CompletedProcess[str]:
    return subprocess.run([support.outrider(), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=seconds)


class CommandLine(support.Case):
    def test_version_and_help_go_to_standard_output(self) -> None:
        version = run("--version")
        self.assertEqual(version.returncode, 0)
        self.assertRegex(version.stdout, r"^outrider \d+\.\d+\.\d+\n$")
        self.assertIn("probe", run("--help").stdout)

    def test_wrong_usage_is_64(self) -> None:
        for arguments in ([], ["probe"], ["run"], ["nonsense"], ["probe", "ftp://x/y"], ["probe", "--duration", "5",
                          "http://127.0.0.1/x.flv"], ["probe", "--viewer", "fast", "http://127.0.0.1/x.flv"]):
            with self.subTest(arguments=arguments):
                result = run(*arguments)
                self.assertEqual(result.returncode, 64)
                self.assertNotEqual(result.stdout + result.stderr, "")

    def test_bad_configuration_is_78_with_every_error_at_its_place(self) -> None:
        config = self.folder / "bad.yaml"
        config.write_text("listen: 127.0.0.1:10980\nheartbeat: fast\npops:\n  - name: a\n  - name: a\n"
                          "streams:\n  - name: s\n    url: http://x/y.flv\nrule_files: [none.yaml]\nbogus: 1\n")
        for command in (["run", "--config", str(config)], ["check", str(config)]):
            result = run(*command)
            self.assertEqual(result.returncode, 78, result.stderr)
            for place in (f"{config}:2:12: heartbeat", f"{config}:5:11: name", "none.yaml", f"{config}:10:1: unknown key"):
                self.assertIn(place, result.stderr)

    def test_a_missing_configuration_is_78(self) -> None:
        result = run("run", "--config", str(self.folder / "none.yaml"))
        self.assertEqual(result.returncode, 78)
        self.assertIn("none.yaml", result.stderr)

    def test_the_shipped_examples_are_good(self) -> None:
        examples = support.TESTS.parent / "deploy" / "examples"
        result = run("check", *map(str, sorted(examples.glob("*.yaml"))))
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_probe_of_nobody_is_unreachable(self) -> None:
        result = run("probe", f"http://127.0.0.1:{support.free_port()}/x.flv", "--duration", "1s", "--json")
        self.assertEqual(result.returncode, 2)
        document = json.loads(result.stdout)
        self.assertEqual(document["verdict"], "unreachable")
        self.assertEqual(document["targets"][0]["outcome"], "refused")

    def test_probe_hides_the_token_in_the_url(self) -> None:
        result = run("probe", f"http://user:pw@127.0.0.1:{support.free_port()}/x.flv?token=s3cret", "--duration", "1s")
        self.assertNotIn("s3cret", result.stdout + result.stderr)
        self.assertNotIn("pw@", result.stdout + result.stderr)


class Probe(support.Case):
    def setUp(self) -> None:
        super().setUp()
        self.lab = support.Lab("cli", pops="sin1", reduced=True)
        self.later(self.lab.down)
        self.url = self.lab.url("sin1")

    def test_a_healthy_stream(self) -> None:
        result = run("probe", self.url, "--duration", "8s", "--viewer", "1s", "--viewer", "3s", "--json")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        metrics = json.loads(result.stdout)["targets"][0]["metrics"]
        self.assertGreater(metrics["outrider_media_seconds_total"], 6)
        self.assertLess(metrics["outrider_lag_seconds"], 0.3)
        self.assertEqual(metrics["outrider_viewer_stalls_total"], {"1s": 0, "3s": 0})
        self.assertGreater(metrics["outrider_video_frame_rate"], 25)

    def test_a_frozen_stream_is_degraded(self) -> None:
        probe = support.Process([support.outrider(), "probe", self.url, "--duration", "9s", "--viewer", "1s"],
                                self.folder / "probe.log")
        self.later(probe.stop)
        time.sleep(3)  # let it play first
        self.lab.serve("sin1", "freeze=on")
        self.assertEqual(probe.child.wait(20), 1)
        self.assertIn("stalled", probe.output())

    def test_ctrl_c_ends_it_with_a_verdict(self) -> None:
        probe = support.Process([support.outrider(), "probe", self.url], self.folder / "probe.log")
        self.later(probe.stop)
        time.sleep(3)
        os.kill(probe.pid, signal.SIGINT)
        self.assertEqual(probe.child.wait(5), 0)
        self.assertIn("healthy", probe.output())


if __name__ == "__main__":
    support.main_or_skip(None)
