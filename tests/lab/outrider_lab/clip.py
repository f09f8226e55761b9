"""The picture that the encoders publish: made once, then sent in a loop without encoding."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from .errors import LabError

# 24 s are 720 frames of video and 1125 AAC frames of 1024 samples exactly (every multiple of 8 s comes out even, and
# with it a whole number of 2 s GOPs), so that the loop has no seam. One AAC frame is the encoder's priming: the tone is
# that much shorter and the timestamps are shifted to begin at zero. Noise keeps the encoder from going below its rate.
SECONDS = 24
_TONE_SECONDS = 1124 * 1024 / 48000
_VERSION = 1  # raise when the arguments below change: it is part of the file's name
_ENCODE = [
    "-f", "lavfi", "-i", f"testsrc2=size=1280x720:rate=30:duration={SECONDS}",
    "-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=48000:duration={_TONE_SECONDS:.6f}",
    "-vf", "noise=alls=12:allf=t", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast",
    "-g", "60", "-keyint_min", "60", "-sc_threshold", "0", "-b:v", "1850k", "-maxrate", "1850k", "-bufsize", "1850k",
    "-c:a", "aac", "-ac", "2", "-b:a", "128k", "-bsf:a", "setts=pts=PTS+1024:dts=DTS+1024",
]


def cache_directory() -> Path:
    """${OUTRIDER_LAB_CACHE}, else outrider-lab below the user's cache directory."""
    own = os.environ.get("OUTRIDER_LAB_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(own) if own else Path(base) / "outrider-lab"


def clip(suffix: str) -> Path:
    """The clip as "mp4" (what ffmpeg loops best) or "flv" (what lab_flvd plays), made when it is missing."""
    path = cache_directory() / f"clip-v{_VERSION}.{suffix}"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        source = ["-i", str(clip("mp4")), "-c", "copy"] if suffix == "flv" else _ENCODE
        part = path.with_name(f"{path.stem}-{os.getpid()}.{suffix}")  # two labs may make it at the same time
        command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y", *source, str(part)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            raise LabError("ffmpeg is not installed (Debian package ffmpeg)") from error
        if done.returncode != 0:
            part.unlink(missing_ok=True)
            raise LabError(f"ffmpeg cannot make the clip: {done.stderr.strip()}")
        part.rename(path)
    return path


def bitrate() -> float:
    """Bits per second of the clip as HTTP-FLV carries it: what rate=100% means."""
    return clip("flv").stat().st_size * 8 / SECONDS
