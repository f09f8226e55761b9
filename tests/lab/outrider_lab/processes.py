"""Processes that die with their parent and are ended by identity: a pid together with its start time.

A pid alone may by then belong to somebody else.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_CLONE_NEWNET = 0x40000000


@dataclass(frozen=True)
class Identity:
    pid: int
    start: int  # clock ticks since boot, field 22 of /proc/PID/stat


def identity(pid: int) -> Identity | None:
    """Of a process that exists (a zombie does not count)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else Identity(pid, int(fields[19]))


def alive(who: Identity) -> bool:
    return identity(who.pid) == who


def enter_namespace(descriptor: int) -> None:
    """Moves the calling thread into the network namespace behind `descriptor`."""
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"setns: {os.strerror(error)}")


def start_child(arguments: Sequence[str], log: Path, namespace: str | None = None,
                output: int | None = None) -> subprocess.Popen[bytes]:
    """Starts a program in a network namespace; it is killed when the calling process ends.

    Its output is appended to `log`; `output` may take its standard output instead. Call from the main thread: the
    kernel ties the child to the thread that forks.
    """
    parent = os.getpid()
    inside = os.open(f"/run/netns/{namespace}", os.O_RDONLY | os.O_CLOEXEC) if namespace else None

    def before_exec() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it ended before the line above
            os._exit(1)
        if inside is not None:
            enter_namespace(inside)

    try:
        with open(log, "ab") as file:
            return subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=file if output is None else output,
                                    stderr=file, preexec_fn=before_exec)
    finally:
        if inside is not None:
            os.close(inside)


def end(processes: Sequence[Identity], patience: float = 3.0) -> None:
    """SIGTERM, then after `patience` seconds SIGKILL, to those that still are who they were."""
    handles: dict[int, int] = {}
    for who in processes:
        try:
            handle = os.pidfd_open(who.pid)
        except OSError:
            continue
        if alive(who):  # checked after opening: the handle can no longer come to mean another process
            handles[handle] = who.pid
        else:
            os.close(handle)
    for sig, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, patience)):
        for handle in handles:
            try:
                signal.pidfd_send_signal(handle, sig)
                # A stopped process (a frozen encoder) takes SIGTERM only once it goes on.
                signal.pidfd_send_signal(handle, signal.SIGCONT)
            except ProcessLookupError:
                pass
        deadline = time.monotonic() + seconds
        while handles and (left := deadline - time.monotonic()) > 0:
            for handle in select.select(list(handles), [], [], left)[0]:
                os.close(handle)
                del handles[handle]
        if not handles:
            return
    for handle in handles:
        os.close(handle)
