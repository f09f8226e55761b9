"""The programs of a lab, as data: what to start, where, and what it needs on disk first."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .clip import clip
from .layout import Layout, Node

RTMP_MODULE = "/usr/lib/nginx/modules/ngx_rtmp_module.so"
HLS_SEGMENT_SECONDS = 2
HLS_KEEP_SECONDS = 60  # longer than any player stays behind the playlist of six segments


@dataclass(frozen=True)
class Service:
    """`name` is NODE/PROGRAM or NODE/PROGRAM/STREAM. `restart`: begins again by itself a second after it ended."""

    name: str
    namespace: str | None
    arguments: list[str]
    restart: bool = False


def origin_services(layout: Layout, state: Path) -> list[Service]:
    """nginx that takes the streams in, and an encoder for each."""
    origin = layout.origin
    rtmp = f"""
    server {{
        listen {origin.address}:{origin.ports["rtmp"]};
        chunk_size 4096;
        application live {{ live on; wait_key on; }}
    }}"""
    services = [Service("origin/nginx", origin.namespace, _nginx(state / "origin", rtmp))]
    for stream in layout.streams:
        to = f"rtmp://{origin.address}:{origin.ports['rtmp']}/live/{stream}"
        services.append(Service(f"origin/encoder/{stream}", origin.namespace, [
            "ffmpeg", "-nostdin", "-loglevel", "warning", "-re", "-stream_loop", "-1", "-i", str(clip("mp4")),
            "-c", "copy", "-f", "flv", "-flvflags", "no_duration_filesize", to], restart=True))
    return services


def pop_services(layout: Layout, pop: Node, state: Path, flvd: Path) -> list[Service]:
    """What one POP runs for the lab's protocols."""
    folder = state / pop.name
    folder.mkdir(parents=True, exist_ok=True)
    source = f"rtmp://{layout.origin.address}:{layout.origin.ports['rtmp']}/live"
    pulls = [word for stream in layout.streams for word in ("--pull", f"{stream}={source}/{stream}")]
    services = [Service(f"{pop.name}/flvd", pop.namespace, [
        str(flvd), "--listen", f"{pop.address}:{pop.ports['flv']}", "--control", str(flvd_socket(state, pop.name)),
        *pulls])]
    if {"rtmp", "hls", "srt", "udp"} & set(layout.protocols):
        services.append(Service(f"{pop.name}/nginx", pop.namespace, _pop_nginx(layout, pop, folder, source)))
    if {"srt", "udp"} & set(layout.protocols):
        for stream in layout.streams:
            services += _transport_stream(layout, pop, stream)
    return services


def flvd_socket(state: Path, pop: str) -> Path:
    return state / f"{pop}-flvd.sock"


def hls_folder(state: Path, pop: str) -> Path:
    """Where nginx writes playlists and segments."""
    return state / pop / "www" / "hls"


def hls_stale_folder(state: Path, pop: str) -> Path:
    """A playlist put here is served instead of the live one of the same name."""
    return state / pop / "www" / "stale"


def _pop_nginx(layout: Layout, pop: Node, folder: Path, source: str) -> list[str]:
    www = folder / "www"
    for name in ("hls", "stale"):
        (www / name).mkdir(parents=True, exist_ok=True)
    pulls = "\n            ".join(f"pull {source}/{stream} name={stream} live=1 static;" for stream in layout.streams)
    # hls_cleanup needs nginx's cache manager, a process that the single-process mode does not have: the supervisor
    # removes old segments.
    hls = (f"hls on; hls_path {www}/hls; hls_fragment {HLS_SEGMENT_SECONDS}s; "
           f"hls_playlist_length {6 * HLS_SEGMENT_SECONDS}s; hls_cleanup off;") if "hls" in layout.protocols else ""
    rtmp = f"""
    server {{
        listen {pop.address}:{pop.ports["rtmp"]};
        chunk_size 4096;
        pull_reconnect 1s;
        application live {{
            live on; wait_key on;
            {pulls}
            {hls}
        }}
    }}"""
    http = f"""
    server {{
        listen {pop.address}:{pop.ports["hls"]};
        root {www};
        location ~ ^/hls/(.*)$ {{
            types {{ application/vnd.apple.mpegurl m3u8; video/mp2t ts; }}
            add_header Cache-Control no-cache;
            try_files /stale/$1 /hls/$1 =404;
        }}
    }}"""
    return _nginx(folder, rtmp, http)


def _nginx(folder: Path, rtmp: str, http: str = "") -> list[str]:
    """Writes a configuration and returns the command line.

    One process, because a worker would survive the death of its master: only the child that we start is tied to us.
    """
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    temporary = " ".join(f"{kind}_temp_path tmp/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(f"""
load_module {RTMP_MODULE};
{user}
daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
rtmp {{
    access_log off;{rtmp}
}}
http {{
    access_log off;
    {temporary}{http}
}}
""")
    return ["/usr/sbin/nginx", "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"]


def _transport_stream(layout: Layout, pop: Node, stream: str) -> list[Service]:
    """MPEG-TS of one stream: one ffmpeg that sends UDP to each vantage and to each vantage's SRT listener."""
    outputs, listeners = [], []
    for vantage in layout.vantages:
        if "udp" in layout.protocols:
            port = layout.ts_port(stream, pop, "udp", vantage)
            outputs.append(f"[f=mpegts]udp\\://{vantage.address}\\:{port}?pkt_size=1316")
        if "srt" in layout.protocols:
            port = layout.ts_port(stream, pop, "srt", vantage)
            feed = port + 10000
            outputs.append(f"[f=mpegts]udp\\://127.0.0.1\\:{feed}?pkt_size=1316")
            listeners.append(Service(f"{pop.name}/srt/{stream}-{vantage.name}", pop.namespace, [
                "srt-live-transmit", "-q", f"udp://127.0.0.1:{feed}", f"srt://{pop.address}:{port}?mode=listener"],
                restart=True))
    relay = Service(f"{pop.name}/ts/{stream}", pop.namespace, [
        "ffmpeg", "-nostdin", "-loglevel", "warning", "-i", f"rtmp://{pop.address}:{pop.ports['rtmp']}/live/{stream}",
        "-map", "0", "-c", "copy", "-f", "tee", "|".join(outputs)], restart=True)
    return [*listeners, relay]
