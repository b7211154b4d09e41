"""Who talks to whom in a capture: addresses, ports, and what a scenario says of one mailbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from anywhere_sim.network.segmentation import TLS_VERSIONS, Segmentation, TlsVersion
from anywhere_sim.network.tcp_model import STACKS, TcpModel
from anywhere_sim.outlook.base_client import TLS_VERSION
from anywhere_sim.packets import rts
from anywhere_sim.packets.capture import Host, Line
from anywhere_sim.rpc.call import Framing
from anywhere_sim.rpc.components import RpcComponents
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.group import Group
from anywhere_sim.scenario.place import Place
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.scenario.server import Server
from anywhere_sim.traces.words import Service

EPHEMERAL_PORTS = (49_152, 65_535)
DNS_PORT, EPM_PORT, HTTP_PORT, HTTPS_PORT, PROXY_PORT = 53, 135, 80, 443, 8_080


@dataclass(frozen=True, slots=True)
class ServiceKind:
    """A service as Wireshark knows it: its interface, its port behind the proxy (facts 2.1), and
    the port that the endpoint mapper gives.
    """

    interface: rts.Interface
    port: int
    mapped_port: int


SERVICES: Mapping[Service, ServiceKind] = {
    "mail": ServiceKind(rts.EMSMDB, 6_001, 49_200),
    "public": ServiceKind(rts.EMSMDB, 6_001, 49_200),
    "referral": ServiceKind(rts.RFR, 6_002, 49_202),
    "directory": ServiceKind(rts.NSPI, 6_004, 49_201),
}


class Addresses:
    """Gives every client, place and server its address, and every line its ports."""

    def __init__(self, scenario: Scenario) -> None:
        self._places = {name: number for number, name in enumerate(sorted(scenario.places), 1)}
        self._servers = {name: number for number, name in enumerate(sorted(scenario.servers), 1)}
        self._clients: dict[str, int] = {}
        self._ports: defaultdict[bytes, int] = defaultdict(lambda: EPHEMERAL_PORTS[0] - 1)

    def client(self, mailbox: str, place: str) -> bytes:
        """Return a client's address at a place: 10.PLACE.x.y."""
        number = self._clients.setdefault(mailbox, len(self._clients) + 1)
        return bytes((10, self._places.get(place, 0) % 256, number // 254 % 256, number % 254 + 1))

    def server(self, name: str) -> bytes:
        """Return a server's address: 192.0.2.x (RFC 5737)."""
        return bytes((192, 0, 2, self._servers.get(name, 0) % 254 + 1))

    def at_place(self, place: str, last: int) -> bytes:
        """Return the address of a host at a place: its resolver, its web proxy."""
        return bytes((10, self._places.get(place, 0) % 256, 255, last))

    def line(self, client: bytes, server: bytes, port: int, *, udp: bool = False) -> Line:
        """Return a new line from the client's next port."""
        low, high = EPHEMERAL_PORTS
        self._ports[client] = number = self._ports[client] + 1
        return Line(Host(client, low + (number - low) % (high - low + 1)), Host(server, port), udp)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a scenario says of the connections of one mailbox at one place, on one path."""

    scenario: Scenario
    mailbox: str
    group: Group
    place_name: str
    place: Place
    service: Service
    path: str
    host: str
    """The server at the far end of the line."""
    tls: TlsVersion | None

    @classmethod
    def of(cls, scenario: Scenario, mailbox: str, place: str, service: Service, path: str,
           host: str = "", ports: str = "") -> Setting:  # fmt: skip
        """Return the setting of a row of `attempts` (with its `ports`) or `connections`."""
        group = scenario.groups[mailbox.rpartition("/")[0]]
        if not host:
            front_ends = scenario.servers_of(group, "front_end")
            host = front_ends[0] if path == "https" and front_ends else ""
        host = host or group.server
        plain = scenario.servers[host].plain_http and not group.policy.ssl_only
        if ports:
            plain = "443" not in ports.split("-")
        tls = TLS_VERSIONS[TLS_VERSION] if path == "https" and not plain else None
        return cls(
            scenario, mailbox, group, place, scenario.places[place], service, path, host, tls
        )

    @property
    def policy(self) -> Policy:
        """The policy of the mailbox's group."""
        return self.group.policy

    @property
    def http(self) -> bool:
        """Whether calls travel in requests of HTTP."""
        return self.path == "https"

    @property
    def rtt_s(self) -> float:
        """The round-trip time of the place, without queues."""
        return self.place.rtt_ms / 1_000.0

    @property
    def kind(self) -> ServiceKind:
        """The service as Wireshark knows it."""
        return SERVICES[self.service]

    @property
    def behind(self) -> str:
        """The name of the server that has the service."""
        directories = self.scenario.servers_of(self.group, "directory")
        return directories[0] if self.service == "directory" and directories else self.group.server

    def packets(self) -> Segmentation:
        """Return how this client's TCP cuts bytes into packets here, as `network.Topology` does."""
        stack = STACKS[self.group.network_stack]
        largest_bytes = self.place.mtu_bytes - stack.header_bytes
        if largest_bytes < stack.segment_bytes:
            stack = stack.with_(segment_bytes=largest_bytes)
        return Segmentation(TcpModel(stack), self.place.tunnel_bytes)

    def framing(self) -> Framing:
        """Return what the path wraps around calls, as `outlook.BaseClient` does."""
        server: Server = self.scenario.servers[self.behind]
        compress = self.group.version.year >= 2003 and server.year >= 2003
        compressed_to = self.policy.rpc_compressed_to if compress else 1.0
        if self.http:
            return RpcComponents().over_https(self.tls, compressed_to)
        return RpcComponents().directly(compressed_to)
