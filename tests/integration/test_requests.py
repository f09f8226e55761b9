#!/usr/bin/python3
"""How streams are asked for: TLS, credentials from files, headers to their own host only; and what the trace tells."""

from __future__ import annotations

import base64
import http.server
import json
import shutil
import ssl
import struct
import subprocess
import threading
from pathlib import Path
from typing import Any

import support

PASSWORD = "correct-horse-battery"


def flv_tag(milliseconds: int, keyframe: bool) -> bytes:
    """A video tag of AVC without anything to see."""
    data = bytes([0x17 if keyframe else 0x27, 1, 0, 0, 0]) + b"x" * 200
    head = struct.pack(">BBHBHB", 9, len(data) >> 16, len(data) & 0xFFFF, milliseconds >> 16 & 0xFF,
                       milliseconds & 0xFFFF, milliseconds >> 24) + b"\0\0\0"
    return head + data + struct.pack(">I", len(head) + len(data))


class Server:
    """An HTTP server on loopback that keeps the headers of its requests: FLV that flows, and the files of a folder."""

    def __init__(self, folder: Path, context: ssl.SSLContext | None = None, password: str | None = None):
        requests: list[dict[str, str]] = []
        stop = threading.Event()

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments: Any) -> None:
                super().__init__(*arguments, directory=str(folder))

            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                requests.append({"path": self.path, **{name.lower(): value for name, value in self.headers.items()}})
                wanted = "Basic " + base64.b64encode(f"viewer:{password}".encode()).decode()
                guarded = password is not None and not self.path.endswith(".m4s")
                if guarded and self.headers.get("Authorization") != wanted:
                    self.send_error(401)
                elif self.path.startswith("/live.flv"):
                    self.flow()
                else:
                    super().do_GET()

            def flow(self) -> None:
                self.send_response(200)
                self.send_header("X-Cache", "HIT from edge-7")
                self.send_header("Set-Cookie", "session=s3cret")
                self.end_headers()
                self.wfile.write(b"FLV\x01\x01\0\0\0\x09\0\0\0\0")
                for i in range(10_000):
                    self.wfile.write(flv_tag(i * 40, i % 25 == 0))
                    if stop.wait(0.04):
                        return

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                pass  # clients that leave, or refuse our certificate

        self.requests = requests
        self._stop = stop
        self._server = Quiet(("127.0.0.1", 0), Handler)
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True,
                                                      do_handshake_on_connect=False)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()


class Requests(support.Case):
    def certificate(self) -> ssl.SSLContext:
        certificate, key = self.folder / "cert.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out",
                        str(certificate), "-days", "1", "-subj", "/CN=live.example"], check=True,
                       stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context

    def server(self, *arguments: Any, **named: Any) -> Server:
        server = Server(*arguments, **named)
        self.later(server.stop)
        return server

    def start(self, config: str) -> support.Daemon:
        daemon = support.Daemon(self.folder, config)
        daemon.start()
        self.later(lambda: daemon.process is not None and daemon.process.child.poll() is not None or daemon.stop())
        return daemon

    def trace(self, daemon: support.Daemon, stream: str) -> str:
        """The stream's events, one `kind: text` after the other."""
        status, body = daemon.get(f"/api/v1/trace?stream={stream}&pop=edge")
        self.assertEqual(status, 200, body)
        events = json.loads(body)
        for event in events:
            self.assertEqual((event["stream"], event["pop"]), (stream, "edge"))
        return "".join(f"{event['kind']}: {event['text']}\n" for event in events)

    def await_trace(self, daemon: support.Daemon, stream: str, *wanted: str) -> str:
        try:
            support.wait_until(f"{stream}: {wanted}", lambda: all(
                text in self.trace(daemon, stream) for text in wanted), 15)
        except AssertionError:
            print(self.trace(daemon, stream))
            raise
        return self.trace(daemon, stream)

    def test_tls_and_credentials_from_files(self) -> None:
        server = self.server(self.folder, self.certificate(), PASSWORD)
        srt_port = support.free_port()
        listener = support.Process(
            ["srt-live-transmit", "-q", f"udp://127.0.0.1:{support.free_port()}",
             f"srt://127.0.0.1:{srt_port}?mode=listener&passphrase={PASSWORD}"], self.folder / "srt.log")
        self.later(lambda: listener.kill() if listener.child.poll() is None else None)
        (self.folder / "password").write_text(PASSWORD + "\n")
        (self.folder / "short").write_text("short\n")
        url = f"https://live.example:{server.port}/live.flv?token=s3cret"
        daemon = self.start(f"""
pops:
  - name: edge
    address: 127.0.0.1
http:
  basic_auth: {{username: viewer, password_file: password}}
  tls_config: {{insecure_skip_verify: true}}
streams:
  - {{name: trusting, url: "{url}"}}
  - {{name: strict, url: "{url}", http: {{tls_config: {{insecure_skip_verify: false}}}}}}
  - {{name: nofile, url: "{url}", http: {{basic_auth: {{username: viewer, password_file: none}}}}}}
  - {{name: srt, url: "srt://live.example:{srt_port}", srt: {{passphrase_file: password}}}}
  - {{name: short, url: "srt://live.example:{srt_port}", srt: {{passphrase_file: short}}}}
""")
        good = self.await_trace(daemon, "trusting", "first_keyframe", "tls: TLSv1.", "certificate of CN=live.example",
                                "X-Cache: HIT from edge-7", "tcp: rtt ", "answered, from")
        self.assertNotIn("s3cret", good)
        self.assertNotIn(PASSWORD, good)
        support.wait_until("TCP is measured", lambda: (daemon.metric("outrider_tcp_rtt_seconds", stream="trusting")
                                                       or 0) > 0, 10)
        self.assertIsNotNone(daemon.metric("outrider_tcp_out_of_order_segments_total", stream="trusting"))
        self.await_trace(daemon, "strict", "end: tls_failed: SSL certificate problem")
        self.await_trace(daemon, "nofile", f"end: local_failure: {self.folder}/none: want the password of basic_auth")
        self.await_trace(daemon, "srt", "address: 127.0.0.1 answered")
        self.await_trace(daemon, "short", "end: local_failure", "want an SRT passphrase of 10 to 79 bytes, got 5")
        self.assertEqual(json.loads(daemon.get("/api/v1/trace?stream=none")[1]), [])
        for shown in (daemon.get("/metrics")[1], daemon.process.output(), daemon.get("/api/v1/trace")[1]):
            self.assertNotIn(PASSWORD, shown)
            self.assertNotIn("s3cret", shown)

    def test_av_keeps_secrets_with_the_manifest(self) -> None:
        www = self.folder / "www"
        www.mkdir()
        subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=64x64:rate=25",
                        "-t", "4", "-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-f", "dash", "-seg_duration",
                        "1", str(www / "live.mpd")], check=True, timeout=60)
        elsewhere = self.server(www)
        manifest = (www / "live.mpd").read_text()
        head, rest = manifest.split("<Period", 1)
        (www / "moved.mpd").write_text(f"{head}<BaseURL>http://127.0.0.1:{elsewhere.port}/</BaseURL>\n<Period{rest}")
        here = self.server(www, None, PASSWORD)
        daemon = self.start(f"""
pops: [{{name: edge}}]
http: {{user_agent: player/3, headers: {{X-Key: s3cret}}, basic_auth: {{username: viewer, password: {PASSWORD}}}}}
streams:
  - {{name: moved, protocol: av, url: "http://127.0.0.1:{here.port}/moved.mpd"}}
  - {{name: own, protocol: av, url: "http://127.0.0.1:{here.port}/live.mpd"}}
""")
        support.wait_until("both play", lambda: all(
            daemon.metric("outrider_media_seconds_total", stream=stream) for stream in ("moved", "own")), 20)
        firsts = [request for request in here.requests if request["path"].endswith(".mpd")]
        self.assertEqual({request.get("x-key") for request in firsts[:2]}, {"s3cret"})
        self.assertTrue(all("authorization" in request for request in firsts))
        self.assertTrue(any(request["path"].endswith(".m4s") for request in here.requests))
        self.assertTrue(elsewhere.requests)
        for request in elsewhere.requests:
            self.assertEqual((request["user-agent"], request.get("x-key"), request.get("authorization")),
                             ("player/3", None, None), request)
        self.assertNotIn(PASSWORD, daemon.get("/api/v1/trace")[1])


if __name__ == "__main__":
    absent = [program for program in ("openssl", "ffmpeg", "srt-live-transmit") if shutil.which(program) is None]
    support.main_or_skip(f"not installed: {', '.join(absent)}" if absent else None)
