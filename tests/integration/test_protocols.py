#!/usr/bin/python3
"""`outrider probe` against each protocol's real server on loopback: nginx-rtmp, lab_flvd, ffmpeg, srt-live-transmit.

Each case mostly waits for its probe, so several run at once, each with servers of its own.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Sequence

import support
from rtsp_server import RtspServer

NGINX = "/usr/sbin/nginx"
RTMP_MODULE = "/usr/lib/nginx/modules/ngx_rtmp_module.so"
CLIP_SECONDS = 10
FRAME_RATE = 25
PROBE_SECONDS = 8  # rates need five of them
VIEWER = "2s"  # healthy is never later than half of it, which a busy machine is allowed to be
AT_ONCE = 6


def make_clip(folder: Path) -> Path:
    """A small H.264 and AAC clip, a keyframe each second."""
    path = folder / "clip.mp4"
    subprocess.run(
        ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", f"testsrc=size=320x180:rate={FRAME_RATE}",
         "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100", "-t", str(CLIP_SECONDS), "-c:v", "libx264",
         "-preset", "ultrafast", "-tune", "zerolatency", "-g", str(FRAME_RATE), "-pix_fmt", "yuv420p", "-c:a", "aac",
         "-b:a", "64k", str(path)], check=True, timeout=60)
    return path


def listens(port: int) -> bool:
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def probe_once(url: str, *arguments: str, seconds: int = PROBE_SECONDS) -> dict[str, Any]:
    """What `outrider probe --json` says of one target, with its exit code as `exit`."""
    viewer = [] if "--viewer" in arguments else ["--viewer", VIEWER]
    result = subprocess.run(
        [support.outrider(), "probe", url, "--duration", f"{seconds}s", "--json", *viewer, *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=seconds + 20)
    if not result.stdout:
        raise AssertionError(f"outrider probe {url}: exit {result.returncode}: {result.stderr}")
    assert result.stderr == "", result.stderr  # a library's log must not get there
    target = json.loads(result.stdout)["targets"][0]
    return {**target, "exit": result.returncode}


def all_at_once(*probes: Callable[[], dict[str, Any]]) -> list[dict[str, Any]]:
    """What each says, in the order given."""
    with ThreadPoolExecutor(len(probes)) as pool:
        return [future.result() for future in [pool.submit(probe) for probe in probes]]


class Protocols(support.Case):
    clip: Path  # set before the first case runs

    def ffmpeg(self, *output: str) -> support.Process:
        """Plays the clip in real time and for ever to that output."""
        process = support.Process(
            ["ffmpeg", "-nostdin", "-loglevel", "warning", "-re", "-stream_loop", "-1", "-i",
             str(self.clip), "-c", "copy", *output], self.folder / f"ffmpeg-{len(os.listdir(self.folder))}.log")
        self.later(lambda: process.kill() if process.child.poll() is None else None)
        return process

    def serve_files(self, folder: Path) -> int:
        """An HTTP server; its port."""
        port = support.free_port()
        server = support.Process(
            ["/usr/bin/python3", "-m", "http.server", "-b", "127.0.0.1", "-d", str(folder), str(port)],
            self.folder / "http.log")
        self.later(server.stop)
        support.wait_until("the HTTP server listens", lambda: listens(port), 20)
        return port

    def assert_healthy(self, target: dict[str, Any]) -> dict[str, Any]:
        """The stream flowed as it was made; returns its metrics."""
        self.assertEqual((target["exit"], target["outcome"]), (0, "ok"), target)
        metrics: dict[str, Any] = target["metrics"]
        self.assertGreater(metrics["outrider_media_seconds_total"], PROBE_SECONDS - 3)
        self.assertLess(metrics["outrider_lag_seconds"], 0.5)
        self.assertEqual(metrics["outrider_viewer_stalls_total"], {VIEWER: 0})
        self.assertAlmostEqual(metrics["outrider_video_frame_rate"], FRAME_RATE, delta=3)
        self.assertGreater(metrics["outrider_received_bytes_total"], 10_000)
        self.assertIn("first_keyframe", metrics["outrider_startup_phase_seconds"])
        return metrics

    def assert_segments_flow(self, target: dict[str, Any]) -> None:
        """HLS of segments of a second, watched for 12 s by a viewer with 4 s of buffer."""
        self.assertEqual((target["exit"], target["outcome"]), (0, "ok"), target)
        metrics = target["metrics"]
        # Each segment once: what the playlist held at first, then as much as time passed.
        self.assertGreater(metrics["outrider_media_seconds_total"], 9)
        self.assertLess(metrics["outrider_media_seconds_total"], 20)
        self.assertLess(metrics["outrider_lag_seconds"], 1)
        self.assertEqual(metrics["outrider_timeline_restarts_total"], 0)
        self.assertEqual(metrics["outrider_viewer_stalls_total"]["4s"], 0)
        self.assertAlmostEqual(metrics["outrider_video_keyframe_interval_seconds"], 1, delta=0.05)


class HttpFlv(Protocols):
    def test_a_healthy_stream_and_one_that_is_not_there(self) -> None:
        clip = self.folder / "clip.flv"
        subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-i", str(self.clip), "-c", "copy", str(clip)],
                       check=True, timeout=60)
        port = support.free_port()
        flvd = f"{os.environ['OUTRIDER_LAB_BIN']}/lab_flvd"
        server = support.Process([flvd, "--listen", f"127.0.0.1:{port}", "--file", f"demo={clip}"],
                                 self.folder / "flvd.log")
        self.later(server.stop)
        support.wait_until("lab_flvd listens", lambda: listens(port), 20)
        target, absent = all_at_once(
            lambda: probe_once("http://live.example/live/demo.flv", "--pop", f"127.0.0.1:{port}"),
            lambda: probe_once(f"http://127.0.0.1:{port}/live/none.flv", seconds=2))
        metrics = self.assert_healthy(target)
        self.assertEqual(metrics["outrider_timeline_restarts_total"], 0)
        for phase in ("connect", "first_byte", "first_media"):
            self.assertIn(phase, metrics["outrider_startup_phase_seconds"])
        self.assertEqual(absent["reason"], "no media came (http_4xx)")


class Rtmp(Protocols):
    """nginx-rtmp, which makes HLS of what is published too."""

    def setUp(self) -> None:
        super().setUp()
        self.port = support.free_port()
        self.hls_port = support.free_port()
        (self.folder / "www").mkdir()
        config = self.folder / "nginx.conf"
        temporary = " ".join(f"{kind}_temp_path {self.folder}/{kind};"
                             for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config.write_text(f"""
load_module {RTMP_MODULE};
daemon off;
master_process off;
pid {self.folder}/nginx.pid;
error_log {self.folder}/error.log info;
events {{ worker_connections 256; }}
rtmp {{
    access_log {self.folder}/access.log;
    server {{
        listen 127.0.0.1:{self.port};
        listen [::1]:{self.port};
        application live {{
            live on; idle_streams off; publish_notify on;
            hls on; hls_path {self.folder}/www; hls_fragment 1s; hls_playlist_length 6s; hls_cleanup off;
        }}
        application waits {{ live on; }}
    }}
}}
http {{
    access_log off; {temporary}
    types {{ application/vnd.apple.mpegurl m3u8; video/mp2t ts; }}
    server {{ listen 127.0.0.1:{self.hls_port}; root {self.folder}/www; }}
}}
""")
        nginx = support.Process([NGINX, "-p", str(self.folder), "-c", str(config)], self.folder / "nginx.log")
        self.later(nginx.stop)
        support.wait_until("nginx listens", lambda: listens(self.port), 20)
        self.origin = f"rtmp://127.0.0.1:{self.port}/live"

    def publish(self, name: str) -> support.Process:
        encoder = self.ffmpeg("-f", "flv", f"{self.origin}/{name}")
        support.wait_until("the stream is published", lambda: f"publish: name='{name}'" in self.nginx_log(), 20)
        return encoder

    def nginx_log(self) -> str:
        path = self.folder / "error.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def test_a_healthy_stream_and_its_pinned_pop(self) -> None:
        self.publish("demo")
        # The POP is an address, IPv6 here; the stream's host and vhost stay in tcUrl.
        direct, pinned = all_at_once(
            lambda: probe_once(f"{self.origin}/demo"),
            lambda: probe_once("rtmp://user:s3cret@live.example/live/demo?token=s3cret", "--pop", f"[::1]:{self.port}"))
        metrics = self.assert_healthy(direct)
        for phase in ("resolve", "connect", "first_media"):
            self.assertIn(phase, metrics["outrider_startup_phase_seconds"])
        self.assert_healthy(pinned)
        self.assertNotIn("s3cret", json.dumps(pinned))
        connects = [line for line in self.nginx_log().splitlines() if "connect: app='live'" in line]
        self.assertTrue(any("tc_url='rtmp://live.example/live'" in line for line in connects), connects)

    def test_hls_of_the_same_server(self) -> None:
        self.publish("demo")
        playlist = self.folder / "www" / "demo.m3u8"
        support.wait_until("a few segments are out", lambda: playlist.exists() and
                           playlist.read_text().count("#EXTINF") >= 4, 30)
        target, absent = all_at_once(
            lambda: probe_once("http://live.example/demo.m3u8", "--pop", f"127.0.0.1:{self.hls_port}", "--viewer", "4s",
                               seconds=12),
            lambda: probe_once(f"http://127.0.0.1:{self.hls_port}/none.m3u8", seconds=2))
        self.assert_segments_flow(target)
        self.assertEqual(absent["reason"], "no media came (http_4xx)")

    def test_not_published_is_told_from_refused(self) -> None:
        targets = all_at_once(
            lambda: probe_once(f"{self.origin}/nobody", seconds=4),
            lambda: probe_once(f"rtmp://127.0.0.1:{support.free_port()}/live/demo", seconds=4),
            lambda: probe_once("rtmp://no-such-host.invalid/live/demo", seconds=4))
        self.assertEqual([target["reason"] for target in targets],
                         [f"no media came ({why})" for why in ("not_published", "refused", "resolve_failed")])

    def test_a_publisher_that_ends_ends_the_stream(self) -> None:
        encoder = self.publish("demo")
        threading.Timer(4, encoder.kill).start()
        target = probe_once(f"{self.origin}/demo", seconds=8)
        self.assertEqual(target["exit"], 1)
        ends = target["metrics"]["outrider_connection_ends_total"]
        self.assertGreaterEqual(ends.get("ended", 0), 1)  # UnpublishNotify
        self.assertGreaterEqual(ends.get("not_published", 0), 1)  # the next connection

    def test_a_silent_server_does_not_hold_the_probe(self) -> None:
        """nginx-rtmp by default accepts a player of nothing, and says nothing."""
        began = time.monotonic()
        target = probe_once(f"rtmp://127.0.0.1:{self.port}/waits/nobody", seconds=2)
        self.assertEqual((target["exit"], target["outcome"]), (2, "connecting"))
        self.assertLess(time.monotonic() - began, 6)  # the connection itself would be given up after 20 s

    def tls_front(self) -> int:
        """A port that answers with a certificate of nobody, and passes what is inside on to the server."""
        certificate, key = self.folder / "cert.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out",
                        str(certificate), "-days", "1", "-subj", "/CN=live.example"], check=True,
                       stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        listener = socket.create_server(("127.0.0.1", 0))
        self.later(listener.close)

        def pump(source: socket.socket, sink: socket.socket) -> None:
            try:
                while data := source.recv(65536):
                    sink.sendall(data)
            except OSError:
                pass
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # the other pump was first

        def accept() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                    inside = context.wrap_socket(client, server_side=True)
                    server = socket.create_connection(("127.0.0.1", self.port))
                except ssl.SSLError:
                    continue
                except OSError:
                    return
                for ends in ((inside, server), (server, inside)):
                    threading.Thread(target=pump, args=ends, daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return int(listener.getsockname()[1])

    def test_rtmps_wants_a_certificate_that_can_be_trusted_unless_told_otherwise(self) -> None:
        self.publish("demo")
        arguments = ("rtmps://live.example/live/demo", "--pop", f"127.0.0.1:{self.tls_front()}")
        strict, insecure = all_at_once(lambda: probe_once(*arguments, seconds=4),
                                       lambda: probe_once(*arguments, "--insecure"))
        self.assertEqual(strict["reason"], "no media came (tls_failed)")
        self.assertIn("tls", self.assert_healthy(insecure)["outrider_startup_phase_seconds"])


class HlsFmp4(Protocols):
    def test_fragments_with_their_initialisation(self) -> None:
        www = self.folder / "www"
        www.mkdir()
        self.ffmpeg("-f", "hls", "-hls_segment_type", "fmp4", "-hls_time", "1", "-hls_list_size", "6", "-hls_flags",
                    "delete_segments", str(www / "live.m3u8"))
        port = self.serve_files(www)
        support.wait_until("a few segments are out", lambda: len(list(www.glob("*.m4s"))) >= 4, 30)
        self.assert_segments_flow(probe_once(f"http://127.0.0.1:{port}/live.m3u8", "--viewer", "4s", seconds=12))


class Srt(Protocols):
    def serve(self, options: str = "") -> int:
        """srt-live-transmit as a listener that sends the clip; its port."""
        feed, port = support.free_port(), support.free_port()
        self.ffmpeg("-f", "mpegts", f"udp://127.0.0.1:{feed}?pkt_size=1316")
        listener = support.Process(
            ["srt-live-transmit", "-q", f"udp://127.0.0.1:{feed}", f"srt://127.0.0.1:{port}?mode=listener{options}"],
            self.folder / "srt.log")
        self.later(lambda: listener.kill() if listener.child.poll() is None else None)
        self.listener = listener
        return port

    def test_a_healthy_stream_with_a_passphrase(self) -> None:
        port = self.serve("&passphrase=correct-horse")
        # The first call may come before the listener listens: a player calls again.
        url = f"srt://live.example:{port}?streamid=demo&passphrase=correct-horse&latency=200"
        target = probe_once(url, "--pop", "127.0.0.1", seconds=10)
        self.assertNotIn("correct-horse", json.dumps(target))
        metrics = self.assert_healthy(target)
        for layer in ("srt", "srt_wire", "ts"):
            self.assertGreater(metrics["outrider_packets_expected_total"][layer], 100)
            self.assertEqual(metrics["outrider_packets_lost_total"][layer], 0)
        self.assertGreater(metrics["outrider_path_rtt_seconds"], 0)
        self.assertIn("connect", metrics["outrider_startup_phase_seconds"])

        wrong = probe_once(f"srt://127.0.0.1:{port}?passphrase=wrong-horse-battery", seconds=3)
        self.assertEqual(wrong["reason"], "no media came (refused)")

    def test_nobody_there_is_a_timeout(self) -> None:
        target = probe_once(f"srt://127.0.0.1:{support.free_port()}", seconds=7)
        self.assertEqual(target["reason"], "no media came (timeout)")

    def test_a_listener_that_ends_ends_the_stream(self) -> None:
        port = self.serve()
        threading.Timer(6, lambda: self.listener.stop()).start()
        ends = probe_once(f"srt://127.0.0.1:{port}", seconds=10)["metrics"]["outrider_connection_ends_total"]
        self.assertGreaterEqual(ends.get("ended", 0), 1)


class Udp(Protocols):
    def test_unicast(self) -> None:
        port = support.free_port()
        self.ffmpeg("-f", "mpegts", f"udp://127.0.0.1:{port}?pkt_size=1316")
        metrics = self.assert_healthy(probe_once(f"udp://127.0.0.1:{port}"))
        self.assertEqual(metrics["outrider_local_drops_total"], 0)
        self.assertGreater(metrics["outrider_packets_expected_total"]["ts"], 100)
        self.assertEqual(metrics["outrider_packets_lost_total"]["ts"], 0)

    def test_multicast_of_one_source(self) -> None:
        port = support.free_port()
        self.ffmpeg("-f", "mpegts", f"udp://239.255.77.1:{port}?pkt_size=1316&localaddr=127.0.0.1")
        target, other = all_at_once(
            lambda: probe_once(f"udp://127.0.0.1@239.255.77.1:{port}?localaddr=127.0.0.1"),
            lambda: probe_once(f"udp://127.0.0.9@239.255.77.1:{port}?localaddr=127.0.0.1", seconds=4))
        self.assert_healthy(target)
        self.assertEqual(other["exit"], 2)

    def test_rtp(self) -> None:
        port = support.free_port()
        self.ffmpeg("-f", "rtp_mpegts", f"rtp://127.0.0.1:{port}")
        metrics = self.assert_healthy(probe_once(f"rtp://127.0.0.1:{port}"))
        for name in ("lost", "reordered", "duplicated"):
            self.assertEqual(metrics[f"outrider_packets_{name}_total"]["rtp"], 0)
        self.assertGreater(metrics["outrider_packets_expected_total"]["rtp"], 50)
        self.assertLess(metrics["outrider_jitter_seconds"], 0.1)

    def test_rtp_that_is_damaged_on_the_way_is_counted(self) -> None:
        """A relay loses one packet in 20, and swaps and repeats one in 20 each."""
        inner, outer = support.free_port(), support.free_port()
        dropped = 0

        def relay() -> None:
            nonlocal dropped
            held = b""
            count = 0
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as into, \
                    socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                into.bind(("127.0.0.1", inner))
                into.settimeout(1)
                while not done.is_set():
                    try:
                        packet = into.recv(2048)
                    except socket.timeout:
                        continue
                    count += 1
                    if count % 20 == 5:
                        dropped += 1
                        continue
                    if count % 20 == 10:
                        held = packet
                        continue
                    for piece in (packet, packet if count % 20 == 15 else b"", held):
                        if piece:
                            out.sendto(piece, ("127.0.0.1", outer))
                    held = b""

        done = threading.Event()
        thread = threading.Thread(target=relay)
        thread.start()
        self.later(thread.join)
        self.later(done.set)
        self.ffmpeg("-f", "rtp_mpegts", f"rtp://127.0.0.1:{inner}")
        metrics = probe_once(f"rtp://127.0.0.1:{outer}")["metrics"]
        expected = metrics["outrider_packets_expected_total"]["rtp"]
        self.assertGreater(expected, 50)
        for name in ("lost", "reordered", "duplicated"):
            self.assertAlmostEqual(metrics[f"outrider_packets_{name}_total"]["rtp"], expected / 20, delta=expected / 60)
        # A lost datagram held seven transport packets, most of them video's.
        self.assertGreater(metrics["outrider_packets_lost_total"]["ts"], metrics["outrider_packets_lost_total"]["rtp"])

    def test_what_is_no_transport_stream_is_malformed(self) -> None:
        port = support.free_port()
        done = threading.Event()

        def shout() -> None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                while not done.wait(0.01):
                    out.sendto(b"?" * 1316, ("127.0.0.1", port))

        thread = threading.Thread(target=shout)
        thread.start()
        self.later(thread.join)
        self.later(done.set)
        self.assertEqual(probe_once(f"udp://127.0.0.1:{port}", seconds=3)["reason"], "no media came (malformed)")

    def test_a_port_in_use_is_this_hosts_fault(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            target = probe_once(f"udp://127.0.0.1:{taken.getsockname()[1]}", seconds=2)
        self.assertEqual(target["reason"], "no media came (local_failure)")


class PathToPop(Protocols):
    def test_round_trips_are_counted(self) -> None:
        urls = ("icmp://127.0.0.1", "icmp://[::1]", "tcp://127.0.0.1:1")
        targets = all_at_once(*(functools.partial(probe_once, url, seconds=4) for url in urls))
        for url, target in zip(urls, targets):
            layer = "tcp_syn" if url.startswith("tcp") else None
            with self.subTest(url=url):
                self.assertEqual(target["outcome"], "ok")
                metrics = target["metrics"]
                ((measured, expected),) = metrics["outrider_packets_expected_total"].items()
                self.assertIn(measured, ("icmp", "tcp_syn"))  # icmp needs a privilege
                self.assertEqual(measured, layer or measured)
                self.assertAlmostEqual(expected, 19, delta=3)  # five a second
                # A busy machine may answer one too late.
                self.assertLessEqual(metrics["outrider_packets_lost_total"][measured], 1)
                self.assertLess(metrics["outrider_path_rtt_seconds"], 0.05)
                self.assertNotIn("outrider_received_bytes_total", metrics)

    def test_a_name_without_address(self) -> None:
        self.assertEqual(probe_once("icmp://no-such-host.invalid", seconds=2)["outcome"], "resolve_failed")


class Av(Protocols):
    def test_dash(self) -> None:
        www = self.folder / "www"
        www.mkdir()
        self.ffmpeg("-f", "dash", "-seg_duration", "2", "-window_size", "6", "-extra_window_size", "4",
                    str(www / "live.mpd"))
        port = self.serve_files(www)
        support.wait_until("a few segments are out", lambda: len(list(www.glob("chunk-stream0-*.m4s"))) >= 4, 30)
        target, absent = all_at_once(lambda: probe_once(f"http://127.0.0.1:{port}/live.mpd", seconds=12),
                                     lambda: probe_once(f"http://127.0.0.1:{port}/none.mpd", seconds=2))
        metrics = target["metrics"]
        self.assertGreater(metrics["outrider_media_seconds_total"], 9)
        self.assertLess(metrics["outrider_media_seconds_total"], 30)  # each segment once
        self.assertEqual(metrics["outrider_timeline_restarts_total"], 0)
        self.assertLess(metrics["outrider_lag_seconds"], 5)  # it comes a segment at a time
        self.assertEqual(metrics["outrider_viewer_stalls_total"], {VIEWER: 0})
        self.assertEqual(absent["reason"], "no media came (http_4xx)")

    def test_rtsp(self) -> None:
        feed, description = support.free_port(), self.folder / "demo.sdp"
        self.ffmpeg("-an", "-f", "rtp", "-sdp_file", str(description), f"rtp://127.0.0.1:{feed}")
        support.wait_until("the stream is described",
                           lambda: description.exists() and "a=fmtp" in description.read_text(), 20)
        server = RtspServer(feed, description)
        self.later(server.close)
        target = probe_once(f"rtsp://127.0.0.1:{server.port}/live/demo")
        self.assertIn("PLAY", server.methods)
        self.assert_healthy(target)


def missing(programs: Sequence[str]) -> str | None:
    absent = [program for program in programs if shutil.which(program) is None]
    return f"not installed: {', '.join(absent)}" if absent else None


def main() -> None:
    with support.tempfile.TemporaryDirectory(prefix="outrider-test-") as folder:
        reason = missing([NGINX, "ffmpeg", "srt-live-transmit", "openssl"])
        if not reason and not os.path.exists(RTMP_MODULE):
            reason = f"no {RTMP_MODULE}"
        if not reason:
            Protocols.clip = make_clip(Path(folder))
        support.main_or_skip(reason, AT_ONCE)


if __name__ == "__main__":
    main()
