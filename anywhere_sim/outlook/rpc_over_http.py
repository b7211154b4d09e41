"""The stages of an RPC connection over HTTP(S), as measured on real peers (real_peers 2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import inf
from typing import Annotated, ClassVar

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Process
from anywhere_sim.exchange.front_end import Claim, FrontEnd
from anywhere_sim.exchange.server import Server
from anywhere_sim.network.segmentation import TlsVersion
from anywhere_sim.network.tcp_exchange import Answer, Serve, StageFailed, TcpExchange
from anywhere_sim.network.tcp_model import STACKS, TcpModel
from anywhere_sim.rpc.path_kinds import PATH_KINDS
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.scenario.sources import assumed
from anywhere_sim.traces.words import Service

CONN_A1, CONN_B1, CONN_A3, CONN_C2 = 76, 104, 28, 44  # facts 2.2
RPC_ERROR_BYTES: Annotated[
    int,
    assumed("head and page with which the proxy says that the server does not answer", 100, 3_000),
] = 400
CHANNELS = PATH_KINDS["https"].channels
BETWEEN_HOSTS = TcpModel(STACKS["windows-vista"])  # TCP of front ends and web proxies
BOTH = (CHANNELS, CHANNELS)
CONTINUE = 25  # "HTTP/1.1 100 Continue" and two line ends


@dataclass(frozen=True, slots=True)
class Heads:
    """Bytes of HTTP heads and of the page behind a 401 (real_peers 2.2; the page of IIS: KB
    817322).
    """

    plain: tuple[int, int] = (215, 216)
    basic: tuple[int, int] = (268, 275)
    ntlm_first: int = 296
    ntlm_last: tuple[int, int] = (752, 759)
    answer: int = 167
    unauthorised: int = 267
    challenge: int = 169
    page: int = 2_500


@mypyc_attr(allow_interpreted_subclasses=True)
class RpcOverHttp:
    """The stages on one exchange with a front end, in the order of the methods.

    `server` is the one behind the front end, `version` that of TLS, None in the clear.
    """

    heads: ClassVar[Heads] = Heads()

    def __init__(
        self,
        exchange: TcpExchange,
        front_end: FrontEnd,
        server: Server,
        policy: Policy,
        version: TlsVersion | None,
    ) -> None:
        self.exchange = exchange
        self.front_end = front_end
        self.server = server
        self.policy = policy
        self.version = version

    @property
    def at_once(self) -> int:
        """How many channels are opened together: both, or one after the other."""
        return CHANNELS if self.policy.channels_parallel else 1

    def open_web(self) -> Process:
        """Reach the front end's port: through the place's proxy, or into its portal; the value is
        the Claim to what is open now.

        Raises StageFailed when the place has no web access, a portal stands before it, or the
        server does not listen or has no memory.
        """
        exchange, access_path = self.exchange, self.exchange.access_path
        web = access_path.place.web
        if web == "none":
            yield from exchange.connect("drop", self.at_once)
        stands_before = web == "proxy" or (web == "portal" and not access_path.opened_portal)
        yield from exchange.connect("open" if stands_before else self._answer(), self.at_once)
        if web == "proxy":
            yield from self._through_proxy()
        if web == "portal" and not access_path.opened_portal:
            yield from exchange.exchange(300, self.heads.page)
            raise StageFailed("portal", "foreign certificate")
        self._check_listening()
        if self._answer() == "refuse":
            raise StageFailed("tcp", "refused")
        return self.front_end.accept(CHANNELS)

    def _answer(self) -> Answer:
        """Return what a SYN meets at the front end."""
        front_end = self.front_end
        if not front_end.is_running:
            return "drop" if front_end.silent else "refuse"
        if front_end.has_memory(CHANNELS):
            return "open"
        front_end.rejected += 1
        return "refuse"

    def _through_proxy(self) -> Process:
        """CONNECT through an authenticating proxy: refused once, then NTLM in two more rounds
        (three in all).

        The proxy connects to the front end in the last one. Raises StageFailed when that leads
        nowhere: the client gets an error page.
        """
        exchange = self.exchange
        for up, down in ((180, 400), (260, 600)):  # assumed sizes, heads as in real_peers 2.2
            yield from exchange.exchange(CHANNELS * up, CHANNELS * down, channels=BOTH)
        yield from exchange.send(CHANNELS * 560, CHANNELS)
        there = yield from self._reaches(self.front_end)
        yield from exchange.receive(CHANNELS * 120, CHANNELS)
        exchange.round_trips += 1
        if not there:
            raise StageFailed("proxy", "gateway error")

    def _reaches(self, server: Server, *, passed: bool = True) -> Process:
        """Let a host on the way connect to the next one; the value is whether it could, after its
        own SYN schedule where nobody answers or what lies between drops it (`passed`).
        """
        if server.silent or not passed:
            yield self.exchange.env.timeout(BETWEEN_HOSTS.syn_give_up_s())
        return server.is_running and passed

    def _check_listening(self) -> None:
        if not self.front_end.is_running:
            raise StageFailed("tcp", "silent" if self.front_end.silent else "refused")

    def second_channel(self) -> Process:
        """Open the second channel after the first; its handshake can resume the session that the
        first has made.
        """
        yield from self.exchange.connect(self._answer())
        if self.version:
            yield from self.handshake(self.version, 1, resumed=self.policy.tls_resume)

    def handshake(self, version: TlsVersion, channels: int, *, resumed: bool) -> Process:
        """Do the TLS handshakes of channels opened together: two round trips in full, one
        resumed.
        """
        exchange, front_end = self.exchange, self.front_end
        full = 0 if resumed else channels

        def serve(done: object) -> None:
            front_end.handshake(full, channels - full, done)  # type: ignore[arg-type]

        self._check_listening()
        if resumed:
            first, answer, last = version.resumed
            yield from exchange.exchange(
                channels * first, channels * answer, serve, (channels, channels)
            )
            exchange.piggyback(channels * last, channels)
            return
        hello, certificates, key, finished = version.full
        yield from exchange.exchange(
            channels * hello, channels * certificates, channels=(channels, channels)
        )
        self._check_listening()
        yield from exchange.exchange(
            channels * key, channels * finished, serve, (channels, channels)
        )

    def check_certificate(self) -> None:
        """Compare the name in the front end's certificate, where the policy says so (flag 0x4).

        Raises StageFailed when it is another one.
        """
        if not self.policy.accepts(self.front_end.name, self.front_end.spec.certificate):
            raise StageFailed("tls", "another name")

    def authenticate(self) -> Process:
        """The rounds before the request itself: none for Basic sent first, two for NTLM."""
        if self.policy.http_auth == "basic":
            return
        heads, version = self.heads, self.version
        rounds = (
            (heads.plain, (heads.unauthorised, heads.page)),
            (
                (heads.ntlm_first, heads.ntlm_first),
                (heads.unauthorised + heads.challenge, heads.page),
            ),
        )
        for requests, answer in rounds:
            self._check_listening()
            up = sum(_record(version, head) for head in requests)
            down = CHANNELS * _record(version, sum(answer))
            yield from self.exchange.exchange(up, down, channels=BOTH)

    def connect_channels(
        self, claim: Claim, log_on: Serve | None = None, service: Service = "mail"
    ) -> Process:
        """Send both heads with CONN/A1 and B1; the front end checks the credentials in them
        (`log_on`) and connects to the server, A3 and C2 come back.

        A client that expects "100 Continue" sends the heads first, together or channel by channel,
        and waits for it. Raises StageFailed after a 503 when the front end's queue or its ports are
        full, or when it does not reach the server (facts 2.1).
        """
        exchange, front_end, version = self.exchange, self.front_end, self.version
        self._check_listening()
        out_head, in_head = (
            self.heads.basic if self.policy.http_auth == "basic" else self.heads.ntlm_last
        )
        up = _record(version, out_head + CONN_A1) + _record(version, in_head + CONN_B1)
        if self.policy.expect_100:
            up = _record(version, CONN_A1) + _record(version, CONN_B1)
            parallel = self.policy.channels_parallel
            together = ((out_head, in_head),) if parallel else ((out_head,), (in_head,))
            for heads in together:
                yield from exchange.exchange(
                    sum(_record(version, head) for head in heads),
                    len(heads) * _record(version, CONTINUE),
                    channels=(len(heads), len(heads)),
                )
        relayed = front_end.relay_answers()
        if relayed == "refused":
            yield from exchange.exchange(up, _record(version, 320), channels=(CHANNELS, 1))
            raise StageFailed("conn", "relay")
        full = front_end.admits(CHANNELS)
        if full:
            front_end.rejected += 1
            yield from exchange.exchange(up, _record(version, 320), channels=(CHANNELS, 1))
            raise StageFailed("conn", f"503 {full}")
        front_end.open_requests(claim, CHANNELS)
        yield from exchange.send(up, CHANNELS)
        if relayed == "held":
            yield exchange.env.event()  # nothing comes until the client's own bound
        if log_on is not None:
            yield from exchange.wait_for(log_on, inf)
        tls_bytes = up if version else 0
        yield from exchange.wait_for(lambda done: front_end.handle(1, tls_bytes, done), inf)
        there = yield from self._reaches(self.server, passed=front_end.reaches(service))
        if there and front_end.detour_s:  # a connection behind, and CONN/B1 with its answer
            behind_s = 2.0 * front_end.spec.backend_delay_ms / 1000.0
            yield exchange.env.timeout(behind_s + front_end.detour_s)
        yield from exchange.receive(
            _record(version, self.heads.answer)
            + _record(version, CONN_A3 + CONN_C2 if there else RPC_ERROR_BYTES)
        )
        exchange.tcp.use_separate_connections()
        exchange.round_trips += 1
        if not there:
            raise StageFailed("conn", "back end away")


@cache
def _record(version: TlsVersion | None, payload: int) -> int:
    return version.record_bytes(payload) if version else payload
