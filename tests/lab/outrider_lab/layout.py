"""What a lab consists of: nodes, links, addresses, ports and URLs. Pure data; nothing is created here.

Each lab has a slot: a /21 of 198.18.0.0/15 (RFC 2544), so that 64 labs can exist side by side. Inside it

    .0.1         origin             every node has one address (on its loopback device); links are
    .0.16 …      POPs               unnumbered and carry routes to the single address at the other end
    .0.128 …     vantages
    .4.0/22      management: a /30 per vantage, host first
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass, field

from .errors import LabError

SLOTS = 64
PROTOCOLS = ("flv", "rtmp", "hls", "srt", "udp")
_NETWORK = ipaddress.ip_network("198.18.0.0/15")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,11}")  # a node's name is also a device's name (15 characters)
_RESERVED = {"origin", "all", "lo", "mgmt"}


@dataclass(frozen=True)
class Node:
    name: str
    kind: str                 # origin, pop or vantage
    address: str
    namespace: str | None     # None in a reduced lab
    ports: dict[str, int] = field(default_factory=dict)
    mgmt_address: str | None = None       # of a vantage
    host_mgmt_address: str | None = None  # of the host, as that vantage sees it
    host_device: str | None = None        # the host's end of the management pair


@dataclass(frozen=True)
class Link:
    """`upstream` and `downstream` are nodes; the down direction leads towards the viewer."""

    name: str
    kind: str                 # backbone or path
    upstream: str
    downstream: str
    delay_ms: float           # one way
    via: str | None = None    # the uplink of the vantage, which its paths share


@dataclass(frozen=True)
class Layout:
    name: str
    slot: int
    reduced: bool
    streams: list[str]
    protocols: list[str]
    origin: Node
    pops: list[Node]
    vantages: list[Node]
    links: list[Link]

    @property
    def nodes(self) -> list[Node]:
        return [self.origin, *self.pops, *self.vantages]

    def url(self, stream: str, pop: Node, protocol: str, vantage: Node) -> str:
        """Where a viewer at `vantage` finds `stream` of `pop`. SRT and UDP differ from vantage to vantage."""
        port = pop.ports.get(protocol, 0)
        if protocol == "flv":
            return f"http://{pop.address}:{port}/live/{stream}.flv"
        if protocol == "rtmp":
            return f"rtmp://{pop.address}:{port}/live/{stream}"
        if protocol == "hls":
            return f"http://{pop.address}:{port}/hls/{stream}.m3u8"
        port = self.ts_port(stream, pop, protocol, vantage)
        return f"srt://{pop.address}:{port}" if protocol == "srt" else f"udp://{vantage.address}:{port}"

    def ts_port(self, stream: str, pop: Node, protocol: str, vantage: Node) -> int:
        """A port for one stream of one POP to one vantage: a listener serves a single SRT caller."""
        index = self.streams.index(stream) * len(self.vantages) + self.vantages.index(vantage)
        if protocol == "srt":
            return pop.ports["srt"] + index
        return pop.ports["udp"] + self.pops.index(pop) * 64 + index


def check_names(what: str, names: list[str]) -> None:
    """Refuses what cannot be a name of a node or stream, and names given twice."""
    for name in names:
        if not _NAME.fullmatch(name) or name in _RESERVED:
            raise LabError(f'{what}: want at most 12 of a-z, 0-9 and "-", not {"/".join(sorted(_RESERVED))}; got "{name}"')
    if not names or len(set(names)) != len(names):
        raise LabError(f"{what}: want one or more different names, got {','.join(names) or 'none'}")


def make_layout(name: str, slot: int, pops: list[str], vantages: list[str], streams: list[str],
                protocols: list[str], reduced: bool) -> Layout:
    """The layout of a lab; in a reduced one every node is on loopback, with ports that are free now."""
    base = int(_NETWORK.network_address) + slot * 2048

    def at(offset: int) -> str:
        return "127.0.0.1" if reduced else str(ipaddress.ip_address(base + offset))

    def namespace(node: str) -> str | None:
        return None if reduced else f"orl-{name}-{node}"

    def ports(fixed: dict[str, int]) -> dict[str, int]:
        return {key: _free_port() for key in fixed} if reduced else fixed

    origin = Node("origin", "origin", at(1), namespace("origin"), ports({"rtmp": 1935}))
    pop_ports = {"flv": 8080, "rtmp": 1935, "hls": 8088, "srt": 9000, "udp": 20000}
    pop_nodes = [Node(p, "pop", at(16 + i), namespace(p), ports(pop_ports)) for i, p in enumerate(pops)]
    vantage_nodes = [
        Node(v, "vantage", at(128 + i), namespace(v), {}, at(1024 + 4 * i + 2), at(1024 + 4 * i + 1),
             None if reduced else f"orl{slot}m{i}") for i, v in enumerate(vantages)]
    links = [] if reduced else [
        *(Link(f"backbone-{p}", "backbone", "origin", p, 2) for p in pops),
        *(Link(f"path-{v}-{p}", "path", p, v, 5, f"uplink-{v}") for v in vantages for p in pops)]
    return Layout(name, slot, reduced, streams, protocols, origin, pop_nodes, vantage_nodes, links)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
