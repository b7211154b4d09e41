"""The access path between one client at one place and the company's servers.

Two links and what lies beyond them::

    client --up link--> (queue, rate) --delay, jitter, loss--> servers
    client <--delay, jitter, loss-- (queue, rate) <--down link-- servers

A sender lets a message enter a link (`Link.send`) with `burst_bytes`; when its last byte has left,
it arrives after `delay_s`, later by `lost` and `stall_s`.
"""

from __future__ import annotations

from math import inf
from typing import Final

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Environment
from anywhere_sim.des.random_streams import Stream
from anywhere_sim.network.link import Flow, Link
from anywhere_sim.network.segmentation import Segmentation, WireSize
from anywhere_sim.network.tcp_model import SendWindow
from anywhere_sim.scenario.place import Place

ETHERNET_MTU_BYTES = 1_500
LOSS_WINDOW_SEGMENTS: Final = 1  # RFC 5681 3.1: cwnd after a retransmission time-out


@mypyc_attr(allow_interpreted_subclasses=True)
class AccessPath:
    """Two links (up, down), a delay and a loss rate.

    The links may be shared with others, the rest is the client's own. `attached` is False once the
    client has left the place, `link_up` while the link is away (a cut). `give_up_s` is how long
    data is sent again unanswered before a connection is given up. Both ends are taken to have the
    client's TCP stack.
    """

    __slots__ = (
        "attached", "down", "draws", "env", "give_up_s", "idle_timeout_s", "jitter_s",
        "largest_answer_bytes", "link_up", "loss", "name", "one_way_s", "opened_portal", "packets",
        "place", "place_name", "stack", "tcp", "up", "window_bytes_per_s",
    )  # fmt: skip

    def __init__(
        self, env: Environment, name: str, place_name: str, place: Place, packets: Segmentation,
        links: tuple[Link, Link], draws: Stream, idle_timeout_s: float = inf,
    ) -> None:  # fmt: skip
        self.env = env
        self.name = name
        self.place_name = place_name
        self.place = place
        self.packets = packets
        self.tcp = tcp = packets.tcp
        self.stack = tcp.stack
        self.up, self.down = links
        self.draws = draws
        self.one_way_s = place.rtt_ms / 2000.0
        self.jitter_s = place.jitter_ms / 1000.0
        self.loss = place.loss
        fastest_bytes_per_s = max(self.up.bytes_per_s, self.down.bytes_per_s)
        self.window_bytes_per_s = tcp.window_cap_bytes_per_s(self.rtt_s, fastest_bytes_per_s)
        # the far end sends packets of full size where it never hears that they are too large
        black_hole = place.icmp == "dropped" and place.mtu_bytes < ETHERNET_MTU_BYTES
        self.largest_answer_bytes = float(self.stack.segment_bytes) if black_hole else inf
        self.give_up_s = tcp.resend_give_up_s(self.rtt_s)
        self.idle_timeout_s = idle_timeout_s
        self.opened_portal = False
        self.attached = True
        self.link_up = True

    @property
    def rtt_s(self) -> float:
        """The round-trip time without queueing, in seconds."""
        return 2.0 * self.one_way_s

    @property
    def is_up(self) -> bool:
        """Whether packets pass at all."""
        return self.attached and self.link_up

    def swallows(self, payload_bytes: int) -> bool:
        """Return whether an answer vanishes: in a black hole that the far end's stack never finds.

        Nothing of it gets through: its first segment is too large, and sent again until the
        connection is given up.
        """
        return payload_bytes > self.largest_answer_bytes and not self.stack.finds_black_holes

    def small_segments(self) -> Segmentation:
        """Return the packets in which a stack that has found a black hole goes on."""
        tcp, packets = self.tcp, self.packets
        stack = self.stack.with_(segment_bytes=tcp.black_hole_segment_bytes)
        return type(packets)(type(tcp)(stack), packets.tunnel_bytes)

    def open_portal(self) -> None:
        """The person has logged in to the hotspot."""
        self.opened_portal = True

    def delay_s(self) -> float:
        """Return one way's delay: half the round trip, and a drawn share of the jitter."""
        if self.jitter_s == 0.0:
            return self.one_way_s
        return self.one_way_s + self.jitter_s * self.draws.uniform()

    def burst_bytes(
        self, size_bytes: float, wire_size: WireSize, sent_before: int, link: Link
    ) -> float:
        """Return how many of a message's IP bytes leave in one piece.

        Those of its sender's last window, so mostly all of them; but of a window for which path and
        queue have no room, what losses leave of it. `sent_before` counts the segments that its
        connection had sent since it was last cold.
        """
        if wire_size.fits_initial_window:
            return size_bytes
        last = self.tcp.last_window_bytes(wire_size.payload, sent_before)
        burst = size_bytes if last == wire_size.payload else self.packets.ip_bytes(last)
        if burst <= link.queue_bytes:
            return burst
        room = link.path_bytes + link.queue_bytes
        return min(burst, self.send_window(sent_before, inf).after_losses(size_bytes, room))

    def send_window(self, sent_before: int, granted_bytes: float) -> SendWindow:
        """Return the window of a message that begins now, in IP bytes.

        `granted_bytes` is what is granted above TCP; inf: nothing binds there.
        """
        stack = self.stack
        packet_bytes = self.packets.packet_bytes(stack.segment_bytes + stack.header_bytes)
        granted = min(stack.receive_window_bytes, granted_bytes) / stack.segment_bytes
        return SendWindow(
            self.tcp.cwnd_after(sent_before) * packet_bytes,
            stack.cwnd_growth, granted * packet_bytes, packet_bytes,
        )  # fmt: skip

    def stall_s(
        self, link: Link, flow: Flow, size_bytes: float, payload_bytes: int, entered_s: float,
        sent_before: int, *, quick: bool,
    ) -> float:  # fmt: skip
        """Return for how long its sender has held up a message that has left now.

        In slow start, at the rate that the message had among others and with the round trip
        through what stood in the queue when it began; and after a gap of the link.
        `quick`: whether the other end acknowledges a first segment at once.
        """
        if entered_s < link.resumed_s:
            return self._resend_s(link, size_bytes, payload_bytes, entered_s, sent_before)
        until_s = flow.queued_s if flow.burst_bytes else self.env.now
        shared, took_s = size_bytes - flow.burst_bytes, until_s - entered_s
        if shared <= 0.0 or took_s <= 0.0:
            return 0.0
        cwnd = self.tcp.cwnd_after(sent_before)
        return self.tcp.slow_start_stall_s(
            payload_bytes, shared / took_s, self.rtt_s + flow.ahead_s, cwnd, quick=quick,
            link_bytes_per_s=link.bytes_per_s,
        )  # fmt: skip

    def _resend_s(
        self, link: Link, size_bytes: float, payload_bytes: int, entered_s: float, sent_before: int
    ) -> float:
        """Return what the link's last gap costs a message beyond the gap.

        The sender notices the link's return at its next resend, after an RTO that has grown with
        the queue. What was in flight is lost, and the rest leaves in slow start from the loss
        window.
        """
        tcp, rtt_s = self.tcp, self.rtt_s
        before_s = max(0.0, link.stalled_s - entered_s)
        after_s = self.env.now - link.resumed_s
        timeout_s = tcp.queued_timeout_s(rtt_s, sent_before, before_s, link.bytes_per_s)
        gap_s = link.resumed_s - max(entered_s, link.stalled_s)
        wait_s = tcp.resume_wait_s(timeout_s, gap_s)
        if before_s == 0.0 or after_s == 0.0:
            return wait_s
        left = round(payload_bytes * after_s / (before_s + after_s))
        stall_s = tcp.slow_start_stall_s(
            left, size_bytes / (before_s + after_s), rtt_s, LOSS_WINDOW_SEGMENTS,
            quick=True,  # RFC 5681 4.2: what fills the gap is acknowledged at once
            link_bytes_per_s=link.bytes_per_s,
        )  # fmt: skip
        return wait_s + self.one_way_s + stall_s

    def dropped(self, size_bytes: float, link: Link) -> tuple[int, float]:
        """Return what a full queue costs a message that enters in one piece: bytes, seconds.

        Its tail is dropped, so no duplicate acknowledgement comes: it is sent again after the
        retransmission time-out of a round trip through the full queue (RFC 6298). It crosses the
        link once.
        """
        dropped = link.dropped_bytes(size_bytes)
        if dropped <= 0.0:
            return 0, 0.0
        queue_s = link.queue_bytes / link.bytes_per_s
        return round(dropped), self.tcp.retransmission_timeout_s(self.rtt_s + queue_s)

    def lost(self, payload_bytes: int, link: Link) -> tuple[int, float]:
        """Return what loss adds to one message on a link: bytes sent again and seconds of delay."""
        if self.loss == 0.0:
            return 0, 0.0
        return self.tcp.loss_cost(
            self.draws, payload_bytes, self.loss, self.rtt_s, link.bytes_per_s
        )
