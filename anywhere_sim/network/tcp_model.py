"""Bytes and time on the wire: headers, acknowledgements, handshakes, slow start, resends. The one place for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil, inf, log
from typing import Any

from anywhere_sim.des.random_streams import Stream


@dataclass(frozen=True, slots=True)
class Stack:
    """A host's network stack by name.

    `syn_timeouts_s` are the waits after each SYN (facts 1.3: 3, 6, 12 s on Windows XP); `reset_retries` repeats of a SYN that
    was refused, `reset_retry_gap_s` apart (U); `dns_timeouts_s` the resolver's waits (facts 1.3); `data_resends` how often
    data is sent again before the connection is given up, doubling. `min_deviation_s` is what a time-out lies above the round trip at least.
    `cwnd_growth` is by how many segments the window grows in slow start for each one acknowledged: 0.5 where acknowledgements are
    counted, one for two segments (RFC 5681 3.1), 1 where bytes are (RFC 3465). `quick_acks`: a new connection acknowledges at once until it answers.
    `restarts_after_idle`: slow start begins anew after a rest (RFC 5681 4.1).
    """

    name: str
    header_bytes: int
    segment_bytes: int
    syn_bytes: int
    syn_timeouts_s: tuple[float, ...]
    reset_retries: int
    reset_retry_gap_s: float
    initial_window_segments: int
    receive_window_bytes: int
    delayed_ack_s: float
    data_resends: int
    min_rto_s: float
    max_rto_s: float
    dns_timeouts_s: tuple[float, ...]
    min_deviation_s: float = 0.0
    cwnd_growth: float = 0.5
    quick_acks: bool = False
    restarts_after_idle: bool = False

    def with_(self, **changes: Any) -> Stack:
        """Return a variation."""
        return replace(self, **changes)


# Windows: no time stamps, so 40 B of headers, 1,460 B segments, SYN of 48 B (options 8). Linux: 52, 1,448, 60 (performance 7).
# Receive windows: XP 17,520 B (12 segments), Vista scales to 262,144 (U), Linux to 3 MB. Data resends: TcpMaxDataRetransmissions 5;
# Linux 15. First window, delay of acknowledgements, least time-out and no restart of Windows: what Get-NetTCPSetting shows for the template Compat, made for
# the behaviour of before 2012 (so assumed for XP and Vista); that it counts acknowledgements is assumed (U). Linux: measured (docs/verify-network.md).
# Most retransmission time-outs: 240 s on Windows (U), 120 s on Linux, which adds 0.2 s at least to the round trip.
STACKS: Mapping[str, Stack] = {
    "windows-xp": Stack("windows-xp", 40, 1460, 48, (3.0, 6.0, 12.0), 2, 0.5, 2, 17_520, 0.2, 5, 0.3, 240.0, (1.0, 1.0, 2.0, 4.0, 7.0)),
    "windows-vista": Stack("windows-vista", 40, 1460, 52, (3.0, 6.0, 12.0), 2, 0.5, 2, 262_144, 0.2, 5, 0.3, 240.0, (1.0, 1.0, 2.0, 4.0, 4.0)),
    "linux": Stack("linux", 52, 1448, 60, (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0), 0, 0.0, 10, 3_145_728, 0.04, 15, 0.2, 120.0, (5.0, 5.0), 0.2, 1.0, True, True),
}  # fmt: skip


def segments(payload_bytes: int, stack: Stack) -> int:
    """Return how many segments carry a payload."""
    return -(-payload_bytes // stack.segment_bytes)


def ip_bytes(payload_bytes: int, stack: Stack) -> int:
    """Return the IP bytes of a payload: itself and a header per segment."""
    return payload_bytes + segments(payload_bytes, stack) * stack.header_bytes


def ack_bytes_in_flight(payload_bytes: int, stack: Stack) -> int:
    """Return how many acknowledgements are sent while it is on its way: one per two segments (RFC 1122 4.2.3.2), the last segments aside."""
    return max(0, segments(payload_bytes, stack) - 1) // 2


def connect_bytes(stack: Stack) -> tuple[int, int, int]:
    """Return the IP bytes of SYN, SYN+ACK and the ACK that ends the handshake."""
    return stack.syn_bytes, stack.syn_bytes, stack.header_bytes


def syn_times_s(stack: Stack) -> tuple[float, ...]:
    """Return when each SYN is sent, in seconds from the first."""
    times = [0.0]
    for wait_s in stack.syn_timeouts_s[:-1]:
        times.append(times[-1] + wait_s)
    return tuple(times)


def syn_give_up_s(stack: Stack) -> float:
    """Return when a connect that nobody answers fails: 3 + 6 + 12 = 21 s on Windows XP."""
    return sum(stack.syn_timeouts_s)


def dns_silent_s(stack: Stack) -> float:
    """Return how long the resolver waits for a server that is silent."""
    return sum(stack.dns_timeouts_s)


def retransmission_timeout_s(stack: Stack, rtt_s: float) -> float:
    """Return the time-out of a steady connection: RTT plus four deviations of a quarter of it, not below the stack's least (RFC 6298)."""
    return _time_out_s(stack, rtt_s, rtt_s / 4.0)


def queued_timeout_s(stack: Stack, rtt_s: float, sent_segments: int, passed_s: float, rate_bytes_per_s: float) -> float:
    """Return the time-out of a sender `passed_s` after a message began to fill a queue, alone, in slow start.

    Segments of the first window wait behind those before them. A later one was sent when a share of what has left since then had left, half
    where the window doubles, so each round trip measured is longer than the one before, up to where the receive window ends that. Smoothed mean and
    deviation follow them, one measurement for two segments (RFC 6298 2).
    """
    mean_s, deviation_s = rtt_s, rtt_s / 2.0
    segment_s = (stack.segment_bytes + stack.header_bytes) / rate_bytes_per_s
    window, cwnd_growth = _initial_cwnd(stack, sent_segments), stack.cwnd_growth
    max_s = rtt_s + stack.receive_window_bytes / rate_bytes_per_s
    for number in range(2, int((passed_s - rtt_s) / segment_s) + 1, 2):
        first = number <= window
        measured_s = (
            rtt_s + segment_s * number
            if first
            else max(rtt_s + segment_s, segment_s * (cwnd_growth * number + window) / (1.0 + cwnd_growth))
        )
        off_s = min(measured_s, max_s) - mean_s
        deviation_s += (abs(off_s) - deviation_s) / 4.0
        mean_s += off_s / 8.0
    return _time_out_s(stack, mean_s, deviation_s)


def _time_out_s(stack: Stack, mean_s: float, deviation_s: float) -> float:
    return min(stack.max_rto_s, max(stack.min_rto_s, mean_s + max(stack.min_deviation_s, 4.0 * deviation_s)))


def resend_give_up_s(stack: Stack, rtt_s: float) -> float:
    """Return how long data is sent again in vain before the connection is given up: doubling time-outs."""
    wait_s = retransmission_timeout_s(stack, rtt_s)
    total_s = 0.0
    for _ in range(stack.data_resends + 1):
        total_s += wait_s
        wait_s = min(stack.max_rto_s, 2.0 * wait_s)
    return total_s


def resume_wait_s(stack: Stack, timeout_s: float, silent_s: float) -> float:
    """Return how long after the end of a silence the next resend comes: the time-outs in it double (RFC 6298 5.5)."""
    wait_s = due_s = timeout_s
    while due_s < silent_s:
        wait_s = min(2.0 * wait_s, stack.max_rto_s)
        due_s += wait_s
    return due_s - silent_s


def last_window_bytes(payload_bytes: int, stack: Stack, sent_segments: int = 0) -> int:
    """Return the payload of the last of the windows in which a message leaves: all of it where the first one is wide enough.

    The first is the initial window and what it has grown by for the `sent_segments` acknowledged before, each next one
    wider by the stack's growth, none wider than the receive window.
    """
    every = left = segments(payload_bytes, stack)
    max_window = stack.receive_window_bytes // stack.segment_bytes
    window = min(_initial_cwnd(stack, sent_segments), max_window)
    while left > window:
        if window == max_window:
            left = (left - 1) % max_window + 1
            break
        left -= window
        window = min(_next_cwnd(stack, window), max_window)
    return payload_bytes - (every - left) * stack.segment_bytes


def slow_start_stall_s(
    payload_bytes: int, rate_bytes_per_s: float, rtt_s: float, stack: Stack, sent_segments: int = 0, *,
    quick: bool, link_bytes_per_s: float = 0.0,
) -> float:  # fmt: skip
    """Return the seconds a sender idles in slow start before the pipe is full.

    The window begins at the initial one and grows with what is acknowledged: `sent_segments` says
    how many have been since the connection was last cold. Each round of a window that is shorter than a round trip
    leaves a gap (Cardwell, Savage and Anderson 2000), which ends with the first acknowledgement: of one segment from a `quick` end, of
    two otherwise. Where the message has only a share of the link, `link_bytes_per_s` is the whole: those cross at that. A window as wide as the
    receive window is the affair of the rate.
    """
    if rate_bytes_per_s <= 0.0:
        return 0.0
    left, max_window = segments(payload_bytes, stack), stack.receive_window_bytes // stack.segment_bytes
    window = _initial_cwnd(stack, sent_segments)
    size = stack.segment_bytes + stack.header_bytes
    segment_s, first_s = size / rate_bytes_per_s, (1 if quick else 2) * size / max(rate_bytes_per_s, link_bytes_per_s)
    stall_s = 0.0
    while window < min(left, max_window):
        gap_s = rtt_s + first_s - window * segment_s
        if gap_s <= 0.0:
            break
        stall_s += gap_s
        left -= window
        window = _next_cwnd(stack, window)
    return stall_s


def _initial_cwnd(stack: Stack, sent_segments: int) -> int:
    return stack.initial_window_segments + int(stack.cwnd_growth * sent_segments)


def _next_cwnd(stack: Stack, window: int) -> int:
    return window + max(1, int(stack.cwnd_growth * window))


def window_cap_bytes_per_s(stack: Stack, rtt_s: float, link_bytes_per_s: float) -> float:
    """Return the most a receive window lets through, in IP bytes per second: a window per round trip, and the time of the two segments acknowledged first."""
    if rtt_s <= 0.0:
        return inf
    size = stack.segment_bytes + stack.header_bytes
    return stack.receive_window_bytes / stack.segment_bytes * size / (rtt_s + 2.0 * size / link_bytes_per_s)


def loss_cost(draws: Stream, payload_bytes: int, loss: float, rtt_s: float, stack: Stack, rate_bytes_per_s: float) -> tuple[int, float]:
    """Return the IP bytes sent again and the seconds of delay that loss adds to one message.

    The number of lost segments is drawn one geometric gap at a time. A lost segment with three behind it is
    sent again after a round trip (fast retransmit, RFC 5681), in which those further behind go on; one near the end waits for the
    time-out, which doubles when the resend is lost too (RFC 6298). Lost ones are waited for together.
    """
    count = segments(payload_bytes, stack)
    size = stack.segment_bytes + stack.header_bytes
    resent, delay_s, place = 0, 0.0, 0
    while True:
        place += _gap(draws, loss)
        if place > count:
            return resent, delay_s
        behind = count - place - 3
        wait_s = total_s = max(0.0, rtt_s - behind * size / rate_bytes_per_s) if behind >= 0 else retransmission_timeout_s(stack, rtt_s)
        resent += min(size, payload_bytes + stack.header_bytes)
        while draws.bernoulli(loss):
            wait_s = min(max(2.0 * wait_s, retransmission_timeout_s(stack, rtt_s)), stack.max_rto_s)
            resent += min(size, payload_bytes + stack.header_bytes)
            total_s += wait_s
        delay_s = max(delay_s, total_s)


def _gap(draws: Stream, loss: float) -> int:
    """Return the distance to the next lost segment: geometric, at least 1."""
    return max(1, ceil(log(draws.uniform()) / log(1.0 - loss)))


def connect_loss_delay_s(draws: Stream, loss: float, stack: Stack) -> float | None:
    """Return the seconds that lost SYNs cost before one is answered; None when all are lost."""
    delay_s = 0.0
    for wait_s in stack.syn_timeouts_s:
        if not draws.bernoulli(1.0 - (1.0 - loss) ** 2):
            return delay_s
        delay_s += wait_s
    return None
