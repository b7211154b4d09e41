"""The TCP handshake, and what it costs when nobody answers."""

from __future__ import annotations

from typing import Literal

from anywhere_sim.des.environment import Process
from anywhere_sim.network.talk import StageFailed, Talk

Answer = Literal["open", "refuse", "drop"]


def connect(talk: Talk, answer: Answer, channels: int = 1) -> Process:
    """Open TCP connections to one port, `channels` at once; one round trip when it is open.

    Raises StageFailed at once or after the stack's repeats for a refusal, after the SYN schedule for silence.
    """
    if answer == "drop":
        yield from _dropped(talk, channels)
    elif answer == "refuse":
        yield from _refused(talk, channels)
    else:
        yield from _opened(talk, channels)


def _opened(talk: Talk, channels: int) -> Process:
    access_path = talk.access_path
    if access_path.loss:
        delay_s = access_path.tcp.syn_loss_delay_s(access_path.draws, access_path.loss)
        if delay_s is None:
            yield from _dropped(talk, channels)
        elif delay_s:
            yield talk.env.timeout(delay_s)
    talk.begin_connection()
    up, down, last = access_path.tcp.handshake_bytes()
    yield from talk.packets(up, down, channels)
    talk.meter.owed_up += channels * access_path.packets.packet_bytes(last)


def _dropped(talk: Talk, channels: int) -> Process:
    tcp = talk.access_path.tcp
    begun_s = talk.env.now
    for next_s in (*tcp.syn_times_s()[1:], tcp.syn_give_up_s()):
        yield from talk.send_in_vain(tcp.stack.syn_bytes, channels)
        yield talk.env.timeout(max(0.0, begun_s + next_s - talk.env.now))
    raise StageFailed("tcp", "silent")


def _refused(talk: Talk, channels: int) -> Process:
    stack = talk.access_path.stack
    for repeat in range(stack.reset_retries + 1):
        if repeat:
            yield talk.env.timeout(stack.reset_retry_gap_s)
        yield from talk.packets(stack.syn_bytes, stack.header_bytes, channels)
    raise StageFailed("tcp", "refused")
