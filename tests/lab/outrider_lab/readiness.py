"""Waiting until a lab really serves: conditions with a deadline, seen from where a viewer would be."""

from __future__ import annotations

import socket
import time
from typing import Callable

from . import netns
from .errors import LabError
from .layout import Layout, Node

LookAfter = Callable[[float], None]  # lets the supervisor serve its events for up to so many seconds
_PAUSE = 0.1
_ATTEMPT = 3.0
_ENOUGH = 20_000  # bytes: response, file header and codec configuration are far below


def until(condition: Callable[[], bool], what: str, deadline: float, look_after: LookAfter) -> None:
    """Returns once `condition` holds; LabError naming `what` at the deadline (monotonic seconds)."""
    while not condition():
        if time.monotonic() > deadline:
            raise LabError(f"gave up waiting for {what}")
        look_after(_PAUSE)


def wait_for_port(namespace: str | None, address: str, port: int, deadline: float, look_after: LookAfter) -> None:
    def is_open() -> bool:
        try:
            with netns.inside(namespace), socket.create_connection((address, port), timeout=1):
                return True
        except OSError:
            return False

    until(is_open, f"{address}:{port} to accept connections", deadline, look_after)


def wait_for_media(layout: Layout, deadline: float, look_after: LookAfter) -> None:
    """Every stream flows from every POP to every vantage; playlists exist where HLS is wanted."""
    for vantage in layout.vantages:
        for pop in layout.pops:
            for stream in layout.streams:
                until(lambda: _flows(layout, vantage, pop, stream),
                      f"media of {stream} from {pop.name} at {vantage.name} (HTTP-FLV)", deadline, look_after)
                if "hls" in layout.protocols:
                    until(lambda: b"#EXTINF" in _get(vantage, pop, "hls", f"/hls/{stream}.m3u8", 65536),
                          f"a playlist of {stream} from {pop.name} at {vantage.name}", deadline, look_after)


def _flows(layout: Layout, vantage: Node, pop: Node, stream: str) -> bool:
    return len(_get(vantage, pop, "flv", f"/live/{stream}.flv", _ENOUGH)) >= _ENOUGH


def _get(vantage: Node, pop: Node, protocol: str, path: str, enough: int) -> bytes:
    """Up to `enough` bytes of a response as the vantage gets it; fewer when it ends, fails or takes too long."""
    received = b""
    try:
        with netns.inside(vantage.namespace):
            connection = socket.create_connection((pop.address, pop.ports[protocol]), timeout=_ATTEMPT)
        with connection:
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: {pop.address}\r\n\r\n".encode())
            until_time = time.monotonic() + _ATTEMPT
            while len(received) < enough and time.monotonic() < until_time:
                part = connection.recv(65536)
                if not part:
                    break
                received += part
    except OSError:
        pass
    return received
