"""`serve`: what a POP's servers do wrong."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Callable, Sequence

from . import control, services, units
from .errors import LabError


def _status(text: str) -> str:
    if text != "off" and not (text.isdigit() and 200 <= int(text) <= 599):
        raise LabError(f'want 200 to 599 or off, got "{text}"')
    return f"status={200 if text == 'off' else int(text)}"


_WORDS: dict[str, Callable[[str], str]] = {
    "freeze": lambda text: f"freeze={units.switch(text)}",
    "stale": lambda text: f"stale={units.switch(text)}",
    "slow_first_byte": lambda text: f"slow_first_byte_ms={units.duration(text) * 1000:.0f}",
    "status": _status,
    "share": lambda text: f"share={units.fraction(text):.9g}",
    "timestamp_jump": lambda text: f"timestamp_jump_ms={units.duration(text, signed=True) * 1000:.0f}",
    "throttle": lambda text: f"throttle_bps={units.rate(text, 0):.9g}",
}


def apply(info: dict[str, Any], words: Sequence[str], run: bool = True) -> None:
    """Executes `POP clear|key=value…`; with `run` false it only checks. LabError for anything unknown."""
    pops = info["pops"]
    if len(words) < 2 or (words[0] != "all" and words[0] not in pops):
        raise LabError(f"serve: want POP key=value…, with POP one of all, {', '.join(pops)}")
    chosen = list(pops) if words[0] == "all" else [words[0]]
    stream, sent, stale_playlist = None, [], None
    for word in words[1:]:
        key, _, text = word.partition("=")
        if key == "stream":
            if text not in info["streams"]:
                raise LabError(f'stream: there is no "{text}"; there are {", ".join(info["streams"])}')
            stream = text
        elif word == "clear":
            sent.append("clear")
            stale_playlist = 0
        elif key == "reset" and text == "now":
            sent.append("reset")
        elif key == "hls_stale":
            stale_playlist = units.switch(text)
        elif key in _WORDS:
            sent.append(_translate(key, text, info["stream_bitrate"]))
        else:
            raise LabError(f'serve: want clear, reset=now, stream=…, hls_stale=on|off or one of '
                           f'{", ".join(_WORDS)}; got "{word}"')
    if any(w.startswith("status=") for w in sent) and not any(w.startswith("share=") for w in sent):
        sent.append("share=1")  # else the share of an earlier fault would still hold
    if not run:
        return
    for pop in chosen:
        if sent:
            scope = [f"stream={stream}"] if stream else []
            control.http(Path(pops[pop]["flvd_control"]), "POST", "/control", " ".join(scope + sent))
        if stale_playlist is not None:
            streams = [stream] if stream else info["streams"]
            _freeze_playlists(Path(info["state_directory"]), pop, streams, stale_playlist == 1)


def stats(info: dict[str, Any], pop: str) -> dict[str, Any]:
    """Settings and counters of every stream of one POP's lab_flvd."""
    return dict(control.http(Path(info["pops"][pop]["flvd_control"]), "GET", "/stats"))


def _translate(key: str, text: str, stream_bitrate: float) -> str:
    try:
        if key == "throttle":
            return f"throttle_bps={units.rate(text, stream_bitrate):.9g}"
        return _WORDS[key](text)
    except LabError as error:
        raise LabError(f"{key}: {error}") from error


def _freeze_playlists(state: Path, pop: str, streams: Sequence[str], stale: bool) -> None:
    for stream in streams:
        frozen = services.hls_stale_folder(state, pop) / f"{stream}.m3u8"
        frozen.unlink(missing_ok=True)
        if stale:
            live = services.hls_folder(state, pop) / f"{stream}.m3u8"
            if not live.exists():
                raise LabError(f"hls_stale: {pop} has no playlist of {stream}; is hls one of the lab's protocols?")
            shutil.copyfile(live, frozen)
