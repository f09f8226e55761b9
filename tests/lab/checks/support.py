"""What the checks share: a lab per module, sockets inside its nodes, and waiting on conditions."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import socket
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any, Callable, Iterator

from outrider_lab import netns, processes
from outrider_lab.clip import clip

_SO_RCVBUFFORCE = 33  # the socket module does not name it
HERE = Path(__file__).resolve().parent.parent
PRIVILEGED = os.geteuid() == 0 and os.path.exists("/dev/net/tun")
needs_network = unittest.skipUnless(PRIVILEGED, "needs root and /dev/net/tun")


def measured(text: str) -> None:
    """A number for the log."""
    print(f"    measured: {text}", flush=True)


def wait_until(what: str, condition: Callable[[], Any], seconds: float) -> Any:
    """The first true value of `condition`; AssertionError naming `what` at the deadline."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(0.02)
    return value


class Lab:
    """A lab of this test's own. Its name holds our pid, so that runs do not meet."""

    def __init__(self, suffix: str, *arguments: str):
        self.name = f"t{os.getpid()}{suffix}"[:12]
        self.cli("up", "--owner", str(os.getpid()), *arguments, seconds=90)
        self.info: dict[str, Any] = json.loads(self.cli("status", "--json"))

    def cli(self, verb: str, *words: str, seconds: float = 30) -> str:
        done = self.attempt(verb, *words, seconds=seconds)
        if done.returncode != 0:
            raise AssertionError(f"lab {verb} {' '.join(words)}: {done.stderr}")
        return done.stdout

    def attempt(self, verb: str, *words: str, seconds: float = 30) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(HERE / "lab"), verb, "--name", self.name, *words], capture_output=True, text=True,
                              timeout=seconds, check=False)

    def start_inside(self, node: str, *command: str, **more: Any) -> subprocess.Popen[str]:
        words = [str(HERE / "lab"), "exec", "--name", self.name, node, "--", *command]
        return subprocess.Popen(words, text=True, **more)

    def inside(self, node: str) -> contextlib.AbstractContextManager[None]:
        return netns.inside(self.info["nodes"][node]["namespace"])

    def address(self, node: str) -> str:
        return str(self.info["nodes"][node]["address"])

    @contextlib.contextmanager
    def impaired(self, *words: str) -> Iterator[None]:
        """The impairment holds for the body."""
        self.cli("impair", *words)
        try:
            yield
        finally:
            self.cli("impair", *[w for w in words if "=" not in w], "clear")

    @contextlib.contextmanager
    def serving(self, pop: str, *words: str) -> Iterator[None]:
        self.cli("serve", pop, *words)
        try:
            yield
        finally:
            self.cli("serve", pop, "clear")

    def down(self) -> None:
        self.cli("down")


class Probe:
    """Sends numbered UDP packets one way and notes when each arrives; both ends read the same clock."""

    def __init__(self, lab: Lab, sender: str, receiver: str):
        with lab.inside(receiver):
            self.receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.receiver.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 8 << 20)
        self.receiver.bind((lab.address(receiver), 0))
        self.receiver.setblocking(False)
        with lab.inside(sender):
            self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sender.connect(self.receiver.getsockname())
        self.sent: dict[int, float] = {}
        self.arrived: dict[int, float] = {}  # in order of arrival

    def close(self) -> None:
        self.sender.close()
        self.receiver.close()

    def send(self, size: int = 100) -> None:
        number = len(self.sent)
        self.sent[number] = time.monotonic()
        self.sender.send(struct.pack("!I", number).ljust(size - 28, b"."))  # with IP and UDP header `size` bytes

    def collect(self, until: float) -> None:
        """Receives until that monotonic time, or until everything has arrived."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.receiver, selectors.EVENT_READ)
            while len(self.arrived) < len(self.sent) and (left := until - time.monotonic()) > 0:
                if selector.select(left):
                    self._receive()

    def run(self, count: int, every: float, tail: float = 0.5) -> None:
        """Sends `count` packets at a fixed pace, then waits up to `tail` seconds for the last."""
        begin = time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(self.receiver, selectors.EVENT_READ)
            for i in range(count):
                while (left := begin + i * every - time.monotonic()) > 0:
                    if selector.select(left):
                        self._receive()
                self.send()
        self.collect(time.monotonic() + tail)

    def delays(self) -> list[float]:
        """Seconds on the way, in order of arrival."""
        return [at - self.sent[number] for number, at in self.arrived.items()]

    def lost(self) -> list[bool]:
        return [number not in self.arrived for number in self.sent]

    def _receive(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                number = struct.unpack("!I", self.receiver.recv(2048)[:4])[0]
                self.arrived[number] = time.monotonic()


class FlvClient:
    """A viewer's connection, read with blocking calls and a deadline."""

    def __init__(self, lab: Lab | None, url: str, node: str | None = None, receive_buffer: int = 0):
        host, _, path = url.removeprefix("http://").partition("/")
        name, _, port = host.partition(":")
        with lab.inside(node) if lab and node else contextlib.nullcontext():
            self.socket = socket.socket()
        if receive_buffer:  # before connecting: it bounds the window
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(5)
        self.socket.connect((name, int(port)))
        self.began = time.monotonic()
        self.socket.sendall(f"GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        self.pending = b""
        self.ended = False
        self.status = 0

    def __enter__(self) -> FlvClient:
        return self

    def __exit__(self, *_: Any) -> None:
        self.socket.close()

    def read(self, seconds: float) -> bytes:
        """What comes next, b"" when nothing does within `seconds`. ConnectionError as it happens."""
        self.socket.settimeout(max(seconds, 0.001))
        try:
            data = self.socket.recv(1 << 16)
        except TimeoutError:
            return b""
        self.ended = not data
        return data

    def head(self, seconds: float = 5) -> int:
        """The status of the response."""
        deadline = time.monotonic() + seconds
        while b"\r\n\r\n" not in self.pending and not self.ended and time.monotonic() < deadline:
            self.pending += self.read(deadline - time.monotonic())
        head, _, self.pending = self.pending.partition(b"\r\n\r\n")
        self.status = int(head.split()[1]) if head else 0
        self.pending = self.pending[13:] if self.status == 200 else self.pending
        return self.status

    def tags(self, seconds: float) -> Iterator[tuple[int, int, int]]:
        """(type, timestamp in ms, bytes) of each tag that is complete within `seconds`."""
        deadline = time.monotonic() + seconds
        while not self.ended:
            while len(self.pending) >= 11 and len(self.pending) >= 15 + int.from_bytes(self.pending[1:4], "big"):
                size = int.from_bytes(self.pending[1:4], "big")
                yield self.pending[0], int.from_bytes(self.pending[4:7], "big") | self.pending[7] << 24, size
                self.pending = self.pending[15 + size:]
            if time.monotonic() >= deadline:
                return
            self.pending += self.read(deadline - time.monotonic())

    def bytes_within(self, seconds: float) -> int:
        deadline, total = time.monotonic() + seconds, 0
        while not self.ended and (left := deadline - time.monotonic()) > 0:
            total += len(self.read(left))
        return total


@contextlib.contextmanager
def file_server(*options: str) -> Iterator[tuple[str, int, Path]]:
    """A lab_flvd of its own that plays the clip on loopback: URL of the stream, pid, control socket."""
    program = Path(os.environ["OUTRIDER_LAB_BIN"]) / "lab_flvd"
    with tempfile.TemporaryDirectory() as folder:
        control = Path(folder) / "control"
        child = processes.start_child([str(program), "--listen", "127.0.0.1:0", "--control", str(control), "--file",
                                       f"demo={clip('flv')}", *options], Path(folder) / "log", output=subprocess.PIPE)
        try:
            assert child.stdout
            address = child.stdout.readline().decode().split()[1]
            yield f"http://{address}/live/demo.flv", child.pid, control
        finally:
            child.terminate()
            child.wait(5)
            if child.stdout:
                child.stdout.close()
