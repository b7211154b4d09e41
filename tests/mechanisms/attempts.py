"""How the mechanisms of an attempt and of a connection's life are switched off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anywhere_sim.des.environment import Process
from anywhere_sim.exchange.front_end import Claim, FrontEnd
from anywhere_sim.exchange.sessions import Sessions
from anywhere_sim.network import dns, tcp_handshake
from anywhere_sim.network.tcp_connection import ByteStream
from anywhere_sim.outlook import attempt, backoff, rpc_over_http
from anywhere_sim.outlook.attempt import Attempt
from anywhere_sim.outlook.connection_round import ConnectionRound
from anywhere_sim.outlook.notifications import NewMailNotification
from anywhere_sim.rpc.connection import Connection
from anywhere_sim.rpc.framing import Framing
from tests.mechanisms import statements
from tests.mechanisms.ablation import Ablation, in_each
from tests.mechanisms.patching import Patch, Switch, no_process, nothing, put


def _reaches_everybody(*_: object) -> Process:
    yield from ()
    return True


def _answers_every_name(patch: Patch) -> None:
    patch.setattr(
        dns.Resolver,
        "resolve",
        lambda self, talk, internal: talk.packets(dns.QUERY_IP_BYTES, dns.ANSWER_IP_BYTES),
    )


def _forgets_tls_sessions(patch: Patch) -> None:
    handshake = Attempt._handshake

    def forget(self: Attempt, version: Any) -> Process:
        self.client.tls_sessions.clear()
        yield from handshake(self, version)

    patch.setattr(Attempt, "_handshake", forget)


def _no_channels_to_open(patch: Patch) -> None:
    def reserved(
        talk: Any, policy: Any, version: Any, front_end: FrontEnd, claim: Claim, server: Any
    ) -> Process:
        front_end.open_requests(claim, rpc_over_http.CHANNELS)
        yield from ()

    patch.setattr(rpc_over_http, "connect_channels", reserved)


def _middle_boxes_remember(patch: Patch) -> None:
    fall_silent = Connection.fall_silent

    def unless_forgotten(self: Connection, reason: str) -> None:
        if reason != "nat_dropped":
            fall_silent(self, reason)

    patch.setattr(Connection, "fall_silent", unless_forgotten)
    patch.setattr(Connection, "_watch_nat", nothing)


def _answers_pass_whatever_has_been_forgotten(patch: Patch) -> None:
    answered = Connection._send_response

    def as_if_just_used(self: Connection, rpc: Any) -> None:
        self.tcp.last_data_s = self.env.now
        answered(self, rpc)

    patch.setattr(Connection, "_send_response", as_if_just_used)


def _each_message_a_stream(patch: Patch) -> None:
    patch.setattr(ByteStream, "send", lambda self, transfer: self._enter(transfer))


def _gone_without_a_word(patch: Patch) -> None:
    patch.setattr(Connection, "begin_teardown", lambda self: self.die("closed"))


def _no_wait_between_rounds(patch: Patch) -> None:
    for name in backoff.BACKOFFS:
        patch.setitem(backoff.BACKOFFS, name, backoff.no_wait)


def _unless_failed(
    heard: Callable[[NewMailNotification, Any], None],
) -> Callable[[NewMailNotification, Any], None]:
    def listen(self: NewMailNotification, rpc: Any) -> None:
        if not rpc.failed:
            heard(self, rpc)

    return listen


def _deaf_after_a_loss(patch: Patch) -> None:
    for heard in ("_polled", "_woken"):
        patch.setattr(
            NewMailNotification, heard, _unless_failed(getattr(NewMailNotification, heard))
        )


ATTEMPTS: dict[str, Ablation | Switch] = {
    "name resolution: answered, unknown, silent": _answers_every_name,
    "SYN answered, refused, dropped": put(tcp_handshake, "_dropped", tcp_handshake._opened),
    "TLS full or resumed": _forgets_tls_sessions,
    "Basic and NTLM": put(rpc_over_http, "authenticate", no_process),
    "CONN/A, B, C; bind; logon": _no_channels_to_open,
    "channels in series": in_each("groups", "policy__channels_parallel", True),
    "Nagle with delayed acknowledgement": in_each("groups", "policy__nodelay", True),
    "endpoint mapper on 135": statements.no_endpoint_mapper,
    "authenticating proxy": put(rpc_over_http, "_through_proxy", no_process),
    "HTTPS bound of 45 s": put(attempt, "_time_out", nothing),
    "NAT idle time-out against keep-alive": _middle_boxes_remember,
    "an answer through a middle box that has forgotten": _answers_pass_whatever_has_been_forgotten,
    "keep-alives by path": put(attempt, "keep_alive_s", lambda path, policy: policy.keep_alive_s),
    "bytes of keep-alives": put(Connection, "_count_keep_alives", nothing),
    "one stream each way per connection": _each_message_a_stream,
    "closing over a dead line": put(Connection, "close", lambda self: self.die("closed")),
    "taking leave: EcDoDisconnect, end of TCP": _gone_without_a_word,
    "speed rule and threshold": statements.slow_at_the_threshold,
    "path order by check box": statements.check_boxes_ignored,
    "a round ends with its line": put(ConnectionRound, "end", nothing),
    "both ends looked at before a connection stands": put(Attempt, "_check_ends", nothing),
    "the next host reached by front end and proxy": put(
        rpc_over_http, "_reaches", _reaches_everybody
    ),
    "rounds and services": put(ConnectionRound, "_directory", no_process),
    "fallback switch (DisableRpcTcpFallback)": in_each("groups", "policy__tcp_fallback", True),
    "back-off": _no_wait_between_rounds,
    "32 sessions and those that linger": put(Sessions, "held", lambda self, mailbox: 0),
    "first set-up on the local network": statements.set_up_anywhere,
    "new mail: UDP, polling, parked wait": statements.everybody_parks,
    "shared mailboxes: two more connections each": in_each("groups", "shared_mailboxes", 0),
    "RPC compression between ends of 2003 and later": put(
        Framing, "_packed", lambda self, payload: payload
    ),
    "listening again after a lost connection": _deaf_after_a_loss,
}
