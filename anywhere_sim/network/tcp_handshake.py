"""The TCP handshake, and what it costs when nobody answers."""

from __future__ import annotations

from typing import Literal

from anywhere_sim.des.environment import Process
from anywhere_sim.network.tcp_exchange import StageFailed, TcpExchange

Answer = Literal["open", "refuse", "drop"]


def connect(exchange: TcpExchange, answer: Answer, channels: int = 1) -> Process:
    """Open TCP connections to one port, `channels` at once; one round trip when it is open.

    Raises StageFailed at once or after the stack's repeats for a refusal, after the SYN schedule
    for silence.
    """
    if answer == "drop":
        yield from _dropped(exchange, channels)
    elif answer == "refuse":
        yield from _refused(exchange, channels)
    else:
        yield from _opened(exchange, channels)


def _opened(exchange: TcpExchange, channels: int) -> Process:
    access_path = exchange.access_path
    if access_path.loss:
        delay_s = access_path.tcp.syn_loss_delay_s(access_path.draws, access_path.loss)
        if delay_s is None:
            yield from _dropped(exchange, channels)
        elif delay_s:
            yield exchange.env.timeout(delay_s)
    exchange.tcp.open()
    up, down, last = access_path.tcp.handshake_bytes()
    yield from exchange.packets(up, down, channels)
    exchange.tcp.up.pending_bytes += channels * access_path.packets.packet_bytes(last)


def _dropped(exchange: TcpExchange, channels: int) -> Process:
    tcp = exchange.access_path.tcp
    begun_s = exchange.env.now
    for next_s in (*tcp.syn_times_s()[1:], tcp.syn_give_up_s()):
        yield from exchange.send_unanswered(tcp.stack.syn_bytes, channels)
        yield exchange.env.timeout(max(0.0, begun_s + next_s - exchange.env.now))
    raise StageFailed("tcp", "silent")


def _refused(exchange: TcpExchange, channels: int) -> Process:
    stack = exchange.access_path.stack
    for repeat in range(stack.reset_retries + 1):
        if repeat:
            yield exchange.env.timeout(stack.reset_retry_gap_s)
        yield from exchange.packets(stack.syn_bytes, stack.header_bytes, channels)
    raise StageFailed("tcp", "refused")
