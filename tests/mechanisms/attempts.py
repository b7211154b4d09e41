"""How the mechanisms of an attempt and of a connection's life are switched off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import simpy

from anywhere_sim.des.environment import Process
from anywhere_sim.exchange.front_end import Claim
from anywhere_sim.exchange.server import Server
from anywhere_sim.exchange.sessions import Sessions
from anywhere_sim.network.resolver import ANSWER_IP_BYTES, QUERY_IP_BYTES, Resolver
from anywhere_sim.network.tcp_connection import ByteStream, Transfer
from anywhere_sim.network.tcp_exchange import Serve, TcpExchange
from anywhere_sim.outlook.attempt import Attempt
from anywhere_sim.outlook.connection_order import BACKOFFS, no_wait
from anywhere_sim.outlook.connection_round import BESIDE_MAIL, ConnectionRound
from anywhere_sim.outlook.notifications import NewMailNotification
from anywhere_sim.outlook.rpc_over_http import CHANNELS, RpcOverHttp
from anywhere_sim.rpc.call import Framing, Rpc
from anywhere_sim.rpc.connection import Connection
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.scenario.spec import NameBehaviour
from anywhere_sim.simulation.rules import Rules
from anywhere_sim.traces.words import Service
from tests.mechanisms import statements
from tests.mechanisms.ablation import Ablation, exchange, in_each, network, outlook, rpc


class _AnswersEveryName(Resolver):
    def _ask(self, exchange: TcpExchange, answer: NameBehaviour) -> Process:
        return exchange.packets(QUERY_IP_BYTES, ANSWER_IP_BYTES)


class _ForgetsAddresses(Resolver):
    def remembered(self, name: str, now_s: float) -> NameBehaviour | None:
        answer = super().remembered(name, now_s)
        return None if answer == "resolve" else answer


class _ForgetsMisses(Resolver):
    def remembered(self, name: str, now_s: float) -> NameBehaviour | None:
        answer = super().remembered(name, now_s)
        return None if answer == "no_such_name" else answer


class _ForgetsSilence(Resolver):
    def remembered(self, name: str, now_s: float) -> NameBehaviour | None:
        answer = super().remembered(name, now_s)
        return None if answer == "silent" else answer


class _EveryPortOpen(TcpExchange):
    def _dropped(self, channels: int) -> Process:
        return self._opened(channels)


class _EachMessageAStream(ByteStream):
    def send(self, transfer: Transfer) -> None:
        self._enter(transfer)


class _ForgetsTlsSessions(Attempt):
    def _handshake(self, *given: Any) -> Process:
        self.client.tls_sessions.clear()
        yield from super()._handshake(*given)


class _NeverTimesOut(Attempt):
    def _time_out(self, process: simpy.Process | None) -> None:
        """The attempt goes on."""


class _EndsNotChecked(Attempt):
    def _check_ends(self) -> None:
        """Whatever has happened on the way, there is a connection now."""


class _KnownToAll(RpcOverHttp):
    def authenticate(self) -> Process:
        yield from ()


class _NoChannelsToOpen(RpcOverHttp):
    def connect_channels(
        self, claim: Claim, log_on: Serve | None = None, service: Service = "mail"
    ) -> Process:
        self.front_end.open_requests(claim, CHANNELS)
        yield from ()


class _NoProxy(RpcOverHttp):
    def _through_proxy(self) -> Process:
        yield from ()


class _ReachesEverybody(RpcOverHttp):
    def _reaches(self, server: Server, *, passed: bool = True) -> Process:
        yield from ()
        return True


class _GoesOnWithoutItsLine(ConnectionRound):
    def end(self, cause: str) -> None:
        """The round goes on."""


class _NoDirectory(ConnectionRound):
    def _missing(self, service: Service) -> Process:
        if service != BESIDE_MAIL:
            yield from super()._missing(service)


class _MiddleBoxesRemember(Connection):
    def fall_silent(self, reason: str) -> None:
        if reason != "nat_dropped":
            super().fall_silent(reason)

    def _watch_nat(self) -> None:
        """The next keep-alive will find it alive."""


class _AnswersAlwaysPass(Connection):
    def send_response(self, rpc: Rpc) -> None:
        self.tcp.last_data_s = self.env.now
        super().send_response(rpc)


class _KeepAlivesNotCounted(Connection):
    def _count_keep_alives(self) -> None:
        """Keep-alives have no bytes."""


class _ClosedAtOnce(Connection):
    def close(self) -> None:
        self.die("closed")


class _GoneWithoutAWord(Connection):
    def begin_teardown(self) -> None:
        self.die("closed")


class _AllPathsPing(Framing):
    def keep_alive_s(self, policy: Policy) -> float:
        return policy.keep_alive_s


class _NothingPacked(Framing):
    def packed_bytes(self, payload: int) -> int:
        return payload


class _NoSessions(Sessions):
    def held(self, mailbox: str) -> int:
        return 0


class _DeafAfterALoss(NewMailNotification):
    def _polled(self, rpc: Rpc) -> None:
        if not rpc.failed:
            super()._polled(rpc)

    def _woken(self, rpc: Rpc) -> None:
        if not rpc.failed:
            super()._woken(rpc)


def _stages(**classes: type) -> Ablation:
    """Return the ablation in which attempts go through the stages of other classes."""
    return outlook(attempt=type("_OtherStages", (Attempt,), classes))


def _no_wait_between_rounds(given: Rules) -> Rules:
    return replace(given, backoffs=dict.fromkeys([*BACKOFFS, *given.backoffs], no_wait))


ATTEMPTS: dict[str, Ablation] = {
    "name resolution: answered, unknown, silent": network(resolver=_AnswersEveryName),
    "names: an address is kept": network(resolver=_ForgetsAddresses),
    "names: no such name is kept": network(resolver=_ForgetsMisses),
    "names: silence is remembered, by stack": network(resolver=_ForgetsSilence),
    "names: kept where the network changes": in_each("groups", "policy__dns_flush_on_move", True),
    "SYN answered, refused, dropped": network(tcp_exchange=_EveryPortOpen),
    "TLS full or resumed": outlook(attempt=_ForgetsTlsSessions),
    "Basic and NTLM": _stages(rpc_over_http=_KnownToAll),
    "CONN/A, B, C; bind; logon": _stages(rpc_over_http=_NoChannelsToOpen),
    "channels in series": in_each("groups", "policy__channels_parallel", True),
    "Nagle with delayed acknowledgement": in_each("groups", "policy__nodelay", True),
    "endpoint mapper on 135": statements.no_endpoint_mapper,
    "authenticating proxy": _stages(rpc_over_http=_NoProxy),
    "HTTPS bound of 45 s": outlook(attempt=_NeverTimesOut),
    "NAT idle time-out against keep-alive": rpc(connection=_MiddleBoxesRemember),
    "an answer through a middle box that has forgotten": rpc(connection=_AnswersAlwaysPass),
    "keep-alives by path": rpc(framing=_AllPathsPing),
    "bytes of keep-alives": rpc(connection=_KeepAlivesNotCounted),
    "one stream each way per connection": network(byte_stream=_EachMessageAStream),
    "closing over a dead line": rpc(connection=_ClosedAtOnce),
    "taking leave: end of TCP, without a call": rpc(connection=_GoneWithoutAWord),
    "speed rule and threshold": statements.slow_at_the_threshold,
    "path order by check box": statements.check_boxes_ignored,
    "a round ends with its line": outlook(connection_round=_GoesOnWithoutItsLine),
    "both ends looked at before a connection stands": outlook(attempt=_EndsNotChecked),
    "the next host reached by front end and proxy": _stages(rpc_over_http=_ReachesEverybody),
    "rounds and services": outlook(connection_round=_NoDirectory),
    "fallback switch (DisableRpcTcpFallback)": in_each("groups", "policy__tcp_fallback", True),
    "back-off": Ablation(rules=_no_wait_between_rounds),
    "32 sessions and those that linger": exchange(sessions=_NoSessions),
    "first set-up on the local network": statements.set_up_anywhere,
    "new mail: UDP, polling, parked wait": statements.everybody_parks,
    "shared mailboxes: two more connections each": in_each("groups", "shared_mailboxes", 0),
    "RPC compression between ends of 2003 and later": rpc(framing=_NothingPacked),
    "listening again after a lost connection": outlook(notification=_DeafAfterALoss),
}
