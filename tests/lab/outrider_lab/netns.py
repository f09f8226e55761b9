"""Network namespaces, devices and routes, made with iproute2."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path
from typing import Iterator, Sequence

from .errors import LabError
from .layout import Layout, Node
from .processes import Identity, end, enter_namespace, identity

# No metrics are saved, so that a connection does not inherit what an earlier fault taught the kernel about a path.
_SYSCTLS = {
    "net/ipv4/ip_forward": "0",
    "net/ipv4/tcp_no_metrics_save": "1",
    "net/ipv4/conf/all/rp_filter": "0",
    "net/ipv4/conf/default/rp_filter": "0",
    "net/ipv6/conf/all/disable_ipv6": "1",
    "net/ipv6/conf/default/disable_ipv6": "1",
}


def path(namespace: str) -> str:
    return f"/run/netns/{namespace}"


@contextlib.contextmanager
def inside(namespace: str | None) -> Iterator[None]:
    """The calling thread is in `namespace` for the body; sockets made there belong to it for good."""
    if namespace is None:
        yield
        return
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        target = os.open(path(namespace), os.O_RDONLY | os.O_CLOEXEC)
        try:
            enter_namespace(target)
        finally:
            os.close(target)
        try:
            yield
        finally:
            enter_namespace(home)
    finally:
        os.close(home)


def usable_congestion(wanted: str | None) -> str:
    """The congestion control for all nodes: `wanted` if the host allows it to namespaces, else LabError.

    Without a wish it is cubic, which most servers run, or, where the host allows that to no namespace, reno, which
    every kernel does: both stand for the loss-driven senders that the Mathis limit of a lossy path is about.
    """
    allowed = Path("/proc/sys/net/ipv4/tcp_allowed_congestion_control").read_text().split()
    if wanted and wanted not in allowed:
        raise LabError(f"--congestion: want one of {', '.join(allowed)} (net.ipv4.tcp_allowed_congestion_control of the "
                       f"host), got {wanted}")
    return wanted or ("cubic" if "cubic" in allowed else "reno")


def create(layout: Layout, congestion: str) -> None:
    """All namespaces with loopback and node address, and the management pairs. LabError if one exists."""
    for node in layout.nodes:
        assert node.namespace
        _ip(["netns", "add", node.namespace])
        with inside(node.namespace):
            for key, value in {**_SYSCTLS, "net/ipv4/tcp_congestion_control": congestion}.items():
                with contextlib.suppress(FileNotFoundError):  # a kernel without IPv6, for instance
                    Path("/proc/sys", key).write_text(value)
        _batch(node.namespace, [f"addr add {node.address}/32 dev lo", "link set lo up"])
    for node in layout.vantages:
        _ip(["link", "add", node.host_device or "", "type", "veth", "peer", "name", "mgmt", "netns", node.namespace or ""])
        _batch(node.namespace, [f"addr add {node.mgmt_address}/30 dev mgmt", "link set mgmt up"])
        _batch(None, [f"addr add {node.host_mgmt_address}/30 dev {node.host_device}", f"link set {node.host_device} up"])


def connect(layout: Layout) -> None:
    """Brings up the emulator's devices and routes each node to its neighbours over them."""
    by_name = {node.name: node for node in layout.nodes}
    for link in layout.links:
        ends = by_name[link.upstream], by_name[link.downstream]
        for here, there in (ends, ends[::-1]):
            # A TUN device is named after the node at its other end.
            _batch(here.namespace, [f"link set {there.name} up",
                                    f"route add {there.address}/32 dev {there.name} src {here.address}"])


def remove(namespaces: Sequence[str], host_devices: Sequence[str]) -> None:
    """Ends what still runs in the namespaces and removes them and the devices; what is gone already is fine."""
    known = [name for name in namespaces if os.path.exists(path(name))]
    end([who for name in known for who in _members(name)])
    for device in host_devices:
        if os.path.exists(f"/sys/class/net/{device}"):
            subprocess.run(["ip", "link", "del", device], capture_output=True, check=False)
    for name in known:
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def address_in_use(node: Node) -> bool:
    """Whether the host has this management address already: the leftover of another lab."""
    shown = subprocess.run(["ip", "-o", "addr", "show", "to", f"{node.host_mgmt_address}/32"], capture_output=True,
                           text=True, check=False)
    return bool(shown.stdout.strip())


def _members(namespace: str) -> list[Identity]:
    listed = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True, check=False)
    return [who for pid in listed.stdout.split() if int(pid) != os.getpid() and (who := identity(int(pid)))]


def _ip(arguments: Sequence[str]) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


def _batch(namespace: str | None, lines: Sequence[str]) -> None:
    where = ["-n", namespace] if namespace else []
    done = subprocess.run(["ip", *where, "-batch", "-"], input="\n".join(lines) + "\n", capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise LabError(f"ip {' '.join(where)}: {'; '.join(lines)}: {done.stderr.strip()}")
