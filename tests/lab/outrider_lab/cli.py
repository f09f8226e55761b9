"""The command line: words in, the other modules called, messages out."""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn, Sequence

from . import faults, impairments, misbehaviour, netns, state, timeline
from .errors import LabError
from .layout import PROTOCOLS, check_names
from .processes import Identity, enter_namespace, identity
from .supervisor import Supervisor, Wishes

_DOWN_PATIENCE = 20.0
_HERE = Path(__file__).resolve().parent


def main(arguments: Sequence[str]) -> int:
    """Runs one command; 0 on success, 1 with a message on standard error, 64 for wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lab", description="Live streaming in network namespaces, over links that can be broken.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.add_argument("--name", default="demo", help="which lab (default: demo)")
        sub.set_defaults(run=run)
        return sub

    up = command("up", _up, "Make a lab and return when every stream is served at every POP.")
    up.add_argument("--pops", default="sin1,fra1")
    up.add_argument("--vantages", default="v1")
    up.add_argument("--streams", default="demo")
    up.add_argument("--protocols", default="flv,rtmp,hls", help=f"of {','.join(PROTOCOLS)}; flv is always served")
    up.add_argument("--owner", type=int, metavar="PID", help="take the lab down when this process ends")
    up.add_argument("--bin", type=Path, metavar="DIR", help="where lab_linkem and lab_flvd are")
    up.add_argument("--reduced", action="store_true", help="on loopback, without namespaces and link emulator")
    up.add_argument("--congestion", help="TCP congestion control of every node (default: cubic, or reno)")
    up.add_argument("--wait", type=float, default=60, metavar="SECONDS")

    status = command("status", _status, "Show a lab; with --json its lab.json.")
    status.add_argument("--json", action="store_true")
    status.add_argument("--links", action="store_true", help="settings and counters of every link, as JSON")
    status.add_argument("--serving", action="store_true", help="settings and counters of every lab_flvd, as JSON")

    impair = command("impair", _impair, "KIND TARGET… key=value…: change links (see README.md).")
    impair.add_argument("words", nargs="+")
    serve = command("serve", _serve, "POP key=value…: make a server misbehave (see README.md).")
    serve.add_argument("words", nargs="+")
    for verb, text in (("crash", "Kill a program and hold it down."), ("freeze", "Stop a program as it is."),
                       ("restore", "Start or continue it.")):
        fault = command(verb, _fault, text)
        fault.add_argument("words", nargs=1, metavar="NODE[/PROGRAM]")
        fault.set_defaults(verb=verb)

    run = command("timeline", _timeline, "Execute a file of timed steps; print a JSON line for each.")
    run.add_argument("file", type=Path)
    execute = command("exec", _exec, "Replace this process by CMD inside NODE.")
    execute.add_argument("node")
    execute.add_argument("words", nargs=argparse.REMAINDER, metavar="-- CMD…")
    command("down", _down, "Take a lab down, whatever state it is in.")
    return parser


# ---- up and down -----------------------------------------------------------------------------------------------------


def _up(options: argparse.Namespace) -> int:
    pops, vantages, streams = (value.split(",") for value in (options.pops, options.vantages, options.streams))
    check_names("--name", [options.name])
    check_names("--pops and --vantages", pops + vantages)
    check_names("--streams", streams)
    protocols = list(dict.fromkeys(["flv", *options.protocols.split(",")]))
    if unknown := set(protocols) - set(PROTOCOLS):
        raise LabError(f"--protocols: want some of {','.join(PROTOCOLS)}, got {','.join(sorted(unknown))}")
    owner = identity(options.owner) if options.owner else None
    if options.owner and not owner:
        raise LabError(f"--owner: there is no process {options.owner}")
    reduced = options.reduced or _must_be_reduced()
    congestion = None if reduced else netns.usable_congestion(options.congestion)
    wishes = Wishes(options.name, pops, vantages, streams, protocols, owner, _programs(options.bin), reduced, congestion,
                    options.wait)

    left = state.read(options.name)
    if state.is_up(left):
        raise LabError(f'lab "{options.name}" is up already; take it down with: lab down --name {options.name}')
    if left:
        print("lab: removing what a killed lab of this name left", file=sys.stderr)
        state.remove(left)
    return _start_supervisor(wishes)


def _must_be_reduced() -> bool:
    reason = "not root" if os.geteuid() != 0 else "no /dev/net/tun" if not os.path.exists("/dev/net/tun") else None
    if reason:
        print(f"lab: REDUCED: {reason}: everything is on loopback and links cannot be impaired", file=sys.stderr)
    return reason is not None


def _programs(given: Path | None) -> Path:
    """The directory of the built programs: --bin, else ${OUTRIDER_LAB_BIN}, else the newest build of this repository."""
    if not given and (own := os.environ.get("OUTRIDER_LAB_BIN")):
        given = Path(own)
    if not given:
        built = sorted(_HERE.parents[2].glob("build/*/tests/lab/lab_flvd"), key=lambda p: p.stat().st_mtime)
        given = built[-1].parent if built else None
    if not given or not all(os.access(given / name, os.X_OK) for name in ("lab_linkem", "lab_flvd")):
        raise LabError("want a directory with lab_linkem and lab_flvd (--bin or OUTRIDER_LAB_BIN), "
                       f"got {given or 'none'}")
    return given.resolve()


def _start_supervisor(wishes: Wishes) -> int:
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        _become_supervisor(wishes, write_end)
    os.close(write_end)
    try:
        with os.fdopen(read_end) as reports:
            for line in reports:
                report = json.loads(line)
                if "error" in report:
                    os.waitpid(pid, 0)  # it cleans up before it ends
                    raise LabError(report["error"])
                if "ready" in report:
                    print(f'lab "{wishes.name}" is up: {state.directory(wishes.name)}/lab.json')
                    return 0
                print(f"lab: {report['progress']} …", file=sys.stderr)
    except KeyboardInterrupt:
        os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
    raise LabError("the lab ended before it was up")


def _become_supervisor(wishes: Wishes, reports: int) -> NoReturn:
    os.setsid()
    os.chdir("/")
    os.umask(0o077)
    null = os.open(os.devnull, os.O_RDWR)
    keep_errors = os.environ.get("OUTRIDER_LAB_DEBUG")
    for descriptor in (0, 1) if keep_errors else (0, 1, 2):
        os.dup2(null, descriptor)
    pipe = os.dup2(reports, 3, inheritable=False) if reports != 3 else 3
    os.set_inheritable(pipe, False)
    os.closerange(4, 65536)

    def report(message: dict[str, Any]) -> None:
        nonlocal pipe
        if pipe < 0:
            return
        try:
            os.write(pipe, (json.dumps(message) + "\n").encode())
        except BrokenPipeError:
            if "progress" in message:  # whoever asked for the lab is gone
                os.kill(os.getpid(), signal.SIGTERM)
        if "ready" in message:
            os.close(pipe)
            pipe = -1

    try:
        Supervisor(wishes, report).run()
        os._exit(0)
    except BaseException as error:  # the last resort: say it rather than vanish
        report({"error": f"{type(error).__name__}: {error}"})
        if keep_errors:
            raise
        os._exit(1)


def _down(options: argparse.Namespace) -> None:
    info = state.read(options.name)
    if info is None:
        print(f'there is no lab "{options.name}"')
        return
    supervisor = state.supervisor_of(info)
    _end_supervisor(supervisor)
    if (left := state.read(options.name)) is not None:
        state.remove(left)


def _end_supervisor(who: Identity) -> None:
    """Tells it to end and waits; it takes the lab with it. A supervisor that does not react is killed."""
    try:
        handle = os.pidfd_open(who.pid)
    except ProcessLookupError:
        return
    if identity(who.pid) == who:
        for sig in (signal.SIGTERM, signal.SIGKILL):
            signal.pidfd_send_signal(handle, sig)
            if select.select([handle], [], [], _DOWN_PATIENCE)[0]:
                break
    os.close(handle)


# ---- the rest --------------------------------------------------------------------------------------------------------


def _status(options: argparse.Namespace) -> int:
    info = state.read(options.name)
    if info is None or not state.is_up(info):
        killed = " (killed; `lab down` removes what it left)" if info else ""
        raise LabError(f'lab "{options.name}" is not up{killed}')
    if options.links:
        print(json.dumps(impairments.stats(info) if not info["reduced"] else {}, indent=2))
    elif options.serving:
        print(json.dumps({pop: misbehaviour.stats(info, pop) for pop in info["pops"]}, indent=2))
    elif options.json:
        print(json.dumps(info, indent=2))
    else:
        kind = "reduced, " if info["reduced"] else ""
        print(f"lab {info['name']}: {kind}{info['state']}, since {info['created']}, one stream is "
              f"{info['stream_bitrate'] / 1e6:.2f} Mbit/s")
        for name, process in info["processes"].items():
            print(f"  {name:24}", f"pid {process['pid']}" if process["pid"] else f"ENDED {process.get('exit_code')}")
        for stream, pops in info["urls"].items():
            for pop, urls in pops.items():
                print(*(f"  {stream} {pop} {url}" for url in urls.values()), sep="\n")
    return 0


def _impair(options: argparse.Namespace) -> None:
    impairments.apply(state.require(options.name), options.words)


def _serve(options: argparse.Namespace) -> None:
    misbehaviour.apply(state.require(options.name), options.words)


def _fault(options: argparse.Namespace) -> None:
    faults.apply(state.require(options.name), options.verb, options.words)


def _timeline(options: argparse.Namespace) -> None:
    info = state.require(options.name)
    if not options.file.is_file():
        raise LabError(f"{options.file}: no such file")
    timeline.play(timeline.load(options.file, info), info, lambda event: print(json.dumps(event), flush=True))


def _exec(options: argparse.Namespace) -> NoReturn:
    info = state.require(options.name)
    node = info["nodes"].get(options.node)
    if node is None:
        raise LabError(f'there is no node "{options.node}"; there are {", ".join(info["nodes"])}')
    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    if not words:
        raise LabError("exec: want NODE -- CMD…")
    me = identity(os.getpid())
    assert me
    # exec keeps pid and start time, so this note is how `lab down` knows the command.
    (Path(info["state_directory"]) / "exec" / f"{me.pid}-{me.start}").touch()
    if node["namespace"]:
        enter_namespace(os.open(f"/run/netns/{node['namespace']}", os.O_RDONLY | os.O_CLOEXEC))
    try:
        os.execvp(words[0], words)
    except OSError as error:
        raise LabError(f"exec: {words[0]}: {error.strerror}") from error
