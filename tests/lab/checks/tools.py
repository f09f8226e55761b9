"""The tools beside the lab: reference_viewer and webhook_sink."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from outrider_lab import control

from .support import HERE, file_server, measured


class ReferenceViewer(unittest.TestCase):
    def test_each_buffer_runs_dry_in_its_time_and_fills_again(self) -> None:
        with file_server() as (url, _, path), subprocess.Popen(
                [HERE / "reference_viewer", url, "--buffers", "0.5,1,2"], stdout=subprocess.PIPE, text=True) as viewer:
            assert viewer.stdout
            events: list[dict[str, Any]] = []

            def read_until(event: str, names: set[str]) -> None:
                while names - {e["viewer"] for e in events if e["event"] == event}:
                    events.append(json.loads(viewer.stdout.readline()))  # type: ignore[union-attr]

            everyone = {"0.5s", "1s", "2s"}
            try:
                read_until("start", everyone)
                frozen_at = time.time()
                control.http(path, "POST", "/control", "freeze=1")
                read_until("stall", everyone)
                control.http(path, "POST", "/control", "freeze=0")
                read_until("resume", everyone)
            finally:
                viewer.terminate()
            summary = json.loads(viewer.stdout.readlines()[-1])
        at = {e["viewer"]: e["at"] - frozen_at for e in events if e["event"] == "stall"}
        measured("after a freeze, stalls at " + ", ".join(f"{at[v]:.2f} s (B = {v})" for v in sorted(at)))
        for name, seconds in at.items():
            # B, plus what a newcomer's first burst brought beyond B, which is less than a GOP.
            self.assertGreaterEqual(seconds, float(name[:-1]) - 0.1)
            self.assertLess(seconds, float(name[:-1]) + 2.2)
        self.assertEqual(summary["event"], "summary")
        self.assertEqual([v["stalls"] for v in summary["viewers"]], [1, 1, 1])

    def test_it_reconnects_and_counts_no_media_twice(self) -> None:
        with file_server() as (url, _, path), subprocess.Popen(
                [HERE / "reference_viewer", url, "--buffers", "60", "--duration", "4"], stdout=subprocess.PIPE,
                text=True) as viewer:
            assert viewer.stdout
            lines = [json.loads(viewer.stdout.readline())]
            control.http(path, "POST", "/control", "reset")
            lines += [json.loads(line) for line in viewer.stdout]
        names = [line["event"] for line in lines]
        self.assertEqual(names.count("connect"), 2)
        self.assertEqual(names.count("disconnect"), 1)
        self.assertEqual(lines[-1]["connects"], 2)


class WebhookSink(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = Path(folder.name) / "requests.jsonl"
        self.process = subprocess.Popen([HERE / "webhook_sink", "--listen", "127.0.0.1:0", "--out", self.out],
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.base = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        self.addCleanup(self.process.stdout.close)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.terminate)

    def post(self, path: str, body: Any) -> int:
        request = urllib.request.Request(self.base + path, json.dumps(body).encode(), {"X-Test": "yes"}, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def test_what_was_answered_is_on_disk(self) -> None:
        self.assertEqual(self.post("/hook", {"n": 1}), 200)
        record = json.loads(self.out.read_text())
        self.assertEqual((record["path"], record["body"], record["headers"]["X-Test"]), ("/hook", {"n": 1}, "yes"))
        with urllib.request.urlopen(self.base + "/requests", timeout=5) as answer:
            self.assertEqual(json.load(answer), [record])

    def test_it_answers_as_told_for_as_often_as_told(self) -> None:
        self.assertEqual(self.post("/control", {"status": 503, "count": 2}), 200)
        self.assertEqual([self.post("/hook", i) for i in range(3)], [503, 503, 200])
        self.post("/control", {"delay": "300ms"})
        began = time.monotonic()
        self.assertEqual(self.post("/hook", 3), 200)
        self.assertGreaterEqual(time.monotonic() - began, 0.3)
        self.post("/control", {"drop": True})
        with self.assertRaises(OSError):
            self.post("/hook", 4)
        self.post("/control", {"reset": True})
        self.assertEqual(self.post("/hook", 5), 200)
        self.assertEqual([json.loads(line)["body"] for line in self.out.read_text().splitlines()], [0, 1, 2, 3, 4, 5])

    def test_a_wrong_command_is_refused(self) -> None:
        for command in ({"stats": 1}, {"status": 99}, {"delay": "soon"}, {"count": 0}, []):
            self.assertEqual(self.post("/control", command), 400, command)
