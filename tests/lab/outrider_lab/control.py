"""Speaks to the emulator and to lab_flvd over their Unix sockets, which network namespaces do not separate."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any, Sequence

from .errors import LabError

_TIMEOUT = 5.0


def _connect(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(_TIMEOUT)
    try:
        connection.connect(str(path))
    except OSError as error:
        connection.close()
        raise LabError(f"{path.name} does not answer ({error.strerror or error}): see its program's log") from error
    return connection


def linkem(path: Path, lines: Sequence[str]) -> list[str]:
    """Sends commands together and returns an answer for each; LabError at the first that is refused."""
    with _connect(path) as connection, connection.makefile("rw") as stream:
        stream.write("".join(f"{line}\n" for line in lines))
        stream.flush()
        answers = [stream.readline().rstrip("\n") for _ in lines]
    for line, answer in zip(lines, answers):
        if not answer or answer.startswith("error"):
            raise LabError(f"{line}: {answer or 'no answer'}")
    return answers


def http(path: Path, method: str, target: str, body: str = "") -> Any:
    """One request to lab_flvd's control socket; the parsed JSON answer, LabError if it refuses."""
    with _connect(path) as connection:
        head = f"{method} {target} HTTP/1.1\r\nHost: lab\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall((head + body).encode())
        answer = b""
        while part := connection.recv(65536):
            answer += part
    head, _, content = answer.decode().partition("\r\n\r\n")
    if " 200 " not in head.partition("\r\n")[0]:
        raise LabError(content or f"{path.name}: no answer")
    return json.loads(content)
