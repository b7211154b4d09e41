"""RPC over HTTP(S) stage by stage: the model's own stages beside what was measured on real servers
(real_peers 2.2).
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from anywhere_sim.des.environment import Environment, Process
from anywhere_sim.des.random_streams import Streams
from anywhere_sim.exchange.front_end import Claim, FrontEnd
from anywhere_sim.exchange.server import Directory
from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.network.link import ConstantRate
from anywhere_sim.network.processor_sharing_link import ProcessorSharingLink
from anywhere_sim.network.segmentation import TLS_VERSIONS, Segmentation
from anywhere_sim.network.tcp_connection import TcpComponents
from anywhere_sim.network.tcp_exchange import TcpExchange
from anywhere_sim.network.tcp_model import STACKS, TcpModel
from anywhere_sim.outlook.attempt import BIND
from anywhere_sim.outlook.rpc_over_http import CHANNELS, Heads, RpcOverHttp
from anywhere_sim.rpc import call_types
from anywhere_sim.rpc.components import RpcComponents
from anywhere_sim.scenario.place import Place
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.scenario.server import Server

Bytes = tuple[int, int]
PAGE = 14  # of the measured server's 401; that of IIS has about 2,500 and is the model's default
TCP, TLS, AUTH, CONN, BINDING, CONNECT, LOGON = (
    "TCP connect",
    "TLS",
    "auth rounds",
    "heads, CONN",
    "bind",
    "EcDoConnectEx",
    "RopLogon",
)
AFTER: dict[str, Bytes] = {BINDING: (121, 121), CONNECT: (249, 233), LOGON: (265, 313)}
# measured: round trips to logged on, and payload of both channels up and down per stage
MEASURED: dict[str, tuple[int, dict[str, Bytes]]] = {
    "HTTP, Basic": (
        5,
        {TCP: (0, 0), CONN: (723, 239), BINDING: (72, 68), CONNECT: (196, 180), LOGON: (208, 268)},
    ),
    "HTTPS full, Basic": (7, {TCP: (0, 0), TLS: (982, 5_362), CONN: (818, 338)} | AFTER),
    "HTTPS resumed, Basic": (
        6,
        {TCP: (0, 0), TLS: (1_192, 346), CONN: (818, 338)} | AFTER | {CONNECT: (249, 290)},
    ),
    "HTTPS full, NTLM": (
        9,
        {TCP: (0, 0), TLS: (982, 5_362), AUTH: (1_220, 1_668), CONN: (1_778, 338)} | AFTER,
    ),
}
NTLM_RESUMED = (8, (4_825, 3_019))  # only the sums were noted
TO_C2 = {
    "both channels at once": (Policy(http_auth="basic"), 2.0, "own client, gromox"),
    "channels in series": (
        Policy(http_auth="basic", channels_parallel=False),
        3.2,
        "impacket without Expect, gromox",
    ),
    "in series, Expect: 100-continue": (
        Policy(http_auth="basic", channels_parallel=False, expect_100=True),
        5.2,
        "impacket, openchange proxy with TCP_NODELAY",
    ),
}
NOT_MODELLED = (
    ("in series, head and PDU in two writes under Nagle", 4.0, "Samba's client, gromox"),
    ("in series, Expect, proxy without TCP_NODELAY", 7.1, "impacket, openchange proxy"),
)


class Counted(TcpExchange):
    """A talk that adds up payload and round trips stage by stage."""

    def __init__(self, access_path: AccessPath) -> None:
        super().__init__(access_path, TcpComponents())
        self.payload = {"up": 0, "down": 0}

    def send(self, payload: int, channels: int = 1) -> Process:
        """Count, and send."""
        self.payload["up"] += payload
        yield from super().send(payload, channels)

    def receive(self, payload: int, channels: int = 1) -> Process:
        """Count, and receive."""
        self.payload["down"] += payload
        yield from super().receive(payload, channels)

    def piggyback(self, payload: int, channels: int = 1) -> None:
        """Count what travels with the next message."""
        self.payload["up"] += payload
        super().piggyback(payload, channels)


class MeasuredServer(RpcOverHttp):
    """The stages to a server whose page behind a 401 is that of the measured one."""

    heads = Heads(page=PAGE)


def stages(
    policy: Policy, tls: str, *, resumed: bool, kind: type[RpcOverHttp] = RpcOverHttp
) -> dict[str, tuple[int, int, int]]:
    """Return round trips and payload up and down of each of the model's stages; `tls` is empty for
    plain HTTP.
    """
    env, version = Environment(), TLS_VERSIONS[tls] if tls else None
    place = Place.model_validate({"kind": "lan", "rtt_ms": 50, "jitter_ms": 0, "loss": 0})
    links = (
        ProcessorSharingLink(env, ConstantRate(1.25e6)),
        ProcessorSharingLink(env, ConstantRate(1.25e6)),
    )
    talk = Counted(
        AccessPath(
            env,
            "line",
            "line",
            place,
            Segmentation(TcpModel(STACKS["linux"])),
            links,
            Streams(1, 0).stream("line"),
        )
    )
    front_end = FrontEnd(env, "fe1", Server.model_validate({"role": "front_end"}))
    server = Directory(env, "gc1", Server.model_validate({"role": "directory"}))
    web = kind(talk, front_end, server, policy, version)
    framing = RpcComponents().over_https(version)
    found: dict[str, tuple[int, int, int]] = {}
    claims: list[Claim] = []

    def call(up: int, down: int) -> Process:
        return talk.exchange(framing.request_bytes(up), framing.response_bytes(down))

    def opened() -> Process:
        claims.append((yield from web.open_web()))

    def steps() -> Iterator[tuple[str, Process]]:
        yield TCP, opened()
        if version:
            yield TLS, web.handshake(version, web.at_once, resumed=resumed)
        if web.at_once < CHANNELS:
            yield "second channel", web.second_channel()
        yield AUTH, web.authenticate()
        yield CONN, web.connect_channels(claims[0])
        yield BINDING, call(*BIND)
        yield CONNECT, call(call_types.CONNECT.up_bytes, call_types.CONNECT.down_bytes)
        yield LOGON, call(call_types.LOGON.up_bytes, call_types.LOGON.down_bytes)

    def everything() -> Process:
        for stage, process in steps():
            before = (talk.round_trips, talk.payload["up"], talk.payload["down"])
            yield from process
            after = (talk.round_trips, talk.payload["up"], talk.payload["down"])
            found[stage] = (after[0] - before[0], after[1] - before[1], after[2] - before[2])

    env.process(everything())
    env.run()
    return found


def by_stage() -> pd.DataFrame:
    """Return a row per connection and stage: round trips and bytes of the model and of the real
    servers.
    """
    rows = []
    for name, (measured_trips, measured) in MEASURED.items():
        policy = Policy(http_auth="ntlm" if "NTLM" in name else "basic")
        tls = "tls1.2-ticket" if "HTTPS" in name else ""
        said = stages(policy, tls, resumed="resumed" in name, kind=MeasuredServer)
        rows += [_row(name, stage, said[stage], None, measured[stage]) for stage in measured]
        rows.append(_row(name, "sum", _sum(said), measured_trips, _total(measured)))
    ntlm = Policy(http_auth="ntlm")
    said = stages(ntlm, "tls1.2-ticket", resumed=True, kind=MeasuredServer)
    rows.append(_row("HTTPS resumed, NTLM", "sum", _sum(said), *NTLM_RESUMED))
    return pd.DataFrame(rows)


def to_c2() -> pd.DataFrame:
    """Return round trips up to CONN/C2 with channels at once and in series, with and without
    Expect.
    """
    rows = []
    for name, (policy, measured, peers) in TO_C2.items():
        said = stages(policy, "", resumed=False)
        trips = sum(
            said[stage][0] for stage in (TCP, "second channel", AUTH, CONN) if stage in said
        )
        rows.append(
            {"how": name, "RTT_model": str(trips), "RTT_measured": measured, "peers": peers}
        )
    rows += [
        {"how": name, "RTT_model": "not in the model", "RTT_measured": measured, "peers": peers}
        for name, measured, peers in NOT_MODELLED
    ]
    return pd.DataFrame(rows)


def _sum(said: dict[str, tuple[int, int, int]]) -> tuple[int, int, int]:
    trips, up, down = (sum(values) for values in zip(*said.values(), strict=True))
    return trips, up, down


def _total(measured: dict[str, Bytes]) -> Bytes:
    up, down = (sum(values) for values in zip(*measured.values(), strict=True))
    return up, down


def _row(
    name: str, stage: str, said: tuple[int, int, int], trips: int | None, measured: Bytes
) -> dict[str, object]:
    off = [
        100.0 * (mine / theirs - 1.0) if theirs else 0.0
        for mine, theirs in zip(said[1:], measured, strict=True)
    ]
    return {
        "connection": name,
        "stage": stage,
        "RTT_model": said[0],
        "RTT_measured": "" if trips is None else str(trips),
        "up_model": said[1],
        "up_measured": measured[0],
        "down_model": said[2],
        "down_measured": measured[1],
        "up_off_percent": round(off[0], 1),
        "down_off_percent": round(off[1], 1),
        "within_3_percent": max(map(abs, off)) <= 3.0 and trips in (None, said[0]),
    }
