#!/usr/bin/python3
"""`outrider probe` as people and programs meet it: the live table on a terminal, JSON and its schema, output that goes away."""

from __future__ import annotations

import copy
import fcntl
import http.server
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from typing import Any, Callable

import support

try:
    import jsonschema
except ImportError:
    jsonschema = None

SCHEMA = support.TESTS.parent / "docs" / "probe.schema.json"


class Terminal:
    """A program on a terminal of its own; what it writes is kept."""

    def __init__(self, *arguments: str, columns: int, lines: int):
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            support.die_with_parent()
            os.environ["TERM"] = "xterm"
            os.execv(arguments[0], list(arguments))
        self.resize(columns, lines)
        self.text = ""
        self.exit: int | None = None

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def read_until(self, what: str, condition: Callable[[], Any], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds:g} s: {what}\n{self.text!r}")
            if select.select([self._fd], [], [], 0.05)[0]:
                try:
                    self.text += os.read(self._fd, 65536).decode()
                except OSError:  # it ended
                    if self.exit is None:
                        self.exit = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def pictures(self) -> list[list[str]]:
        """Each picture drawn so far, complete ones only, as lines without control sequences."""
        drawn = self.text.split("\x1b[H")[1:]
        return [re.sub(r"\x1b\[[?0-9]*[A-Za-z]", "", one.split("\x1b[J")[0]).split("\r\n") for one in drawn
                if "\x1b[J" in one]

    def end(self) -> None:
        if self.exit is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._fd)


class Probe(support.Case):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.lab = support.Lab("prb", pops="sin1,fra1", reduced=True)
        cls.addClassCleanup(cls.lab.down)
        cls.url = "http://live.example/live/demo.flv"
        cls.pops = [f"--pop={pop}={cls.lab.address(pop)}" for pop in ("sin1", "fra1")]

    def run_probe(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run([support.outrider(), "probe", *arguments], stdin=subprocess.DEVNULL, text=True, timeout=40,
                              **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options})

    def test_the_live_table(self) -> None:
        terminal = Terminal(support.outrider(), "probe", self.url, *self.pops, columns=80, lines=24)
        self.later(terminal.end)
        terminal.read_until("the first picture", terminal.pictures, 5)
        first = "\n".join(terminal.pictures()[0])
        self.assertRegex(first, "connecting|playing")
        self.assertTrue(terminal.text.startswith("\x1b[?1049h\x1b[?25l"), terminal.text[:40])
        terminal.read_until("both play", lambda: any(
            re.search(r"state +playing +playing", line) for line in terminal.pictures()[-1]), 10)

        terminal.resize(60, 10)
        seen = len(terminal.pictures())
        terminal.read_until("a picture of the new size", lambda: len(terminal.pictures()) > seen + 1, 5)
        for line in terminal.pictures()[-1]:
            self.assertLessEqual(len(line), 60)
        self.assertLessEqual(len(terminal.pictures()[-1]), 10)
        self.assertIn("lag s", "\n".join(terminal.pictures()[-1]))

        terminal.type("\x03")  # Ctrl-C
        terminal.read_until("the end", lambda: terminal.exit is not None, 5)
        self.assertEqual(terminal.exit, 0, terminal.text[-2000:])
        rest = terminal.text.split("\x1b[?7h\x1b[?25h\x1b[?1049l")  # wrapping, cursor and page as they were
        self.assertEqual(len(rest), 2)
        self.assertNotIn("\x1b", rest[1])
        self.assertRegex(rest[1], r"sin1: healthy: no stall, never later than \d\.\d\d s")
        self.assertIn("overall: healthy: all 2 targets are healthy", rest[1])

    def test_without_a_terminal_it_tells_how_it_goes_on_standard_error(self) -> None:
        result = self.run_probe(self.url, *self.pops, "--duration", "5s", "-v")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)  # five seconds are enough to be healthy
        self.assertTrue(result.stderr.startswith("0s: sin1 connecting; fra1 connecting\n"), result.stderr)
        self.assertRegex(result.stderr, r"(?m)^\d+s: sin1 playing, lag 0\.\d\d s.*; fra1 playing")
        self.assertRegex(result.stderr, r"(?m)^\d\d:\d\d:\d\d\.\d{3} sin1 connect: httpflv http://live\.example")
        self.assertNotIn("\x1b", result.stdout + result.stderr)
        self.assertRegex(result.stdout, r"(?m)^state +playing +playing$")
        self.assertIn("overall: healthy", result.stdout)

    @support.unittest.skipIf(jsonschema is None, "python3-jsonschema is not installed")
    def test_json_is_what_its_schema_says(self) -> None:
        schema = json.loads(SCHEMA.read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        document_of = jsonschema.Draft202012Validator(schema)
        sample_of = jsonschema.Draft202012Validator({**schema["$defs"]["sample"], "$defs": schema["$defs"]})

        dead = f"http://127.0.0.1:{support.free_port()}/x.flv"
        arguments = (self.lab.url("sin1"), dead, "icmp://127.0.0.1", "--duration", "4s", "-v", "--viewer", "1s")
        result = self.run_probe(*arguments, "--json")
        self.assertEqual(result.returncode, 1, result.stderr)
        document = json.loads(result.stdout)
        document_of.validate(document)
        live, failed, path = document["targets"]
        self.assertEqual((live["verdict"], failed["verdict"], path["verdict"]), ("healthy", "unreachable", "healthy"))
        self.assertEqual(failed["last_failure"], "refused")
        self.assertGreater(live["bits_per_second"], 100_000)
        self.assertGreater(len(failed["trace"]), 2)

        wrong: list[Callable[[dict[str, Any]], Any]] = [
            lambda d: d.pop("verdict"),
            lambda d: d.update(version=2),
            lambda d: d.update(more=1),
            lambda d: d.update(targets=[]),
            lambda d: d.update(started="yesterday"),
            lambda d: d["targets"][0].update(outcome="well"),
            lambda d: d["targets"][0]["metrics"].update(outrider_lag_seconds=-1),
            lambda d: d["targets"][0]["metrics"].update(outrider_lag_seconds="0"),
            lambda d: d["targets"][0]["metrics"].update(outrider_of_no_table=1),
            lambda d: d["targets"][0]["metrics"].update(outrider_viewer_stalls_total=0),
            lambda d: d["targets"][2]["worst"].update(loss_ratio={"icmp": 2}),
            lambda d: d["targets"][1]["trace"][0].update(kind="rumour"),
        ]
        for number, damage in enumerate(wrong):
            with self.subTest(damage=number):
                broken = copy.deepcopy(document)
                damage(broken)
                self.assertFalse(document_of.is_valid(broken))

        result = self.run_probe(*arguments, "--json-lines")
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        document_of.validate(lines.pop())
        for line in lines:
            sample_of.validate(line)
        per_target = [sum(line["url"].startswith(start) for line in lines) for start in (live["url"], dead, "icmp:")]
        for count in per_target:
            self.assertGreaterEqual(count, 2)
            self.assertLessEqual(count, 5)
        self.assertFalse(sample_of.is_valid({**lines[0], "type": "verdict"}))

    def test_a_url_that_tells_no_protocol(self) -> None:
        stream = self.lab.url("sin1")

        class Redirect(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(302)
                self.send_header("Location", stream)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redirect)
        self.later(server.server_close)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.later(server.shutdown)
        url = f"http://127.0.0.1:{server.server_address[1]}/live/stream"
        refused = self.run_probe(url)
        self.assertEqual(refused.returncode, 64)
        self.assertIn(f'or --protocol NAME with one of those below, got "{url}"', refused.stderr)
        self.assertRegex(refused.stderr, r"(?m)^  httpflv +http\(s\)://")
        played = self.run_probe(url, "--protocol", "httpflv", "--duration", "3s")
        self.assertEqual(played.returncode, 0, played.stdout)

    def test_output_that_cannot_be_written(self) -> None:
        with open("/dev/full", "wb") as full:
            result = self.run_probe(self.url, self.pops[0], "--duration", "2s", stdout=full)
        self.assertEqual(result.returncode, 74)
        self.assertIn("standard output: No space left on device", result.stderr)

        # A closed standard output must not become a socket that the table is then written to.
        for redirection in (">&-", "2>&-", ">&- 2>&- <&-"):
            with self.subTest(redirection=redirection):
                shell = subprocess.run(["/bin/sh", "-c", f'exec "$@" {redirection}', "sh", support.outrider(), "probe",
                                        self.url, self.pops[0], "--duration", "2s"], timeout=30, capture_output=True)
                self.assertEqual(shell.returncode, 0)

    def test_a_reader_that_goes_away_ends_it(self) -> None:
        probe = subprocess.Popen([support.outrider(), "probe", self.url, self.pops[0], "--duration", "0", "--json-lines"],
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=support.die_with_parent)
        assert probe.stdout is not None
        self.assertEqual(json.loads(probe.stdout.readline())["type"], "sample")
        probe.stdout.close()
        self.assertEqual(probe.wait(10), 0)

    def test_a_reader_that_stands_still_does_not_hold_it(self) -> None:
        reader, writer = os.pipe()
        self.later(lambda: os.close(reader))
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        probe = subprocess.Popen([support.outrider(), "probe", self.url, *self.pops, "--duration", "0", "--json-lines"],
                                 stdout=writer, stderr=subprocess.DEVNULL, preexec_fn=support.die_with_parent)
        os.close(writer)
        support.wait_until("it writes", lambda: select.select([reader], [], [], 0)[0], 5)
        time.sleep(2.5)  # the lines of two seconds more do not fit
        probe.send_signal(signal.SIGINT)
        text = b""
        while chunk := os.read(reader, 65536):
            text += chunk
        self.assertEqual(probe.wait(5), 0)
        lines = [json.loads(line) for line in text.splitlines()]  # none is cut
        self.assertEqual(lines[-1]["type"], "verdict")

    def test_a_second_interrupt_ends_it_at_once(self) -> None:
        """The first is answered with a document, which nobody takes from the pipe."""
        reader, writer = os.pipe()
        self.later(lambda: os.close(reader))
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        dead = [f"http://127.0.0.1:{support.free_port()}/{number}.flv" for number in range(20)]
        probe = subprocess.Popen([support.outrider(), "probe", *dead, "--json", "--duration", "0"], stdout=writer,
                                 stderr=subprocess.DEVNULL, preexec_fn=support.die_with_parent)
        os.close(writer)
        time.sleep(1)  # it runs
        probe.send_signal(signal.SIGINT)
        support.wait_until("it writes", lambda: select.select([reader], [], [], 0)[0], 5)
        self.assertIsNone(probe.poll())
        probe.send_signal(signal.SIGINT)
        self.assertEqual(probe.wait(5), -signal.SIGINT)


if __name__ == "__main__":
    support.main_or_skip(None)
