"""What TCP costs: bytes on the wire, handshakes, slow start, retransmission time-outs, losses.

No segment is simulated. A message is a flow on a link (`link.py`), and what its sender's TCP adds
to the link's time is computed from here: before it enters (loss), and when its last byte has left
(slow start, time-outs after a gap).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil, fsum, inf, log, log1p, sqrt
from typing import Annotated, Any, ClassVar, Final

from mypy_extensions import mypyc_attr

from anywhere_sim.des.random_streams import Stream
from anywhere_sim.scenario.sources import assumed, documented
from anywhere_sim.scenario.spec import StackName

DUPLICATE_ACKS: Final = 3  # RFC 5681 3.2: so many duplicate ACKs set off a fast retransmit

FAR_SEGMENTS: Final = 1e15  # farther than any message is long

COLD_AFTER_S: Annotated[
    float,
    assumed("RFC 5681 4.1: slow start begins anew after an idle retransmission time-out", 0.2, 3),
] = 1.0

BLACK_HOLE_SEGMENT_BYTES: Annotated[
    int, documented("failures 7: segments of 536 bytes, and stays there")
] = 536
BLACK_HOLE_RESENDS: Annotated[
    int, assumed("failures 7: after some repeats; 71 time-outs in all, not 63, say three", 1, 4)
] = 3


class SendWindow:
    """How many IP bytes the sender of a message may have in the network.

    `first_bytes` when the message begins; in slow start `growth` more for each byte that has left
    (RFC 5681 3.1), up to `max_bytes`, which the receiver grants. A packet has `packet_bytes`.
    """

    __slots__ = ("first_bytes", "growth", "max_bytes", "packet_bytes")

    def __init__(
        self, first_bytes: float, growth: float, max_bytes: float, packet_bytes: float
    ) -> None:
        self.first_bytes = first_bytes
        self.growth = growth
        self.max_bytes = max_bytes
        self.packet_bytes = packet_bytes

    def after(self, left_bytes: float) -> float:
        """Return the window once that many bytes of the message have left, if none was lost."""
        return min(self.max_bytes, self.first_bytes + self.growth * left_bytes)

    def after_losses(self, left_bytes: float, room_bytes: float) -> float:
        """Return the window where path and queue have room for only so much of it.

        Slow start ends with a loss when the room is full; from then on the window is halved at
        each loss and grows by a packet a round trip, that is per window sent, until the room is
        full again (RFC 5681 3.1: the congestion window's sawtooth)::

            room |   /|    /|    /|
                 |  / |  /  |  /  |      w^2 rises by 2 x packet x growth for each byte sent
            half | |  |/    |/    |/
        """
        window = self.after(left_bytes)
        if window <= room_bytes:
            return window
        since_loss = left_bytes - max(0.0, room_bytes - self.first_bytes) / self.growth
        slope = 2.0 * self.packet_bytes * self.growth
        tooth_bytes = 0.75 * room_bytes * room_bytes / slope
        return sqrt(0.25 * room_bytes * room_bytes + slope * (since_loss % tooth_bytes))


@dataclass(frozen=True, slots=True)
class Stack:
    """A host's network stack by name: the figures that differ between operating systems.

    `syn_timeouts_s` are the waits after each SYN (facts 1.3: 3, 6, 12 s on Windows XP);
    `reset_retries` repeats of a SYN that was refused, `reset_retry_gap_s` apart (U);
    `dns_timeouts_s` the resolver's waits (facts 1.3). Data is sent again `data_resends` times, with
    a doubling time-out, before the connection is given up. `min_rto_s` and `max_rto_s` bound the
    retransmission time-out (RFC 6298 2.4, 2.5), `min_deviation_s` is the least that it lies above
    the round trip.

    `cwnd_growth` is by how many segments the congestion window (cwnd) grows in slow start for each
    one acknowledged: 0.5 where acknowledgements are counted, one for two segments (RFC 5681 3.1),
    1 where bytes are (RFC 3465). `quick_acks`: a new connection acknowledges at once until it
    answers. `restarts_after_idle`: slow start begins anew after a rest (RFC 5681 4.1).
    `finds_black_holes`: large segments that nobody acknowledges are sent again as small ones
    (failures 7).

    The address of an adapter whose link has gone stays for `media_sense_s`, and connections with it
    (failures 2.3).
    An answer with an address is kept for `dns_positive_max_s` at the most, "no such name" for
    `dns_negative_s`; after silence no query is sent for `dns_silence_hold_s` (failures 1).
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
    finds_black_holes: bool = False
    dns_positive_max_s: float = 86_400.0
    dns_negative_s: float = 900.0
    dns_silence_hold_s: float = 0.0
    media_sense_s: float = 20.0

    def with_(self, **changes: Any) -> Stack:
        """Return a variation."""
        return replace(self, **changes)


# Windows: no time stamps, so 40 B of headers, 1,460 B segments, SYN of 48 B (options 8). Linux: 52,
# 1,448, 60 (performance 7). Receive windows: XP 17,520 B (12 segments), Vista scales to 262,144
# (U), Linux to 3 MB. Data resends: TcpMaxDataRetransmissions 5; Linux 15. Initial window, delay of
# acknowledgements, minimum RTO and no restart of Windows: what Get-NetTCPSetting shows for the
# template Compat, made for the behaviour of before 2012 (so assumed for XP and Vista); that it
# counts acknowledgements is assumed (U). Linux: measured (docs/verify-network.md). Maximum RTO: 240
# s on Windows (U), 120 s on Linux, which adds 0.2 s at least to the round trip. Names: Windows 2000
# keeps "no such name" for 300 s and remembers silence; 900 s is Windows Server 2003's, disputed for
# XP (300 or 900) and assumed for Vista; Linux of the time keeps nothing (assumed: no nscd). Media
# sense: Windows 2000's 20 s, assumed for the others; Linux keeps addresses, so that a connection
# lives until its data is given up.
STACKS: Mapping[StackName, Stack] = {
    "windows-2000": Stack(
        "windows-2000", 40, 1460, 48, (3.0, 6.0, 12.0), 2, 0.5, 2, 17_520, 0.2, 5, 0.3, 240.0,
        (1.0, 2.0, 2.0, 4.0, 8.0), dns_negative_s=300.0, dns_silence_hold_s=30.0,
    ),
    "windows-xp": Stack(
        "windows-xp", 40, 1460, 48, (3.0, 6.0, 12.0), 2, 0.5, 2, 17_520, 0.2, 5, 0.3, 240.0,
        (1.0, 1.0, 2.0, 4.0, 7.0),
    ),
    "windows-vista": Stack(
        "windows-vista", 40, 1460, 52, (3.0, 6.0, 12.0), 2, 0.5, 2, 262_144, 0.2, 5, 0.3, 240.0,
        (1.0, 1.0, 2.0, 4.0, 4.0), finds_black_holes=True,
    ),
    "linux": Stack(
        "linux", 52, 1448, 60, (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0), 0, 0.0, 10, 3_145_728, 0.04,
        15, 0.2, 120.0, (5.0, 5.0), 0.2, 1.0, True, True, dns_positive_max_s=0.0,
        dns_negative_s=0.0, media_sense_s=924.6,
    ),
}  # fmt: skip


@mypyc_attr(allow_interpreted_subclasses=True)
class TcpModel:
    """The TCP of one stack; a subclass with another law can be handed in (`NetworkComponents`).

    It has no state: one object serves every access path of its stack. Payloads and sizes are in
    bytes, cwnd in segments, rates in IP bytes per second.
    """

    black_hole_segment_bytes: ClassVar[int] = BLACK_HOLE_SEGMENT_BYTES
    black_hole_resends: ClassVar[int] = BLACK_HOLE_RESENDS

    __slots__ = ("_max_window_segments", "_packet_bytes", "stack")

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._packet_bytes = stack.segment_bytes + stack.header_bytes
        self._max_window_segments = stack.receive_window_bytes // stack.segment_bytes

    def segments(self, payload_bytes: int) -> int:
        """Return how many segments carry a payload."""
        return -(-payload_bytes // self.stack.segment_bytes)

    def ip_bytes(self, payload_bytes: int) -> int:
        """Return the IP bytes of a payload: itself and a header per segment."""
        return payload_bytes + self.segments(payload_bytes) * self.stack.header_bytes

    def acks_in_flight(self, payload_bytes: int) -> int:
        """Return how many ACKs come back while a payload is on its way, its last segments aside."""
        return max(0, self.segments(payload_bytes) - 1) // 2  # RFC 1122 4.2.3.2: every second one

    def handshake_bytes(self) -> tuple[int, int, int]:
        """Return the IP bytes of SYN, SYN+ACK and ACK: the handshake (RFC 9293 3.5)."""
        return self.stack.syn_bytes, self.stack.syn_bytes, self.stack.header_bytes

    def syn_times_s(self) -> tuple[float, ...]:
        """Return when each SYN is sent, in seconds from the first."""
        times = [0.0]
        for wait_s in self.stack.syn_timeouts_s[:-1]:
            times.append(times[-1] + wait_s)
        return tuple(times)

    def syn_give_up_s(self) -> float:
        """Return when a connect that nobody answers fails: 3 + 6 + 12 = 21 s on Windows XP."""
        return fsum(self.stack.syn_timeouts_s)

    def syn_loss_delay_s(self, draws: Stream, loss: float) -> float | None:
        """Return the seconds that lost SYNs cost before one is answered; None when all are lost."""
        delay_s = 0.0
        for wait_s in self.stack.syn_timeouts_s:
            if not draws.bernoulli(1.0 - (1.0 - loss) ** 2):  # the SYN or its answer
                return delay_s
            delay_s += wait_s
        return None

    def retransmission_timeout_s(self, rtt_s: float) -> float:
        """Return the RTO of a steady connection, whose RTT deviates by a quarter on average."""
        return self._rto_s(rtt_s, rtt_s / 4.0)

    def queued_timeout_s(
        self, rtt_s: float, sent_segments: int, passed_s: float, rate_bytes_per_s: float
    ) -> float:
        """Return the RTO `passed_s` after a message began to fill a queue, alone, in slow start.

        Segments of the first window wait behind those before them. A later one was sent when a
        share of what has left since then had left, half where cwnd doubles, so each RTT measured is
        longer than the one before, up to where the receive window ends that.
        """
        # RFC 6298 2.2: the first measurement; 2.3: SRTT by 1/8 and RTTVAR by 1/4, every second
        # segment
        mean_s, deviation_s = rtt_s, rtt_s / 2.0
        segment_s = self._packet_bytes / rate_bytes_per_s
        cwnd, growth = self.cwnd_after(sent_segments), self.stack.cwnd_growth
        max_s = rtt_s + self.stack.receive_window_bytes / rate_bytes_per_s
        for number in range(2, int((passed_s - rtt_s) / segment_s) + 1, 2):
            if number <= cwnd:
                measured_s = rtt_s + segment_s * number
            else:
                measured_s = max(
                    rtt_s + segment_s, segment_s * (growth * number + cwnd) / (1.0 + growth)
                )
            off_s = min(measured_s, max_s) - mean_s
            deviation_s += (abs(off_s) - deviation_s) / 4.0
            mean_s += off_s / 8.0
        return self._rto_s(mean_s, deviation_s)

    def _rto_s(self, mean_s: float, deviation_s: float) -> float:
        """Return SRTT + max(G, 4 RTTVAR) within the stack's bounds (RFC 6298 2.3 to 2.5)."""
        stack = self.stack
        rto_s = mean_s + max(stack.min_deviation_s, 4.0 * deviation_s)
        return min(stack.max_rto_s, max(stack.min_rto_s, rto_s))

    def resend_give_up_s(self, rtt_s: float) -> float:
        """Return how long data is sent again unanswered before the connection is given up."""
        wait_s = self.retransmission_timeout_s(rtt_s)
        total_s = 0.0
        for _ in range(self.stack.data_resends + 1):
            total_s += wait_s
            wait_s = min(self.stack.max_rto_s, 2.0 * wait_s)  # RFC 6298 5.5: back off the timer
        return total_s

    def black_hole_wait_s(self, rtt_s: float) -> float:
        """Return how long large segments are sent again before small ones are tried."""
        return ((1 << self.black_hole_resends) - 1) * self.retransmission_timeout_s(rtt_s)

    def resume_wait_s(self, timeout_s: float, silent_s: float) -> float:
        """Return how long after the end of a silence the next resend comes, in seconds.

        It began with an RTO of `timeout_s` and lasted `silent_s`; the time-outs in it have doubled.
        """
        wait_s = due_s = timeout_s
        while due_s < silent_s:
            wait_s = min(2.0 * wait_s, self.stack.max_rto_s)  # RFC 6298 5.5
            due_s += wait_s
        return due_s - silent_s

    def restarts_after(self, idle_s: float) -> bool:
        """Return whether slow start begins anew after a rest that long (RFC 5681 4.1)."""
        return self.stack.restarts_after_idle and idle_s > COLD_AFTER_S

    def cwnd_after(self, sent_segments: int) -> int:
        """Return cwnd in segments once that many are acknowledged since the connection was cold."""
        return self.stack.initial_window_segments + int(self.stack.cwnd_growth * sent_segments)

    def _next_cwnd(self, cwnd: int) -> int:
        """Return cwnd when all of one window is acknowledged, in slow start (RFC 5681 3.1)."""
        return cwnd + max(1, int(self.stack.cwnd_growth * cwnd))

    def last_window_bytes(self, payload_bytes: int, sent_segments: int = 0) -> int:
        """Return the payload of the last of the windows in which a message leaves.

        All of it where the first window is wide enough. Each next one is wider by the stack's
        growth, none wider than the receive window.
        """
        every = left = self.segments(payload_bytes)
        max_window = self._max_window_segments
        window = min(self.cwnd_after(sent_segments), max_window)
        while left > window:
            if window == max_window:
                left = (left - 1) % max_window + 1
                break
            left -= window
            window = min(self._next_cwnd(window), max_window)
        return payload_bytes - (every - left) * self.stack.segment_bytes

    def slow_start_stall_s(
        self, payload_bytes: int, rate_bytes_per_s: float, rtt_s: float, cwnd: int, *,
        quick: bool, link_bytes_per_s: float = 0.0,
    ) -> float:  # fmt: skip
        """Return the seconds for which a sender idles in slow start before the pipe is full.

        It begins with a window of `cwnd` segments. Each round whose window is shorter than a round
        trip leaves a gap (Cardwell, Savage and Anderson 2000)::

            |== window ==|.... gap ....|==== window ====|. gap .|======== window ========|====
            |<----- RTT + first ACK -->|

        The gap ends with the first ACK: of one segment from a `quick` end, of two otherwise. Where
        the message has only a share of the link, `link_bytes_per_s` is the whole: those cross at
        that. A window as wide as the receive window is handled by the rate cap.
        """
        if rate_bytes_per_s <= 0.0:
            return 0.0
        left, max_window = self.segments(payload_bytes), self._max_window_segments
        size = self._packet_bytes
        segment_s = size / rate_bytes_per_s
        first_ack_s = (1 if quick else 2) * size / max(rate_bytes_per_s, link_bytes_per_s)
        stall_s = 0.0
        while cwnd < min(left, max_window):
            gap_s = rtt_s + first_ack_s - cwnd * segment_s
            if gap_s <= 0.0:
                break
            stall_s += gap_s
            left -= cwnd
            cwnd = self._next_cwnd(cwnd)
        return stall_s

    def window_cap_bytes_per_s(self, rtt_s: float, link_bytes_per_s: float) -> float:
        """Return the most that the receive window (rwnd, RFC 9293 3.8.6) lets through.

        A window per round trip, and the time of the two segments that are acknowledged first.
        """
        if rtt_s <= 0.0:
            return inf
        stack, size = self.stack, self._packet_bytes
        window_bytes = stack.receive_window_bytes / stack.segment_bytes * size
        return window_bytes / (rtt_s + 2.0 * size / link_bytes_per_s)

    def loss_cost(
        self, draws: Stream, payload_bytes: int, loss: float, rtt_s: float, rate_bytes_per_s: float
    ) -> tuple[int, float]:
        """Return the IP bytes sent again and the seconds of delay that loss adds to one message.

        The number of lost segments is drawn one geometric gap at a time. A lost segment with three
        behind it is sent again after a round trip, in which those further behind go on (fast
        retransmit, RFC 5681 3.2); one near the end waits for the RTO, which doubles when the resend
        is lost too (RFC 6298 5.5). Lost ones are waited for together.
        """
        count, size = self.segments(payload_bytes), self._packet_bytes
        resent_each = min(size, payload_bytes + self.stack.header_bytes)
        rto_s = self.retransmission_timeout_s(rtt_s)
        resent, delay_s, number = 0, 0.0, 0
        while True:
            number += _segments_to_next_loss(draws, loss)
            if number > count:
                return resent, delay_s
            behind = count - number - DUPLICATE_ACKS
            fast_s = max(0.0, rtt_s - behind * size / rate_bytes_per_s)
            wait_s = fast_s if behind >= 0 else rto_s
            total_s = wait_s
            resent += resent_each
            while draws.bernoulli(loss):
                wait_s = min(max(2.0 * wait_s, rto_s), self.stack.max_rto_s)
                resent += resent_each
                total_s += wait_s
            delay_s = max(delay_s, total_s)


def _segments_to_next_loss(draws: Stream, loss: float) -> int:
    """Return the distance to the next lost segment: geometric, at least 1.

    However small `loss` is, also where 1 - `loss` is 1 in floating point.
    """
    return max(1, ceil(min(log(draws.uniform()) / log1p(-loss), FAR_SEGMENTS)))
