"""The one parent of everything a lab runs: makes it, watches it, and takes it down.

It ends when it is told to (SIGTERM), when its owner dies, or when the `lab up` that waits for it goes away. Should it be
killed, the kernel kills its children with it, and `lab down` removes what is left by what lab.json names.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, Sequence

from . import clip, control, netns, readiness, services, state
from .errors import LabError
from .layout import SLOTS, Layout, make_layout
from .processes import Identity, alive, identity, start_child

_RESTART_AFTER = 1.0
_SWEEP_EVERY = 10.0


@dataclasses.dataclass(frozen=True)
class Wishes:
    """What `lab up` was asked for."""

    name: str
    pops: list[str]
    vantages: list[str]
    streams: list[str]
    protocols: list[str]
    owner: Identity | None
    programs: Path  # the directory of lab_linkem and lab_flvd
    reduced: bool
    congestion: str | None  # None in a reduced lab
    wait: float     # seconds until every stream must be served


class Stopped(BaseException):
    """SIGTERM or the death of the owner, while something else was being done."""


class Supervisor:
    def __init__(self, wishes: Wishes, report: Callable[[dict[str, Any]], None]):
        self.wishes = wishes
        self.report = report
        self.folder = state.directory(wishes.name)
        self.info: dict[str, Any] = {}
        self.services: dict[str, services.Service] = {}
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.held_down: set[str] = set()          # crashed on request
        self.restarts: dict[str, float] = {}      # service -> when (monotonic)
        self.selector = selectors.DefaultSelector()
        self.slot_lock: socket.socket | None = None

    # ---- bringing up -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Brings the lab up, stays until its end, and cleans up whatever happened."""
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGINT, _stop)
        try:
            self._bring_up()
            self.report({"ready": True})
            self._watch()
        except LabError as error:
            self.report({"error": str(error)})
        except Stopped:
            pass
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            if self.info:
                state.remove(self.info)

    def _bring_up(self) -> None:
        deadline = time.monotonic() + self.wishes.wait
        for suffix in ("mp4", "flv"):
            clip.clip(suffix)
        layout = self._claim_slot()
        self._make_folder(self._describe(layout))
        if not layout.reduced:
            self._progress("making namespaces")
            netns.create(layout, self.wishes.congestion or "")
            self._start_linkem(layout, deadline)
            netns.connect(layout)
        self._progress("starting origin and POPs")
        for service in services.origin_services(layout, self.folder):
            self._start(service)
        origin = layout.origin
        readiness.wait_for_port(origin.namespace, origin.address, origin.ports["rtmp"], deadline, self._look_after)
        for pop in layout.pops:
            for service in services.pop_services(layout, pop, self.folder, self.wishes.programs / "lab_flvd"):
                self._start(service)
        self._open_control()
        self._progress("waiting for media at every POP")
        readiness.wait_for_media(layout, deadline, self._look_after)
        self.info["state"] = "up"
        self._save()

    def _make_folder(self, info: dict[str, Any]) -> None:
        """The state directory appears with its lab.json in one step, or not at all."""
        part = self.folder.with_name(f"{self.folder.name}.{os.getpid()}")
        for folder in (part, part / "logs", part / "exec"):
            folder.mkdir(mode=0o700, parents=True)
        state.write(part, info)
        try:
            part.rename(self.folder)
        except OSError as error:
            shutil.rmtree(part)
            raise LabError(f"{self.folder} cannot be made ({error.strerror}): is another `lab up` at work?") from error
        self.info = info

    def _claim_slot(self) -> Layout:
        """Takes the first free address range. An abstract socket holds it: the kernel frees it when we end, however."""
        for slot in range(SLOTS):
            lock = socket.socket(socket.AF_UNIX)
            try:
                lock.bind(f"\0outrider-lab-slot-{slot}")
            except OSError:
                lock.close()
                continue
            w = self.wishes
            layout = make_layout(w.name, slot, w.pops, w.vantages, w.streams, w.protocols, w.reduced)
            if not w.reduced and any(netns.address_in_use(node) for node in layout.vantages):
                lock.close()
                continue
            self.slot_lock = lock
            return layout
        raise LabError(f"all {SLOTS} address ranges are taken by other labs")

    def _start_linkem(self, layout: Layout, deadline: float) -> None:
        by_name = {node.name: node for node in layout.nodes}
        lines = ["seed 1", *(f"stage {via}" for via in dict.fromkeys(link.via for link in layout.links if link.via))]
        for link in layout.links:
            up, down = by_name[link.upstream], by_name[link.downstream]
            lines.append(f"link {link.name} {netns.path(up.namespace or '')} {down.name} "
                         f"{netns.path(down.namespace or '')} {up.name}" + (f" via {link.via}" if link.via else ""))
        config, path = self.folder / "linkem.conf", Path(self.info["linkem_control"])
        config.write_text("\n".join(lines) + "\n")
        self._start(services.Service("linkem", None, [
            str(self.wishes.programs / "lab_linkem"), "--config", str(config), "--control", str(path)]))
        readiness.until(path.exists, "lab_linkem to make its devices", deadline, self._look_after)
        control.linkem(path, [f"baseline {link.name} {direction} delay_us={link.delay_ms * 1000:.0f}"
                              for link in layout.links for direction in ("down", "up")])

    # ---- children ----------------------------------------------------------------------------------------------------

    def _start(self, service: services.Service) -> None:
        log = self.folder / "logs" / (service.name.replace("/", "-") + ".log")
        try:
            child = start_child(service.arguments, log, service.namespace)
        except FileNotFoundError as error:
            raise LabError(f"{service.arguments[0]} is not installed") from error
        self.services[service.name] = service
        self.children[service.name] = child
        who = identity(child.pid)
        self.info["processes"][service.name] = {"pid": child.pid, "start": who.start if who else 0, "log": str(log)}
        self._save()
        handle = os.pidfd_open(child.pid)
        self.selector.register(handle, selectors.EVENT_READ, lambda: self._ended(service, child, handle))

    def _ended(self, service: services.Service, child: subprocess.Popen[bytes], handle: int) -> None:
        self.selector.unregister(handle)
        os.close(handle)
        code = child.wait()
        self.info["processes"][service.name].update(pid=None, exit_code=code)
        self._save()
        held = service.name in self.held_down
        if service.restart and not held:
            self.restarts[service.name] = time.monotonic() + _RESTART_AFTER
        elif not held and self.info["state"] == "starting":
            log = Path(self.info["processes"][service.name]["log"])
            raise LabError(f"{service.name} ended with {code}: {_last_lines(log)}")

    def _look_after(self, seconds: float) -> None:
        """Serves events for up to `seconds`, returning after the first batch; restarts what is due."""
        now = time.monotonic()
        for name, due in list(self.restarts.items()):
            if due <= now:
                del self.restarts[name]
                self._start(self.services[name])
        wake = min([seconds, *(due - now for due in self.restarts.values())])
        for key, _ in self.selector.select(max(0.0, wake)):
            key.data()

    def _watch(self) -> None:
        while True:
            self._look_after(_SWEEP_EVERY)
            self._sweep_segments()

    def _sweep_segments(self) -> None:
        oldest = time.time() - services.HLS_KEEP_SECONDS
        for pop in self.info["pops"]:
            for segment in services.hls_folder(self.folder, pop).glob("*.ts"):
                with contextlib.suppress(FileNotFoundError):
                    if segment.stat().st_mtime < oldest:
                        segment.unlink()

    # ---- orders ------------------------------------------------------------------------------------------------------

    def _open_control(self) -> None:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.info["supervisor"]["control"])
        listener.listen()
        self.selector.register(listener, selectors.EVENT_READ, lambda: self._order(listener))

    def _order(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(2)
            try:
                order = json.loads(connection.recv(65536))
                for name in order["services"]:
                    self._set_process(name, order["state"])
                answer: dict[str, Any] = {"ok": True}
            except (OSError, ValueError, LabError) as error:
                answer = {"error": str(error)}
            with contextlib.suppress(OSError):
                connection.sendall(json.dumps(answer).encode())

    def _set_process(self, name: str, wanted: str) -> None:
        child = self.children[name]
        running = child.poll() is None
        if wanted == "down":
            self.held_down.add(name)
            self.restarts.pop(name, None)
            if running:
                child.kill()
        elif wanted == "up":
            self.held_down.discard(name)
            if running:
                child.send_signal(signal.SIGCONT)
            elif name not in self.restarts:
                self._start(self.services[name])
        elif wanted == "frozen" and running:
            child.send_signal(signal.SIGSTOP)

    # ---- what others see ---------------------------------------------------------------------------------------------

    def _describe(self, layout: Layout) -> dict[str, Any]:
        me = identity(os.getpid())
        assert me
        owner = self.wishes.owner
        if owner:
            if not alive(owner):
                raise Stopped
            self.selector.register(os.pidfd_open(owner.pid), selectors.EVENT_READ, _stop)
        links: dict[str, Any] = {link.name: dataclasses.asdict(link) for link in layout.links}
        for node in [] if layout.reduced else layout.vantages:
            links[f"uplink-{node.name}"] = {"name": f"uplink-{node.name}", "kind": "uplink", "upstream": None,
                                            "downstream": node.name, "delay_ms": 0, "via": None}
        fixed = [p for p in layout.protocols if p in ("flv", "rtmp", "hls")]

        def urls(protocols: Sequence[str], vantage: Any) -> dict[str, Any]:
            return {stream: {pop.name: {protocol: layout.url(stream, pop, protocol, vantage) for protocol in protocols}
                             for pop in layout.pops} for stream in layout.streams}

        return {
            "name": layout.name, "state": "starting", "reduced": layout.reduced, "slot": layout.slot,
            "created": datetime.now(timezone.utc).isoformat(), "state_directory": str(self.folder),
            "supervisor": {"pid": me.pid, "start": me.start, "control": str(self.folder / "supervisor.sock")},
            "owner": dataclasses.asdict(owner) if owner else None,
            "linkem_control": None if layout.reduced else str(self.folder / "linkem.sock"),
            "stream_bitrate": round(clip.bitrate()), "congestion": self.wishes.congestion,
            "streams": layout.streams, "protocols": layout.protocols,
            "urls": urls(fixed, layout.vantages[0]),
            "nodes": {node.name: dataclasses.asdict(node) for node in layout.nodes},
            "pops": {pop.name: {"address": pop.address, "ports": pop.ports,
                                "flvd_control": str(services.flvd_socket(self.folder, pop.name))} for pop in layout.pops},
            "vantages": {v.name: {"address": v.address, "mgmt_address": None if layout.reduced else v.mgmt_address,
                                  "host_mgmt_address": None if layout.reduced else v.host_mgmt_address,
                                  "urls": urls(layout.protocols, v)} for v in layout.vantages},
            "links": links, "processes": {},
        }

    def _save(self) -> None:
        state.write(self.folder, self.info)

    def _progress(self, text: str) -> None:
        self.report({"progress": text})


def _stop(*_: Any) -> None:
    raise Stopped


def _last_lines(log: Path) -> str:
    return " | ".join(log.read_text(errors="replace").splitlines()[-3:]) or "nothing in its log"
