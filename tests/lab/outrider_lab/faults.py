"""Programs that die or hang: a POP's crash, an encoder that freezes."""

from __future__ import annotations

import json
import socket
from typing import Any, Sequence

from .errors import LabError

# crash: killed and held down; freeze: stopped as it is (SIGSTOP); restore: started or continued.
_STATES = {"crash": "down", "freeze": "frozen", "restore": "up"}
VERBS = tuple(_STATES)


def apply(info: dict[str, Any], verb: str, words: Sequence[str], run: bool = True) -> None:
    """Executes `TARGET`: a node (sin1), one of its programs (sin1/nginx) or an encoder (origin/encoder/demo)."""
    if len(words) != 1:
        raise LabError(f"{verb}: want one target, got {len(words)}")
    chosen = [name for name in info["processes"] if name == words[0] or name.startswith(words[0] + "/")]
    if not chosen or words[0] == "linkem":
        known = ", ".join(name for name in info["processes"] if name != "linkem")
        raise LabError(f'{verb}: no program "{words[0]}"; there are {known}')
    if not run:
        return
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        try:
            connection.connect(info["supervisor"]["control"])
            connection.sendall(json.dumps({"services": chosen, "state": _STATES[verb]}).encode())
            answer = json.loads(connection.recv(65536) or b'{"error": "no answer"}')
        except OSError as error:
            raise LabError(f"{verb}: the supervisor does not answer: {error}") from error
    if "error" in answer:
        raise LabError(f"{verb}: {answer['error']}")
