"""What serves the streams of the benchmarks: each protocol's server on loopback, on cores of its own.

A Source has the URL that players play, the floor's program with its arguments, and how many bytes make a second.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
from pathlib import Path

import measure
import support

KBPS = 2000  # a stream's, audio and all
CLIP_SECONDS = 20
TS_KBPS = 2200  # the same with a transport stream's wrapping, at a constant rate
NGINX = "/usr/sbin/nginx"
RTMP_MODULE = "/usr/lib/nginx/modules/ngx_rtmp_module.so"
SEGMENT_SECONDS = 2


def ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", *arguments], check=True, timeout=120)


def make_clip(folder: Path) -> Path:
    """720p H.264 at 30 frames a second, a keyframe each 2 s, and AAC; FLV."""
    path, video = folder / "clip.flv", f"{KBPS - 128}k"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30", "-f", "lavfi", "-i",
           "sine=frequency=440:sample_rate=48000", "-t", str(CLIP_SECONDS), "-c:v", "libx264", "-preset", "ultrafast",
           "-b:v", video, "-maxrate", video, "-bufsize", "2000k", "-nal-hrd", "cbr", "-g", "60", "-c:a", "aac", "-b:a",
           "128k", "-f", "flv", str(path))
    return path


def listens(port: int) -> bool:
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


class Source:
    def __init__(self, folder: Path):
        self.folder = folder
        self.clip = make_clip(folder)
        self.port = support.free_port()
        self.processes: list[support.Process] = []
        self.serve()

    def serve(self) -> None:
        raise NotImplementedError

    def drain(self, streams: int) -> measure.Drain:
        raise NotImplementedError

    def bytes_per_second(self) -> float:
        """Of the FLV bytes, for what comes as FLV."""
        return self.clip.stat().st_size / CLIP_SECONDS

    def run(self, *command: str) -> support.Process:
        process = support.Process([*measure.on_cores(measure.SERVER_CORES), *command],
                                  self.folder / f"server-{len(self.processes)}.log")
        self.processes.append(process)
        return process

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.stop()


class HttpFlv(Source):
    def serve(self) -> None:
        self.run(str(Path(os.environ["OUTRIDER_LAB_BIN"]) / "lab_flvd"), "--listen", f"127.0.0.1:{self.port}", "--file",
                 str(self.clip))
        support.wait_until("the server listens", lambda: listens(self.port), 10)
        self.url = f"http://127.0.0.1:{self.port}/live/demo.flv"

    def drain(self, streams: int) -> measure.Drain:
        return measure.Drain("curl_drain", [self.url, str(streams)], self.bytes_per_second, self.folder)


class Nginx(Source):
    """nginx-rtmp with one publisher: players of RTMP, and HLS segments over HTTP."""

    def serve(self) -> None:
        self.http_port = support.free_port()
        (self.folder / "tmp").mkdir()
        temporary = " ".join(
            f"{kind}_temp_path tmp/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        # hls_cleanup needs the cache manager, which a single process does not have; the folder lives for minutes.
        (self.folder / "nginx.conf").write_text(f"""
load_module {RTMP_MODULE};
{"user root;" if os.geteuid() == 0 else ""}
daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
rtmp {{
    access_log off;
    server {{
        listen 127.0.0.1:{self.port};
        chunk_size 4096;
        application live {{
            live on; idle_streams off; wait_key on;
            hls on; hls_path {self.folder}/hls; hls_fragment {SEGMENT_SECONDS}s;
            hls_playlist_length {6 * SEGMENT_SECONDS}s; hls_cleanup off;
        }}
    }}
}}
http {{
    access_log off; sendfile on; keepalive_requests 100000;
    {temporary}
    server {{
        listen 127.0.0.1:{self.http_port};
        root {self.folder};
        types {{ application/vnd.apple.mpegurl m3u8; video/mp2t ts; }}
    }}
}}
""")
        self.run(NGINX, "-p", str(self.folder), "-c", "nginx.conf", "-e", "stderr")
        support.wait_until("nginx listens", lambda: listens(self.port), 10)
        self.url = f"rtmp://127.0.0.1:{self.port}/live/demo"
        self.run("ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", str(self.clip), "-c", "copy",
                 "-f", "flv", self.url)
        playlist = self.folder / "hls" / "demo.m3u8"
        support.wait_until("there are six segments",
                           lambda: playlist.exists() and playlist.read_text().count("#EXTINF") >= 6, 30, every=0.2)


class Rtmp(Nginx):
    def drain(self, streams: int) -> measure.Drain:
        return measure.Drain("rtmp_drain", [self.url, str(streams)], self.bytes_per_second, self.folder)


class Hls(Nginx):
    def serve(self) -> None:
        super().serve()
        self.url = f"http://127.0.0.1:{self.http_port}/hls/demo.m3u8"

    def playlist(self) -> str:
        return (self.folder / "hls" / "demo.m3u8").read_text()

    def bytes_per_second(self) -> float:
        found = re.findall(r"#EXTINF:([\d.]+),\s*(\S+\.ts)", self.playlist())
        return (sum((self.folder / "hls" / name).stat().st_size for _, name in found) /
                sum(float(length) for length, _ in found))

    def drain(self, streams: int) -> measure.Drain:
        target = re.search(r"#EXT-X-TARGETDURATION:(\d+)", self.playlist())
        assert target is not None
        return measure.Drain("hls_drain", [self.url, str(streams), target[1]], self.bytes_per_second, self.folder)


class Srt(Source):
    def serve(self) -> None:
        path = self.folder / "clip.ts"
        # Long enough for one measurement, so that nobody meets the seam.
        ffmpeg("-stream_loop", "5", "-i", str(self.clip), "-c", "copy", "-f", "mpegts", "-muxrate", f"{TS_KBPS}k", str(path))
        server = self.run(str(Path(os.environ["OUTRIDER_BENCH_BIN"]) / "bench_srt_fanout"), str(self.port), str(path),
                          str(TS_KBPS * 1000))
        support.wait_until("the server listens", lambda: "listening" in server.output(), 10)
        self.url = f"srt://127.0.0.1:{self.port}"

    def bytes_per_second(self) -> float:
        return TS_KBPS * 1000 / 8

    def drain(self, streams: int) -> measure.Drain:
        return measure.Drain("srt_drain", ["127.0.0.1", str(self.port), str(streams)], self.bytes_per_second, self.folder)
