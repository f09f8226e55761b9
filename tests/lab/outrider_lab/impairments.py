"""`impair`: which links are meant, and what the words ask of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Sequence

from . import control, units
from .errors import LabError

_DIRECTIONS = ("down", "up")
_FRACTIONS = ("loss", "ge_p", "ge_r", "ge_loss", "ge_good_loss")
_KEYS = ("delay", "jitter", *_FRACTIONS, "rate", "queue", "blackhole", "reorder", "reset")


def link_names(info: dict[str, Any], kind: str, target: str) -> list[str]:
    """The emulator's links behind words such as `path sin1`, `path v1-sin1`, `path all`, `backbone fra1`, `uplink v1`."""
    names = []
    for name, link in info["links"].items():
        wanted = {"path": (link["upstream"], link["downstream"], f"{link['downstream']}-{link['upstream']}"),
                  "backbone": (link["downstream"],), "uplink": (link["downstream"],)}.get(kind)
        if wanted is None:
            raise LabError(f'link: want backbone POP, path POP, path VANTAGE-POP or uplink VANTAGE, got "{kind}"')
        if link["kind"] == kind and (target == "all" or target in wanted):
            names.append(name)
    if not names:
        raise LabError(f'link: there is no {kind} "{target}"; there are {", ".join(info["links"])}')
    return names


def commands(info: dict[str, Any], words: Sequence[str]) -> list[str]:
    """The emulator's commands for `KIND TARGET [TARGET…] clear|key=value…`; LabError for anything unknown."""
    if info["reduced"]:
        raise LabError("impair: this is a reduced lab: everything is on loopback and there is no link to impair; "
                       "use `serve` (throttle, freeze, reset …), or a full lab (root and /dev/net/tun)")
    targets = [word for word in words[1:] if "=" not in word and word != "clear"]
    settings = words[1 + len(targets):]
    if not words or not targets or not settings or any("=" not in w and w != "clear" for w in settings):
        raise LabError("impair: want KIND TARGET… key=value…, such as: impair path sin1 down.rate=50% delay=20ms")
    links = [name for target in targets for name in link_names(info, words[0], target)]
    per_direction, clears, resets = _parse(settings, info["stream_bitrate"])
    lines = [f"clear {link} {direction}" for link in links for direction in _DIRECTIONS if clears]
    lines += [f"set {link} {direction} {' '.join(values)}"
              for link in links for direction, values in per_direction.items() if values]
    if resets:
        members = [name for link in links for name, other in info["links"].items() if link in (name, other["via"])]
        lines += [f"reset {name}" for name in members if info["links"][name]["kind"] != "uplink"]
    return lines


def apply(info: dict[str, Any], words: Sequence[str]) -> None:
    lines = commands(info, words)
    control.linkem(Path(info["linkem_control"]), lines)


def stats(info: dict[str, Any]) -> dict[str, Any]:
    """Settings and counters of every link and direction, as the emulator has them."""
    return dict(json.loads(control.linkem(Path(info["linkem_control"]), ["stats"])[0]))


def _parse(settings: Sequence[str], stream_bitrate: float) -> tuple[dict[str, list[str]], bool, bool]:
    per_direction: dict[str, list[str]] = {direction: [] for direction in _DIRECTIONS}
    clears = resets = False
    for word in settings:
        if word == "clear":
            clears = True
            continue
        name, _, text = word.partition("=")
        prefix, dot, key = name.rpartition(".")
        if (dot and prefix not in _DIRECTIONS) or key not in _KEYS:
            raise LabError(f'impair: want [down.|up.] and one of {", ".join(_KEYS)}; got "{word}"')
        try:
            if key == "reset":
                if text != "now" or dot:
                    raise LabError(f'want reset=now, for both directions at once, got "{word}"')
                resets = True
                continue
            values = _values(key, text, stream_bitrate)
        except LabError as error:
            raise LabError(f"{name}: {error}") from error
        for direction in [prefix] if dot else _DIRECTIONS:
            per_direction[direction] += [f"{k}={v:.9g}" for k, v in values.items()]
    return per_direction, clears, resets


def _values(key: str, text: str, stream_bitrate: float) -> dict[str, float]:
    if key in ("delay", "jitter"):
        return {f"{key}_us": units.duration(text) * 1e6}
    if key in _FRACTIONS:
        return {key: units.fraction(text)}
    if key == "rate":
        return {"rate_bps": units.rate(text, stream_bitrate)}
    if key == "queue":
        return dict(units.queue(text))
    return {key: units.switch(text)}
