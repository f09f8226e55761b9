#!/usr/bin/python3
"""`outrider probe` as a low-latency HLS viewer of two POPs of one origin, of which one comes to hold parts back.

The origin packages what ffmpeg made, a fragment of 0.2 s a part, on this schedule, in seconds since it began:

    part n is there at    0.2 * (n - 24)              the POP 127.0.0.1
                          the same, from 8 s on + 1   the POP 127.0.0.2
"""

from __future__ import annotations

import datetime
import http.server
import json
import shutil
import struct
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import support

PART = 0.2
PARTS_OF_SEGMENT = 5
THERE_AT_START = 25  # parts: five segments
FILM_SECONDS = 25
PROBE_SECONDS = 16
LATE_FROM = THERE_AT_START + 40
LATE = 1.0
LATE_POP = "127.0.0.2"


def make_film(path: Path) -> tuple[bytes, list[bytes]]:
    """The initialisation section and the fragments of a small H.264 and AAC film, a keyframe each second."""
    subprocess.run(
        ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=320x180:rate=25", "-f", "lavfi",
         "-i", "sine=frequency=440:sample_rate=48000", "-t", str(FILM_SECONDS), "-c:v", "libx264", "-preset",
         "ultrafast", "-tune", "zerolatency", "-g", "25", "-keyint_min", "25", "-sc_threshold", "0", "-pix_fmt",
         "yuv420p", "-c:a", "aac", "-b:a", "64k", "-f", "mp4", "-movflags",
         "empty_moov+default_base_moof+skip_trailer", "-frag_duration", str(int(PART * 1e6)), "-write_prft", "wallclock", str(path)],
        check=True, timeout=60)
    data = path.read_bytes()
    init, parts, at = b"", [], 0
    while at < len(data):
        (size,), kind = struct.unpack(">I", data[at:at + 4]), data[at + 4:at + 8]
        if kind == b"prft":
            parts.append(b"")
        if parts:
            parts[-1] += data[at:at + size]
        else:
            init += data[at:at + size]
        at += size
    return init, parts


class Origin(http.server.ThreadingHTTPServer):
    """Playlists that ask for a part, and hinted parts, are answered once they are there."""

    daemon_threads = True

    def __init__(self, init: bytes, parts: list[bytes]):
        super().__init__(("0.0.0.0", 0), Handler)
        self.init, self.parts = init, parts
        self.began = time.time()
        self.asked: dict[tuple[str, str], list[float]] = {}  # (POP, name): when
        self.lock = threading.Lock()  # guards asked

    def made_at(self, part: int) -> float:
        """When its last frame was made, which is when the first POP has it."""
        return self.began + (part - THERE_AT_START + 1) * PART

    def there_at(self, part: int, pop: str) -> float:
        return self.made_at(part) + (LATE if pop == LATE_POP and part >= LATE_FROM else 0)

    def fragment(self, part: int) -> bytes:
        """As its producer would have dated it: prft holds a 64-bit NTP time behind size, type, flags and track."""
        ntp = int((self.made_at(part) - PART + 2208988800) * 2**32)
        return self.parts[part][:16] + struct.pack(">Q", ntp) + self.parts[part][24:]

    def published(self, pop: str) -> int:
        now = time.time()
        return next((n for n in range(len(self.parts)) if self.there_at(n, pop) > now), len(self.parts))

    def wait_for(self, part: int, pop: str) -> None:
        time.sleep(max(0.0, self.there_at(part, pop) - time.time()))

    def playlist(self, pop: str) -> str:
        parts = self.published(pop)
        whole = parts // PARTS_OF_SEGMENT
        first = max(0, whole - 6)
        lines = ["#EXTM3U", "#EXT-X-VERSION:9", "#EXT-X-TARGETDURATION:1",
                 f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={3 * PART:.1f}",
                 f"#EXT-X-PART-INF:PART-TARGET={PART}", f"#EXT-X-MEDIA-SEQUENCE:{first}", '#EXT-X-MAP:URI="init.mp4"']
        date = datetime.datetime.fromtimestamp(self.made_at(first * PARTS_OF_SEGMENT) - PART, datetime.timezone.utc)
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{date.isoformat(timespec='milliseconds')}")
        for segment in range(first, whole + 1):
            begin = segment * PARTS_OF_SEGMENT
            if segment + 3 >= whole:
                lines += [f'#EXT-X-PART:DURATION={PART},URI="part{n}.m4s"' + (",INDEPENDENT=YES" if n == begin else "")
                          for n in range(begin, min(begin + PARTS_OF_SEGMENT, parts))]
            if segment < whole:
                lines += [f"#EXTINF:{PART * PARTS_OF_SEGMENT:.1f},", f"segment{segment}.m4s"]
        return "\n".join([*lines, f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part{parts}.m4s"', ""])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Origin

    def do_GET(self) -> None:
        origin, pop = self.server, self.connection.getsockname()[0]
        name, _, query = self.path.rsplit("/", 1)[-1].partition("?")
        with origin.lock:
            origin.asked.setdefault((pop, name), []).append(time.time())
        if name == "live.m3u8":
            wanted = dict(pair.split("=") for pair in query.split("&") if pair)
            if wanted:
                origin.wait_for(int(wanted["_HLS_msn"]) * PARTS_OF_SEGMENT + int(wanted["_HLS_part"]), pop)
            self.answer(origin.playlist(pop).encode())
        elif name == "init.mp4":
            self.answer(origin.init)
        elif name.startswith("part"):
            part = int(name[4:-4])
            origin.wait_for(part, pop)
            self.answer(origin.fragment(part))
        else:
            self.send_error(404)

    def answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass  # the viewer is gone

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


class LowLatencyHls(support.Case):
    def test_parts_are_played_on_their_schedule_and_their_lateness_is_read(self) -> None:
        origin = Origin(*make_film(self.folder / "film.mp4"))
        self.assertGreater(len(origin.parts), LATE_FROM + 40)
        threading.Thread(target=origin.serve_forever, daemon=True).start()
        self.later(origin.server_close)
        self.later(origin.shutdown)
        port = origin.server_address[1]
        result = subprocess.run(
            [support.outrider(), "probe", f"http://live.example:{port}/live.m3u8", "--pop", "127.0.0.1", "--pop",
             LATE_POP, "--duration", f"{PROBE_SECONDS}s", "--viewer", "1s", "--json"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=PROBE_SECONDS + 20)
        good, late = json.loads(result.stdout)["targets"]

        metrics = good["metrics"]
        self.assertEqual((good["verdict"], good["outcome"]), ("healthy", "ok"), good)
        self.assertLess(good["worst"]["outrider_lag_seconds"], PART)  # of all heartbeats: no sawtooth
        self.assertLess(metrics["outrider_edge_age_seconds"], 2 * PART)
        # Joined 0.6 s behind the edge, and back to a keyframe.
        self.assertAlmostEqual(metrics["outrider_parts_total"]["ok"], PROBE_SECONDS / PART + 5, delta=5)
        self.assertEqual(metrics["outrider_viewer_stalls_total"], {"1s": 0})
        self.assertLess(metrics["outrider_segment_download_ratio"], 0.5)

        # By the producer's clock and by the packager's: from the newest part, which was just made, to the next.
        for method in ("prft", "program_date_time"):
            self.assertAlmostEqual(metrics["outrider_latency_seconds"][method], PART / 2, delta=PART, msg=method)
            self.assertAlmostEqual(late["metrics"]["outrider_latency_seconds"][method], LATE + PART / 2, delta=PART,
                                   msg=method)

        self.assertEqual(late["outcome"], "ok", late)
        self.assertAlmostEqual(late["metrics"]["outrider_lag_seconds"], LATE, delta=PART)
        self.assertAlmostEqual(late["worst"]["outrider_lag_seconds"], LATE, delta=PART)

        for target in (good, late):
            self.assertNotIn("outrider_segments_total", target["metrics"])  # in parts all of it
            self.assertEqual(list(target["metrics"]["outrider_http_responses_total"]), ["2xx"])
        ahead = []
        for (pop, name), times in origin.asked.items():
            self.assertFalse(name.startswith("segment"), name)
            if name != "live.m3u8":
                self.assertEqual(len(times), 1, f"{name} of {pop}")
            if name.startswith("part"):
                ahead.append(origin.there_at(int(name[4:-4]), pop) - times[0])
        early = [by for by in ahead if by > PART / 4]
        self.assertGreater(len(early), len(ahead) * 0.75)  # the hinted ones, all but those there at the start


if __name__ == "__main__":
    support.main_or_skip(None if shutil.which("ffmpeg") else "not installed: ffmpeg")
