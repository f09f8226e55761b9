#!/usr/bin/python3
"""The daemon as a service: health, metrics, systemd's protocol, hostile requests, a book it cannot use."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading

import support

CONFIG = "pops:\n  - name: none\n    address: 127.0.0.1:1\nstreams:\n  - name: demo\n    url: http://live.example/demo.flv\n"


class Service(support.Case):
    def start(self, config: str = CONFIG, **environment: str) -> support.Daemon:
        daemon = support.Daemon(self.folder, config)
        daemon.start(environment=environment)
        self.later(lambda: daemon.process.child.poll() is not None or daemon.stop())
        return daemon

    def test_metrics_are_what_prometheus_wants(self) -> None:
        daemon = self.start()
        support.wait_until("a refused connection is counted", lambda: daemon.metric(
            "outrider_connection_ends_total", reason="refused"), 10)
        text = daemon.get("/metrics")[1]
        self.assertEqual(daemon.metric("outrider_up", pop="none"), 0)
        self.assertIsNone(daemon.metric("outrider_lag_seconds"), "no media: no lag, rather than 0")
        if shutil.which("promtool") is None:
            print("SKIPPED: 1 check: promtool is not installed")
            return
        result = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, timeout=20)
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_stops_in_order_on_sigterm(self) -> None:
        daemon = self.start()
        self.assertEqual(daemon.stop(5), 0)
        self.assertIn("stopped", daemon.process.output())

    def test_systemd_is_told_ready_alive_and_stopping(self) -> None:
        path = str(self.folder / "notify")
        messages: list[str] = []
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(path)
            notify.settimeout(30)

            def listen() -> None:
                while not messages or "STOPPING=1" not in messages[-1]:
                    messages.append(notify.recv(4096).decode())

            listener = threading.Thread(target=listen, daemon=True)
            listener.start()
            daemon = self.start(NOTIFY_SOCKET=path, WATCHDOG_USEC="600000")
            support.wait_until("the watchdog is fed", lambda: messages.count("WATCHDOG=1") >= 3, 10)
            self.assertEqual(daemon.stop(), 0)
            listener.join(10)
        self.assertTrue(messages[0].startswith("READY=1"))
        self.assertEqual(messages[-1], "STOPPING=1")

    def test_requests_that_make_no_sense(self) -> None:
        daemon = self.start()
        self.assertEqual(daemon.get("/")[0], 404)
        self.assertEqual(daemon.get("/../../etc/passwd")[0], 404)
        self.assertEqual(daemon.get("/-/healthy/")[0], 404)
        for nonsense in (b"\x00\xff" * 500 + b"\r\n\r\n", b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
                         b"DELETE /metrics HTTP/1.1\r\nHost: x\r\n\r\n", b"POST /-/ready HTTP/1.1\r\nContent-Length: -1\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", daemon.port), timeout=5) as s:
                try:
                    s.sendall(nonsense)
                    s.shutdown(socket.SHUT_WR)
                    answer = s.recv(100)
                except OSError:  # it may have hung up on us at any of these
                    answer = b""
                self.assertNotIn(b" 200 ", answer)
        self.assertEqual(daemon.get("/-/healthy")[0], 200)

    def test_a_port_in_use_is_named(self) -> None:
        daemon = support.Daemon(self.folder, CONFIG)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", daemon.port))
            taken.listen()
            result = subprocess.run([support.outrider(), "run", "--config", str(daemon.config)], text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20)
        self.assertEqual(result.returncode, 69)
        self.assertIn(str(daemon.port), result.stdout)

    def test_a_book_that_is_none_is_refused(self) -> None:
        daemon = support.Daemon(self.folder, CONFIG)
        book = self.folder / "state" / "outrider.db"
        for content in (b"this is not a database " * 100, os.urandom(8192)):
            book.write_bytes(content)
            result = subprocess.run([support.outrider(), "run", "--config", str(daemon.config)], text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20)
            self.assertEqual(result.returncode, 69)
            self.assertIn("outrider.db", result.stdout)
            self.assertEqual(book.read_bytes(), content, "it is not ours to overwrite")

    def test_a_missing_state_directory_is_named(self) -> None:
        daemon = support.Daemon(self.folder, CONFIG)
        (self.folder / "state").rmdir()
        result = subprocess.run([support.outrider(), "run", "--config", str(daemon.config)], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20)
        self.assertIn(result.returncode, (69, 78))
        self.assertIn("state", result.stdout)


if __name__ == "__main__":
    support.main_or_skip(None)
