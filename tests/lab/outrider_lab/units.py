"""Quantities as people write them: 20ms, 3mbit, 1%, 100kb, on."""

from __future__ import annotations

import re

from .errors import LabError

_NUMBER = re.compile(r"([+-]?\d+(?:\.\d+)?)([a-z%]*)", re.IGNORECASE)
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_BITS = {"bit": 1.0, "kbit": 1e3, "mbit": 1e6, "gbit": 1e9}
_BYTES = {"b": 1, "kb": 1000, "mb": 1000_000, "kib": 1024, "mib": 1024 * 1024}


def _parse(text: str, units: dict[str, float], want: str, signed: bool = False) -> float:
    match = _NUMBER.fullmatch(text)
    if not match or match[2].lower() not in units or (not signed and text[0] in "+-"):
        raise LabError(f'want {want}, got "{text}"')
    return float(match[1]) * units[match[2].lower()]


def duration(text: str, signed: bool = False) -> float:
    """Seconds of "20ms", "2s", "-10s" (only if `signed`)."""
    return _parse(text, _SECONDS, "a duration such as 20ms or 2s", signed)


def fraction(text: str) -> float:
    """0 to 1 of "1%"; the percent sign is required, so that 1 is never taken for 100 %."""
    value = _parse(text, {"%": 0.01}, "a percentage such as 1%")
    if value > 1:
        raise LabError(f'want at most 100%, got "{text}"')
    return value


def rate(text: str, stream_bitrate: float) -> float:
    """Bits per second of "3mbit", or of "30%" of `stream_bitrate`; 0 (no limit) of "off"."""
    if text == "off":
        return 0.0
    value = _parse(text, {**_BITS, "%": stream_bitrate / 100}, "a rate such as 3mbit, 30% or off")
    if value < 1:  # 0 is how the programs spell "no limit"
        raise LabError(f'want a rate above zero (blackhole=on lets nothing through), got "{text}"')
    return value


def queue(text: str) -> dict[str, int]:
    """The emulator's setting for "100kb" (bytes) or "200ms" (time at the set rate)."""
    match = _NUMBER.fullmatch(text)
    if match and match[2].lower() in _SECONDS:
        return {"queue_us": round(duration(text) * 1e6)}
    return {"queue_bytes": round(_parse(text, _BYTES, "a queue such as 100kb or 200ms"))}


def switch(text: str) -> int:
    """1 of "on", 0 of "off"."""
    if text not in ("on", "off"):
        raise LabError(f'want on or off, got "{text}"')
    return int(text == "on")
