"""What the integration tests share: a daemon, a webhook receiver, a lab, and waiting on conditions.

Everything started here is stopped here, by its process id. Paths come from the environment that ctest sets:
OUTRIDER_BIN (the program) and OUTRIDER_LAB_BIN (the lab's programs).
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any, Callable, Iterator, Sequence

TESTS = Path(__file__).resolve().parent.parent
LAB = TESTS / "lab" / "lab"
SKIPPED = 77
_LIBC = ctypes.CDLL(None)  # not loaded in a child between fork and exec: another thread may hold the loader's lock
_given_ports: set[int] = set()
_given_ports_lock = threading.Lock()


def outrider() -> str:
    path = os.environ.get("OUTRIDER_BIN", "")
    if not os.access(path, os.X_OK):
        sys.exit("OUTRIDER_BIN: want the path of the outrider program; run this through ctest or tests/run")
    return path


def wait_until(what: str, condition: Callable[[], Any], seconds: float, every: float = 0.05) -> Any:
    """The first true value of `condition`; AssertionError naming `what` when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(every)


def free_port() -> int:
    """A port free for TCP and UDP that is given once. None of those which the kernel gives to clients: one could take it
    before its server does."""
    with _given_ports_lock:
        while True:
            port = random.randrange(20000, 32768)
            if port in _given_ports:
                continue
            _given_ports.add(port)
            try:
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    with socket.socket(socket.AF_INET, kind) as s:
                        s.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def http_get(url: str, timeout: float = 5) -> tuple[int, str]:
    """Status and body; status 0 when nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def post_json(url: str, body: Any) -> None:
    request = urllib.request.Request(
        url, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}, method="POST")
    urllib.request.urlopen(request, timeout=5).read()


def die_with_parent() -> None:
    """In the child: SIGKILL when the parent ends, however it ends (prctl PR_SET_PDEATHSIG)."""
    _LIBC.prctl(1, signal.SIGKILL)


class Process:
    """A child in its own session; its output goes to a file. `prefix` puts it into a namespace, say."""

    def __init__(self, arguments: Sequence[str], log: Path, environment: dict[str, str] | None = None):
        self.log = log
        with open(log, "ab") as file:
            self.child = subprocess.Popen(
                list(arguments), stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                start_new_session=True, env={**os.environ, **(environment or {})}, preexec_fn=die_with_parent)

    @property
    def pid(self) -> int:
        return self.child.pid

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        self.child.send_signal(signal.SIGKILL)
        self.child.wait(10)

    def stop(self, seconds: float = 15) -> int:
        """SIGTERM, then the exit code; SIGKILL and an AssertionError when it does not end."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"pid {self.pid} did not end within {seconds:g} s of SIGTERM:\n{self.output()}")
        return self.child.returncode


class Sink:
    """The lab's webhook receiver as the tests see it."""

    def __init__(self, folder: Path, prefix: Sequence[str] = ()):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/hook"
        self.records = folder / "webhooks.jsonl"
        self._prefix = list(prefix)
        self.process = Process(
            [*prefix, "/usr/bin/python3", str(TESTS / "lab" / "webhook_sink"), "--listen", f"127.0.0.1:{self.port}",
             "--out", str(self.records)], folder / "sink.log")
        wait_until("the webhook receiver listens", lambda: str(self.port) in self.process.output(), 10)

    def control(self, **command: Any) -> None:
        if self._prefix:  # it listens in another namespace
            subprocess.run(
                [*self._prefix, "curl", "-sS", "--max-time", "5", "-H", "Content-Type: application/json", "-d",
                 json.dumps(command), f"http://127.0.0.1:{self.port}/control"],
                check=True, stdout=subprocess.DEVNULL)
        else:
            post_json(f"http://127.0.0.1:{self.port}/control", command)

    def received(self) -> list[dict[str, Any]]:
        """All requests so far, each with `path`, `headers` and `body`."""
        if not self.records.exists():
            return []
        return [json.loads(line) for line in self.records.read_text().splitlines() if line]

    def messages(self, status: str | None = None) -> list[dict[str, Any]]:
        """The requests whose body is an Alertmanager message, of that status if one is given."""
        found = []
        for request in self.received():
            body = request.get("body")
            if isinstance(body, dict) and body.get("version") == "4" and status in (None, body["status"]):
                found.append(request)
        return found

    def stop(self) -> None:
        self.process.stop()


def header(request: dict[str, Any], name: str) -> str | None:
    for key, value in request["headers"].items():
        if key.lower() == name.lower():
            return value
    return None


RULES = """
groups:
  - name: lag
    interval: 200ms
    rules:
      - alert: StreamLate
        expr: outrider_lag_seconds > 2.5
        for: 0s
        keep_firing_for: 3s
        labels: {severity: critical}
        annotations:
          summary: "{{ $labels.stream }} at {{ $labels.pop }} is late"
          description: "lag {{ $value }} s"
"""


class Daemon:
    """`outrider run` with a configuration of the test's."""

    def __init__(self, folder: Path, config: str, rules: str = RULES, prefix: Sequence[str] = (),
                 address: str = "127.0.0.1", port: int | None = None):
        self.folder = folder
        self.port = port or free_port()
        self.base = f"http://{address}:{self.port}"
        self._prefix = list(prefix)
        (folder / "state").mkdir(exist_ok=True)
        (folder / "rules.yaml").write_text(rules)
        self.config = folder / "outrider.yaml"
        self.config.write_text(
            f"listen: {address}:{self.port}\nstate_directory: {folder}/state\nvantage: test\nrule_files: [rules.yaml]\n"
            + config)
        self.process: Process | None = None
        self.runs = 0

    def start(self, ready_within: float = 20, environment: dict[str, str] | None = None) -> None:
        self.runs += 1
        log = self.folder / f"outrider-{self.runs}.log"
        self.process = Process([*self._prefix, outrider(), "run", "--config", str(self.config)], log, environment)

        def ready() -> bool:
            assert self.process is not None
            if self.process.child.poll() is not None:
                raise AssertionError(f"the daemon ended at once:\n{self.process.output()}")
            return self.get("/-/ready")[0] == 200

        wait_until("the daemon is ready", ready, ready_within)

    def get(self, path: str) -> tuple[int, str]:
        return http_get(self.base + path)

    def incidents(self) -> list[dict[str, Any]]:
        status, body = self.get("/api/v1/incidents")
        return json.loads(body)["incidents"] if status == 200 else []

    def metric(self, name: str, **labels: str) -> float | None:
        """The value of the one series of that name with those labels; None when there is none."""
        for line in self.get("/metrics")[1].splitlines():
            if line.startswith(name + "{") or line.startswith(name + " "):
                if all(f'{key}="{value}"' in line for key, value in labels.items()):
                    return float(line.rsplit(" ", 1)[1])
        return None

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()

    def stop(self, seconds: float = 15) -> int:
        assert self.process is not None
        return self.process.stop(seconds)


class Lab:
    """A lab of the test's own; `reduced` runs on loopback without privileges."""

    def __init__(self, name: str, *, pops: str, reduced: bool = False, streams: str = "demo", protocols: str = "flv"):
        self.name = f"{name[:4]}-{os.getpid()}"  # the lab takes at most 12 characters
        command = [str(LAB), "up", "--name", self.name, "--pops", pops, "--streams", streams, "--protocols", protocols,
                   "--owner", str(os.getpid())]
        if reduced:
            command.append("--reduced")
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        if result.returncode != 0:
            raise AssertionError(f"the lab did not come up:\n{result.stdout}")
        self.info: dict[str, Any] = json.loads(self._lab("status", "--json"))

    def _lab(self, *arguments: str) -> str:
        action, *rest = arguments
        result = subprocess.run([str(LAB), action, "--name", self.name, *rest], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, timeout=60)
        if result.returncode != 0:
            raise AssertionError(f"lab {' '.join(arguments)}:\n{result.stdout}")
        return result.stdout

    def mgmt_address(self, vantage: str) -> str:
        """Where the host reaches what listens in that vantage."""
        return self.info["nodes"][vantage]["mgmt_address"]

    def url(self, pop: str, stream: str = "demo", protocol: str = "flv") -> str:
        """Where that POP serves the stream, as seen from vantage v1."""
        return self.info["vantages"]["v1"]["urls"][stream][pop][protocol]

    def address(self, pop: str) -> str:
        """HOST:PORT of that POP's HTTP-FLV server."""
        return self.url(pop, self.info["streams"][0]).split("/")[2]

    def impair(self, *arguments: str) -> None:
        self._lab("impair", *arguments)

    def serve(self, *arguments: str) -> None:
        self._lab("serve", *arguments)

    def serving(self) -> dict[str, Any]:
        """Settings and counters of lab_flvd, by POP and stream."""
        return json.loads(self._lab("status", "--serving"))

    def down(self) -> None:
        self._lab("down")

    def prefix(self, node: str) -> list[str]:
        """Command words that run a program inside that node."""
        return [str(LAB), "exec", "--name", self.name, node, "--"]


class Case(unittest.TestCase):
    """A test with a temporary folder; `later` undoes things in reverse order, also after a failure."""

    def setUp(self) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="outrider-test-")
        self.addCleanup(self._temporary.cleanup)
        self.folder = Path(self._temporary.name)

    def later(self, action: Callable[[], Any]) -> None:
        self.addCleanup(action)


def _cases(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from _cases(item)
        else:
            yield item


class ConcurrentRunner:
    """A runner for unittest.main that has several cases under way: for those that mostly wait. The cases must share
    nothing; fixtures of classes and modules are not run. A case's output comes when it is over."""

    def __init__(self, at_once: int):
        self.at_once = at_once

    def run(self, suite: unittest.TestSuite) -> unittest.TestResult:
        total = unittest.TestResult()
        began = time.monotonic()
        with ThreadPoolExecutor(self.at_once) as pool:
            for done in as_completed([pool.submit(self._run_one, case) for case in _cases(suite)]):
                result, text = done.result()
                print(text, end="", flush=True)
                total.testsRun += result.testsRun
                for kind in ("failures", "errors", "skipped"):
                    getattr(total, kind).extend(getattr(result, kind))
        print(f"Ran {total.testsRun} tests in {time.monotonic() - began:.1f} s, {self.at_once} at once: "
              f"{len(total.failures)} failures, {len(total.errors)} errors")
        return total

    @staticmethod
    def _run_one(case: unittest.TestCase) -> tuple[unittest.TestResult, str]:
        stream = io.StringIO()
        result = unittest.TextTestResult(unittest.runner._WritelnDecorator(stream), True, 0)
        began = time.monotonic()
        case(result)
        result.printErrors()
        verdict = "ok" if result.wasSuccessful() else "FAILED"
        line = f"{case.id().partition('.')[2]} … {verdict} in {time.monotonic() - began:.1f} s\n"
        return result, line + stream.getvalue()


def can_make_namespaces() -> bool:
    return os.geteuid() == 0 and os.path.exists("/dev/net/tun")


def main_or_skip(reason: str | None, at_once: int = 1) -> None:
    """Runs the calling script's tests, so many at once, or says loudly why not."""
    if reason:
        suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
        print(f"SKIPPED: {suite.countTestCases()} tests of {Path(sys.argv[0]).name}: {reason}")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2, testRunner=ConcurrentRunner(at_once) if at_once > 1 else None)
