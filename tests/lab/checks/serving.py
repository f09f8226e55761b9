"""The servers serve, misbehave when told and only then. Runs in a reduced lab as well."""

from __future__ import annotations

import json
import os
import resource
import selectors
import socket
import subprocess
import threading
import time
import unittest

from outrider_lab import control

from .support import PRIVILEGED, FlvClient, Lab, file_server, measured, needs_network, wait_until

lab: Lab
seam: Seam


def setUpModule() -> None:
    global lab, seam
    lab = Lab("s", "--pops", "sin1,fra1", "--streams", "demo,two", "--protocols", "flv,hls",
              *([] if PRIVILEGED else ["--reduced"]))
    seam = Seam()


def tearDownModule() -> None:
    lab.down()


def client(pop: str = "sin1", stream: str = "demo") -> FlvClient:
    return FlvClient(lab, lab.info["urls"][stream][pop]["flv"], "v1" if PRIVILEGED else None)


class Seam:
    """Collects timestamps in the background for longer than the encoder's clip."""

    def __init__(self) -> None:
        self.stamps: dict[int, list[int]] = {8: [], 9: []}
        self.thread = threading.Thread(target=self._run, args=(client("fra1"),), daemon=True)
        self.thread.start()

    def _run(self, viewer: FlvClient) -> None:
        with viewer:
            viewer.head()
            for kind, stamp, size in viewer.tags(28):
                if kind in self.stamps and size > 60:  # not the codec configurations
                    self.stamps[kind].append(stamp)


class Misbehaviour(unittest.TestCase):
    def setUp(self) -> None:
        # An earlier fault must be over for newcomers too.
        with client() as viewer:
            self.assertEqual(viewer.head(), 200)

    def test_freeze_stops_bytes_and_keeps_connections(self) -> None:
        with client() as viewer:
            viewer.head()
            self.assertGreater(viewer.bytes_within(0.5), 50_000)
            with lab.serving("sin1", "freeze=on"):
                viewer.bytes_within(0.2)  # what was under way
                self.assertEqual(viewer.bytes_within(1.0), 0)
                self.assertFalse(viewer.ended)
            self.assertGreater(viewer.bytes_within(0.5), 50_000)

    def test_slow_first_byte_delays_the_response(self) -> None:
        with lab.serving("sin1", "slow_first_byte=800ms"), client() as viewer:
            self.assertEqual(viewer.head(), 200)
            took = time.monotonic() - viewer.began
        measured(f"slow_first_byte=800ms: {took * 1e3:.0f} ms")
        self.assertAlmostEqual(took, 0.82, delta=0.1)

    def test_status_refuses_the_stated_share_and_spares_other_streams(self) -> None:
        def status(stream: str) -> int:
            with client(stream=stream) as viewer:
                return viewer.head()

        with lab.serving("sin1", "stream=demo", "status=503"):
            self.assertEqual({status("demo") for _ in range(5)}, {503})
            self.assertEqual(status("two"), 200)
        with lab.serving("sin1", "status=503", "share=50%"):
            answers = [status("demo") for _ in range(60)]
        self.assertEqual(set(answers), {200, 503})
        self.assertAlmostEqual(answers.count(503) / 60, 0.5, delta=0.25)  # four standard errors

    def test_reset_reaches_every_viewer(self) -> None:
        with client() as one, client() as two:
            for viewer in (one, two):
                viewer.head()
            lab.cli("serve", "sin1", "reset=now")
            for viewer in (one, two):
                with self.assertRaises(ConnectionResetError):
                    viewer.bytes_within(3)

    def test_stale_repeats_one_gop_to_newcomers(self) -> None:
        wait_until("a GOP is cached", lambda: self._cached() > 0.5, 5)
        with lab.serving("sin1", "stale=on"):
            with client() as viewer:
                viewer.head()
                first = [(stamp, size) for kind, stamp, size in viewer.tags(3.5) if kind == 9 and size > 60]
            with client() as viewer:
                viewer.head()
                second = [(stamp, size) for kind, stamp, size in viewer.tags(0.5) if kind == 9 and size > 60]
        self.assertGreater(len(first), len(set(first)), "the same frames come again")
        self.assertTrue(set(second) <= set(first), "and a later newcomer gets the same")
        self.assertLessEqual(max(s for s, _ in first) - min(s for s, _ in first), 2000)

    def _cached(self) -> float:
        with client() as viewer:
            viewer.head()
            stamps = [stamp for kind, stamp, size in viewer.tags(0.3) if kind == 9 and size > 60]
        return (stamps[-1] - stamps[0]) / 1000 if stamps else 0.0

    def test_timestamp_jump_moves_both_ways(self) -> None:
        for words, wanted in (("+3600s", 3_600_000), ("-10s", -10_000)):
            with client() as viewer:
                viewer.head()
                before = [stamp for kind, stamp, _ in viewer.tags(1.0) if kind == 9][-1]
                with lab.serving("sin1", f"timestamp_jump={words}"):
                    after = [stamp for kind, stamp, _ in viewer.tags(1.0) if kind == 9][-1]
            self.assertAlmostEqual(after - before, wanted, delta=2500)

    def test_throttle_holds_each_viewer_to_a_rate(self) -> None:
        with lab.serving("sin1", "throttle=50%"), client() as viewer:
            viewer.head()
            viewer.bytes_within(0.5)
            rate = viewer.bytes_within(3) * 8 / 3
        measured(f"throttle=50%: {rate / lab.info['stream_bitrate']:.1%} of a stream")
        self.assertAlmostEqual(rate / lab.info["stream_bitrate"], 0.5, delta=0.05)

    def test_a_stale_playlist_does_not_change(self) -> None:
        url = lab.info["urls"]["demo"]["sin1"]["hls"]
        host, _, path = url.removeprefix("http://").partition("/")
        name, _, port = host.partition(":")

        def playlist() -> bytes:
            with lab.inside("v1"), socket.create_connection((name, int(port)), timeout=3) as connection:
                connection.sendall(f"GET /{path} HTTP/1.0\r\n\r\n".encode())
                with connection.makefile("rb") as stream:
                    return stream.read().partition(b"\r\n\r\n")[2]

        with lab.serving("sin1", "hls_stale=on"):
            first = playlist()
            self.assertIn(b"#EXTINF", first)
            with client() as viewer:  # two segments' time, by the stream's own clock
                viewer.head()
                stamps = [stamp for kind, stamp, _ in viewer.tags(4.2) if kind == 9]
            self.assertGreater(stamps[-1] - stamps[0], 4000)
            self.assertEqual(playlist(), first)
        wait_until("the live playlist is back", lambda: playlist() != first, 5)

    def test_wrong_words_are_refused(self) -> None:
        for words, message in ((("mars", "freeze=on"), "want POP"), (("sin1", "freeze=maybe"), "on or off"),
                               (("sin1", "status=99"), "200 to 599"), (("sin1", "mood=bad"), 'got "mood=bad"'),
                               (("sin1", "stream=no", "freeze=on"), 'no "no"')):
            done = lab.attempt("serve", *words)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn(message, done.stderr)


@needs_network
class TransportStreams(unittest.TestCase):
    PACKETS = 500  # of 188 bytes: a third of a second

    def test_srt_and_udp_bring_whole_packets_to_the_vantage(self) -> None:
        lab = Lab("t", "--pops", "p1", "--protocols", "srt,udp")
        self.addCleanup(lab.down)
        urls = lab.info["vantages"]["v1"]["urls"]["demo"]["p1"]
        with lab.inside("v1"):
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with udp:
            address, port = urls["udp"].removeprefix("udp://").split(":")
            udp.bind((address, int(port)))
            udp.settimeout(20)
            received = b""
            while len(received) < self.PACKETS * 188:
                received += udp.recv(2048)
        self._check("UDP", received)
        with lab.start_inside("v1", "srt-live-transmit", "-q", urls["srt"], "file://con", stdout=subprocess.PIPE) as caller:
            try:
                assert caller.stdout
                received = caller.stdout.buffer.read(self.PACKETS * 188)
            finally:
                caller.kill()
        self._check("SRT", received)

    def _check(self, protocol: str, received: bytes) -> None:
        measured(f"{protocol}: {len(received) // 188} transport packets")
        self.assertGreaterEqual(len(received), self.PACKETS * 188)
        self.assertEqual(len(received) % 188, 0)
        self.assertEqual(set(received[::188]), {0x47})


class Programs(unittest.TestCase):
    def test_a_crashed_pop_refuses_and_comes_back(self) -> None:
        lab.cli("crash", "sin1/flvd")

        def refused() -> bool:
            try:
                client().socket.close()
                return False
            except ConnectionRefusedError:
                return True

        wait_until("connections are refused", refused, 3)
        lab.cli("restore", "sin1/flvd")

        def serves() -> bool:
            try:
                with client() as viewer:
                    return viewer.head(2) == 200
            except OSError:
                return False

        wait_until("it serves again", serves, 15)

    def test_a_frozen_encoder_stops_one_stream_everywhere(self) -> None:
        with client(stream="two") as frozen, client(stream="demo") as well:
            frozen.head(), well.head()
            self.assertGreater(frozen.bytes_within(0.5), 30_000)
            lab.cli("freeze", "origin/encoder/two")
            try:
                frozen.bytes_within(0.5)
                self.assertEqual(frozen.bytes_within(1), 0)
                self.assertGreater(well.bytes_within(0.5), 30_000)
            finally:
                lab.cli("restore", "origin/encoder/two")
            self.assertGreater(frozen.bytes_within(1), 30_000)

    def test_one_pull_per_stream_however_many_viewers(self) -> None:
        viewers = [client("fra1") for _ in range(20)]
        for viewer in viewers:
            self.assertEqual(viewer.head(), 200)
        stats = json.loads(lab.cli("status", "--serving"))["fra1"]["demo"]
        for viewer in viewers:
            viewer.socket.close()
        self.assertGreaterEqual(stats["clients"], 20)
        self.assertEqual(stats["origin_connects"], 1)

    def test_timestamps_pass_the_seam_of_the_clip_without_a_step(self) -> None:
        seam.thread.join(40)
        self.assertFalse(seam.thread.is_alive())
        for kind, frame, name in ((9, 1000 / 30, "video"), (8, 1024 / 48, "audio")):
            steps = [b - a for a, b in zip(seam.stamps[kind], seam.stamps[kind][1:])]
            measured(f"{name} over {sum(steps) / 1000:.1f} s: steps of {min(steps)} to {max(steps)} ms, "
                     f"one frame is {frame:.1f} ms")
            self.assertGreater(sum(steps), 24_500)
            self.assertGreaterEqual(min(steps), frame - 1.5)
            self.assertLessEqual(max(steps), frame + 1.5)


class Scale(unittest.TestCase):
    CLIENTS = 1000
    SECONDS = 5.0

    def test_a_thousand_viewers_are_served_in_real_time(self) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        with file_server("--tick", "100") as (url, pid, _):
            host, _, path = url.removeprefix("http://").partition("/")
            name, _, port = host.partition(":")
            with selectors.DefaultSelector() as selector:
                counts: dict[socket.socket, int] = {}
                for _ in range(self.CLIENTS):
                    connection = socket.create_connection((name, int(port)), timeout=5)
                    connection.sendall(f"GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                    connection.setblocking(False)
                    counts[connection] = 0
                    selector.register(connection, selectors.EVENT_READ)
                buffer = bytearray(1 << 20)

                def drain(seconds: float) -> float:
                    began = time.monotonic()
                    while (left := began + seconds - time.monotonic()) > 0:
                        for key, _ in selector.select(left):
                            counts[key.fileobj] += key.fileobj.recv_into(buffer)  # type: ignore[union-attr, index]
                    return time.monotonic() - began

                drain(3)  # the GOP that each gets at first
                before, cpu = dict(counts), cpu_seconds(pid)
                took = drain(self.SECONDS)
                cpu = cpu_seconds(pid) - cpu
                rates = sorted((counts[c] - before[c]) * 8 / took for c in counts)
                for connection in counts:
                    connection.close()
        measured(f"{self.CLIENTS} viewers: slowest {rates[0] / 1e6:.2f}, median {rates[len(rates) // 2] / 1e6:.2f} "
                 f"Mbit/s, lab_flvd {cpu / took:.0%} of a core")
        self.assertGreater(rates[0], 0.7 * lab.info["stream_bitrate"])

    def test_a_viewer_that_does_not_read_is_skipped_and_bounded(self) -> None:
        with file_server("--client-queue", "300000") as (url, _, path):
            with FlvClient(None, url, receive_buffer=65536) as viewer:
                viewer.head()
                wait_until("it was skipped", lambda: control.http(path, "GET", "/stats")["demo"]["skips"] > 0, 30)
                stats = control.http(path, "GET", "/stats")["demo"]
                self.assertGreater(stats["tags_skipped"], 0)
                stamps = [stamp for kind, stamp, size in viewer.tags(2) if kind == 9]
        steps = [b - a for a, b in zip(stamps, stamps[1:])]
        measured(f"a viewer that did not read lost {stats['tags_skipped']} tags, a gap of {max(steps) / 1000:.1f} s")
        self.assertGreater(max(steps), 100)


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
