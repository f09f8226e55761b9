"""Labs come up or say why not, and leave nothing behind however they end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import unittest
from pathlib import Path
from typing import Any

from outrider_lab import processes, state

from .support import HERE, Lab, needs_network, wait_until


def remains(info: dict[str, Any]) -> list[str]:
    """What of a lab still exists."""
    left = [f"process {name}" for name, p in info["processes"].items()
            if p["pid"] and processes.alive(processes.Identity(p["pid"], p["start"]))]
    left += ["supervisor"] if processes.alive(state.supervisor_of(info)) else []
    for node in info["nodes"].values():
        for folder, name in (("/run/netns", node["namespace"]), ("/sys/class/net", node["host_device"])):
            left += [f"{folder}/{name}"] if name and Path(folder, name).exists() else []
    return left + ([info["state_directory"]] if Path(info["state_directory"]).exists() else [])


@needs_network
class End(unittest.TestCase):
    def small_lab(self, suffix: str) -> Lab:
        lab = Lab(suffix, "--pops", "p1", "--protocols", "flv")
        self.addCleanup(lambda: lab.attempt("down"))
        return lab

    def test_down_leaves_nothing_not_even_a_command_that_runs_inside(self) -> None:
        lab = self.small_lab("a")
        with lab.start_inside("v1", "/usr/bin/python3", "-c", "import signal; print('on', flush=True); signal.pause()",
                              stdout=subprocess.PIPE) as command:
            assert command.stdout
            self.assertEqual(command.stdout.readline(), "on\n")
            self.assertEqual(remains(lab.info)[-1], lab.info["state_directory"])
            lab.down()
            self.assertEqual(command.wait(5), -signal.SIGTERM)
        self.assertEqual(remains(lab.info), [])

    def test_signals_reach_a_command_inside(self) -> None:
        lab = self.small_lab("e")
        with lab.start_inside("v1", "sleep", "60") as command:
            wait_until("it became the command", lambda: Path(f"/proc/{command.pid}/comm").read_text() == "sleep\n", 5)
            command.terminate()
            self.assertEqual(command.wait(5), -signal.SIGTERM)

    def test_the_death_of_the_owner_ends_everything(self) -> None:
        with subprocess.Popen(["sleep", "300"]) as owner:
            name = f"t{os.getpid()}o"[:12]
            try:
                subprocess.run([HERE / "lab", "up", "--name", name, "--pops", "p1", "--protocols", "flv", "--owner",
                                str(owner.pid)], check=True, capture_output=True, timeout=60)
                info = state.read(name)
                assert info
                self.assertNotEqual(remains(info), [])
            finally:
                owner.kill()
        wait_until("nothing remains", lambda: not remains(info), 15)

    def test_a_killed_supervisor_takes_its_programs_along_and_down_removes_the_rest(self) -> None:
        lab = self.small_lab("k")
        os.kill(lab.info["supervisor"]["pid"], signal.SIGKILL)
        wait_until("its programs died with it", lambda: not any("process" in r for r in remains(lab.info)), 5)
        self.assertNotEqual(lab.attempt("status").returncode, 0)
        lab.down()
        self.assertEqual(remains(lab.info), [])

    def test_a_second_up_is_refused_and_two_labs_coexist(self) -> None:
        lab, other = self.small_lab("x"), self.small_lab("y")
        again = lab.attempt("up")
        self.assertEqual(again.returncode, 1)
        self.assertIn("is up already", again.stderr)
        self.assertNotEqual(lab.address("v1"), other.address("v1"))
        for each in (lab, other):
            with each.inside("v1"):
                socket.create_connection((each.address("p1"), 8080), timeout=3).close()

    def test_a_lab_that_cannot_come_up_says_why_and_cleans_up(self) -> None:
        name = f"t{os.getpid()}f"[:12]
        done = subprocess.run([HERE / "lab", "up", "--name", name, "--pops", "p1", "--protocols", "flv", "--wait", "0",
                               "--owner", str(os.getpid())],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("gave up waiting for", done.stderr)
        self.assertFalse(state.directory(name).exists())
        self.assertEqual([n for n in os.listdir("/run/netns") if n.startswith(f"orl-{name}-")], [])


class Reduced(unittest.TestCase):
    def test_a_reduced_lab_serves_and_refuses_what_it_cannot_do(self) -> None:
        lab = Lab("r", "--reduced", "--pops", "p1", "--protocols", "flv")
        self.addCleanup(lambda: lab.attempt("down"))
        self.assertTrue(lab.info["reduced"])
        refused = lab.attempt("impair", "path", "p1", "loss=1%")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("reduced lab", refused.stderr)
        lab.cli("serve", "p1", "throttle=1mbit")
        self.assertEqual(json.loads(lab.cli("status", "--serving"))["p1"]["demo"]["throttle_bps"], 1e6)
        self.assertEqual(lab.cli("exec", "v1", "--", "echo", "here").strip(), "here")
        lab.down()
        self.assertEqual(remains(lab.info), [])
