"""What an attempt says, step by step: the stages of `outlook.RpcOverTcp` and `RpcOverHttp` again,
with their sizes, in bytes that a reader of packets understands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from anywhere_sim.network.segmentation import TLS_VERSIONS, TlsVersion
from anywhere_sim.outlook.attempt import BIND
from anywhere_sim.outlook.base_client import TLS_VERSION
from anywhere_sim.outlook.rpc_over_http import CONTINUE, RpcOverHttp
from anywhere_sim.outlook.rpc_over_tcp import AUTH3_UP, NTLM_BIND, SPNEGO_ALTER, SPNEGO_BIND
from anywhere_sim.packets import http, ntlm, rts, tls
from anywhere_sim.packets.setting import HTTPS_PORT, Setting
from anywhere_sim.packets.stubs import stub_of
from anywhere_sim.rpc import call_types
from anywhere_sim.rpc.call import PDU_HEADER_BYTES, SIGNATURE_DOWN, SIGNATURE_UP
from anywhere_sim.rpc.call_types import CallType

OUT, IN, DIRECT, MAPPER = "out", "in", "rpc", "epm"
CHANNELS = (OUT, IN)
LONG = rts.CHANNEL_LIFETIME_BYTES
PROXY_SIZES = ((180, 400), (260, 600), (560, 120))
PORTAL_SIZES = (300, RpcOverHttp.heads.page)  # assumed in `RpcOverHttp.open_web`
CALLS = (call_types.CONNECT, call_types.LOGON)


@dataclass(slots=True)
class Step:
    """One round trip: messages up, then down, each on a named line; or lines that connect."""

    stage: str
    ups: list[tuple[str, bytes]] = field(default_factory=list)
    downs: list[tuple[str, bytes]] = field(default_factory=list)
    connect: tuple[str, ...] = ()
    proxied: bool = False
    """The proxy answers this one, once it has reached the server."""


def wrapped(pieces: Sequence[bytes], version: TlsVersion | None) -> bytes:
    """Return pieces as they stand on the line: in records of their own, or as they are."""
    if version is None:
        return b"".join(pieces)
    return b"".join(tls.record(version, len(piece), 61 * n) for n, piece in enumerate(pieces))


def call_pieces(
    setting: Setting, call: int, kind: str, pdu_bytes: int, *, response: bool = False
) -> list[bytes]:
    """Return the fragments of a call's PDU on the access path, or of its answer's."""
    framing = setting.framing()
    signature = (SIGNATURE_DOWN if response else SIGNATURE_UP) if framing.signed else 0
    packed = packed_bytes(setting, pdu_bytes)
    sizes = rts.fragment_sizes(packed, signature, framing.fragment_bytes)
    assert min(sizes) >= PDU_HEADER_BYTES + signature, sizes
    return rts.call_pdus(call, stub_of(setting, kind), sizes, signature, response=response)


def packed_bytes(setting: Setting, pdu_bytes: int) -> int:
    """Return the bytes of a PDU once its buffers are compressed."""
    return setting.framing().packed_bytes(pdu_bytes)


class Opening:
    """The steps of an attempt. `resumed`: the TLS session is resumed; `portal`: a hotspot's page
    stands before the front end; `address` is that which the endpoint mapper gives.
    """

    def __init__(
        self, setting: Setting, circuit: rts.VirtualConnection, *, resumed: bool,
        address: bytes, portal: bool = False,
    ) -> None:  # fmt: skip
        self._setting = setting
        self._circuit = circuit
        self._resumed = resumed
        self._address = address
        self._portal = portal
        self._waiting: list[tuple[str, bytes]] = []

    def steps(self) -> Iterator[Step]:
        """Yield the steps from the first connection on; what rides on a later one stands there."""
        for step in self._over_http() if self._setting.http else self._directly():
            if step.ups and self._waiting:
                step.ups[:0] = self._waiting
                self._waiting = []
            yield step

    def _log_on(self, up: str, down: str) -> Iterator[Step]:
        version = self._setting.tls
        for number, kind in enumerate(CALLS, 3):
            pdus = self._call(kind, number)
            yield Step(
                "logon", [(up, wrapped(pdus[0], version))], [(down, wrapped(pdus[1], version))]
            )

    def _call(self, kind: CallType, number: int) -> tuple[list[bytes], list[bytes]]:
        setting = self._setting
        return (
            call_pieces(setting, number, kind.name, kind.up_bytes),
            call_pieces(setting, number, kind.name, kind.down_bytes, response=True),
        )

    # direct

    def _directly(self) -> Iterator[Step]:
        kind = self._setting.kind
        interface, port = kind.interface, str(kind.mapped_port)
        yield Step("tcp", connect=(MAPPER,))
        yield Step("tcp", [(MAPPER, rts.bind(rts.EPM))], [(MAPPER, rts.bind_ack("135"))])
        found = rts.epm_map_answer(interface, kind.mapped_port, self._address)
        yield Step("tcp", [(MAPPER, rts.epm_map(interface))], [(MAPPER, found)])
        yield Step("bind", connect=(DIRECT,))
        for up, down in self._binds(interface, port):
            if down or not self._setting.policy.nodelay:
                yield Step("bind", [(DIRECT, up)], [(DIRECT, down)] if down else [])
            else:
                self._waiting.append((DIRECT, up))
        yield from self._log_on(DIRECT, DIRECT)

    def _binds(self, interface: rts.Interface, port: str) -> list[tuple[bytes, bytes]]:
        plain, accepted = len(rts.bind(interface)), len(rts.bind_ack(port, size=60))
        if self._setting.policy.rpc_auth == "spnego":
            (first, answer), (second, done) = SPNEGO_BIND, SPNEGO_ALTER
            return [
                (
                    rts.bind(interface, ntlm.spnego_first(first - plain - 8), rts.SPNEGO),
                    rts.bind_ack(
                        port, ntlm.spnego_challenge(answer - accepted - 8), rts.SPNEGO, size=60
                    ),
                ),
                (
                    rts.bind(
                        interface, ntlm.spnego_authenticate(second - plain - 8), rts.SPNEGO,
                        alter=True,
                    ),
                    rts.bind_ack("", ntlm.spnego_done(done - 64), rts.SPNEGO, size=56, alter=True),
                ),
            ]  # fmt: skip
        first, answer = NTLM_BIND
        return [
            (
                rts.bind(interface, ntlm.negotiate(first - plain - 8)),
                rts.bind_ack(port, ntlm.challenge(answer - accepted - 8), size=60),
            ),
            (rts.auth3(ntlm.authenticate(AUTH3_UP - 28)), b""),
        ]

    # over HTTP

    def _over_http(self) -> Iterator[Step]:
        setting = self._setting
        parallel, version = setting.policy.channels_parallel, setting.tls
        first = CHANNELS if parallel else (OUT,)
        yield Step("tcp", connect=first)
        if self._portal:
            hello, chain = PORTAL_SIZES
            shown = TLS_VERSIONS[TLS_VERSION]
            yield Step(
                "tcp",
                [(OUT, tls.client_hello(shown, hello, resumed=False))],
                [(OUT, tls.server_flight(shown, chain))],
            )
            return
        if setting.place.web == "proxy":
            for up, down in PROXY_SIZES:
                yield from self._proxied(up, down, CHANNELS if parallel else (OUT, OUT))
        if version:
            yield from self._handshake(version, first, resumed=self._resumed)
        if not parallel:
            yield Step("auth", connect=(IN,))
            if version:
                yield from self._handshake(
                    version, (IN,), resumed=setting.policy.tls_resume, stage="auth"
                )
        yield from self._authenticate()
        yield from self._connect_channels()
        port = setting.kind.port
        yield Step(
            "bind",
            [(IN, wrapped([rts.bind(setting.kind.interface)], version))],
            [(OUT, wrapped([rts.bind_ack(str(port), size=BIND[1])], version))],
        )
        yield from self._log_on(IN, OUT)

    def _proxied(self, up: int, down: int, lines: Sequence[str]) -> Iterator[Step]:
        port = HTTPS_PORT if self._setting.tls else 80
        asked = http.connect(self._setting.host, port, up)
        last = down == PROXY_SIZES[-1][1]
        said = http.answer(
            "200 Connection established" if last else "407 Proxy Authentication Required", down
        )
        yield Step("tcp", [(line, asked) for line in lines], [(line, said) for line in lines])

    def _handshake(
        self, version: TlsVersion, lines: tuple[str, ...], *, resumed: bool, stage: str = "tls"
    ) -> Iterator[Step]:
        if resumed:
            hello, answer, last = version.resumed
            yield Step(
                stage,
                [(line, tls.client_hello(version, hello, resumed=True)) for line in lines],
                [(line, tls.resumed_answer(version, answer)) for line in lines],
            )
            self._waiting += [(line, tls.finished(version, last)) for line in lines]
            return
        hello, chain, key, last = version.full
        yield Step(
            stage,
            [(line, tls.client_hello(version, hello, resumed=False)) for line in lines],
            [(line, tls.server_flight(version, chain)) for line in lines],
        )
        yield Step(
            stage,
            [(line, tls.key_flight(version, key)) for line in lines],
            [(line, tls.finished(version, last)) for line in lines],
        )

    def _head(self, line: str, size: int, length: int, token: str = "") -> bytes:
        setting, verb = self._setting, f"RPC_{line.upper()}_DATA"
        return http.rpc_request(
            verb, setting.behind, setting.kind.port, setting.host, size, length, token
        )

    def _authenticate(self) -> Iterator[Step]:
        setting, heads = self._setting, RpcOverHttp.heads
        if setting.policy.http_auth == "basic":
            return
        version = setting.tls
        rounds = (
            (heads.plain, heads.unauthorised, "", "NTLM"),
            (
                (heads.ntlm_first, heads.ntlm_first),
                heads.unauthorised + heads.challenge,
                http.ntlm_token("negotiate", 32),
                http.ntlm_token("challenge", 120),
            ),
        )
        for requests, answer, token, asked in rounds:
            page = http.unauthorised(answer, heads.page, asked)
            yield Step(
                "auth",
                [
                    (line, wrapped([self._head(line, size, 0, token)], version))
                    for line, size in zip(CHANNELS, requests, strict=True)
                ],
                [(line, wrapped([page], version)) for line in CHANNELS],
            )

    def _connect_channels(self) -> Iterator[Step]:
        setting, heads, circuit = self._setting, RpcOverHttp.heads, self._circuit
        version, policy = setting.tls, setting.policy
        basic = policy.http_auth == "basic"
        token = http.basic() if basic else http.ntlm_token("authenticate", 400)
        sizes = heads.basic if basic else heads.ntlm_last
        first = {OUT: circuit.conn_a1(), IN: circuit.conn_b1()}
        lengths = {OUT: len(first[OUT]), IN: LONG}
        made = {
            line: self._head(line, size, lengths[line], token)
            for line, size in zip(CHANNELS, sizes, strict=True)
        }
        if policy.expect_100:
            go_on = http.head("HTTP/1.1 100 Continue", [], CONTINUE, "Date")
            for lines in (CHANNELS,) if policy.channels_parallel else ((OUT,), (IN,)):
                yield Step(
                    "conn",
                    [(line, wrapped([made[line]], version)) for line in lines],
                    [(line, wrapped([go_on], version)) for line in lines],
                )
            ups = [(line, wrapped([first[line]], version)) for line in CHANNELS]
        else:
            ups = [(line, wrapped([made[line] + first[line]], version)) for line in CHANNELS]
        pdus = circuit.conn_a3() + circuit.conn_c()
        answer = wrapped([http.success(heads.answer, LONG), pdus], version)
        yield Step("conn", ups, [(OUT, answer)], proxied=True)
