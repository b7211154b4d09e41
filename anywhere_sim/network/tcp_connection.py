"""The one sender: what a client and the far end send each other over TCP, message after message.

Each direction is a byte stream. One message is on the link, the others wait behind it, none
overtakes another::

    send() -> waiting -> on the link --(last byte left)--> propagating --(delay)--> delivered
                         link.send()                  loss, slow start              on_delivered()

Acknowledgements cost the other direction (RFC 1122 4.2.3.2). Those of a long message travel while
it does, as a flow of their own; the last one is decided by the receiving end (`DelayedAck`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple

from mypy_extensions import mypyc_attr

from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.network.link import Flow, Link
from anywhere_sim.network.segmentation import DelayedAck, Segmentation, WireSize, packets_size


class Traffic(NamedTuple):
    """IP bytes sent each way, and those of them that were sent again."""

    bytes_up: float
    bytes_down: float
    resent_bytes: int


class Transfer:
    """One message under way, for a `subject` that `on_delivered(transfer)` finds in it.

    `ip_bytes` are those that it put on the link, acknowledgements and pending bytes ahead of it
    included; 0 while it waits. `delay_s` is how long its sender has held it up: resends after
    losses and, once it has left the link, slow start or a gap. `sent_before` counts the segments
    that the stream had sent since it was last cold.
    """

    __slots__ = (
        "channels", "delay_s", "entered_s", "epoch", "flow", "ip_bytes", "on_delivered",
        "sent_before", "stream", "subject", "wire_size",
    )  # fmt: skip
    stream: ByteStream

    entered_s: float
    sent_before: int
    epoch: int

    def __init__(
        self,
        wire_size: WireSize,
        on_delivered: Callable[[Transfer], object],
        subject: Any,
        channels: int,
    ) -> None:
        self.wire_size = wire_size
        self.on_delivered = on_delivered
        self.subject = subject
        self.channels = channels
        self.ip_bytes = self.delay_s = 0.0
        self.flow: Flow | None = None


@mypyc_attr(allow_interpreted_subclasses=True)
class ByteStream:
    """One direction of a TcpConnection.

    `acks` are the acknowledgements that the sending end owes the other one: they travel in this
    direction. `pending_bytes` travel with the next message. `sent_segments` counts those sent since
    the stream was last cold (slow start grows with them); over HTTPS, where each channel has a
    window of its own, it counts those of both channels together (a simplification: stages that use
    both, such as the TLS handshakes, open the window sooner than on two connections).
    """

    __slots__ = (
        "_ack_flows", "_connection", "_delivered_until_s", "_epoch", "_link", "_waiting", "acks",
        "ip_bytes", "on_link", "opposite", "pending_bytes", "sent_segments",
    )  # fmt: skip

    opposite: ByteStream

    def __init__(self, connection: TcpConnection, link: Link, acks: DelayedAck) -> None:
        self._connection = connection
        self._link = link
        self.acks = acks
        self.ip_bytes = self.pending_bytes = 0.0
        self.sent_segments = 0
        self.on_link: Transfer | None = None
        self._waiting: deque[Transfer] | None = None
        self._delivered_until_s = connection.access_path.env.now
        self._epoch = 0
        self._ack_flows: list[Flow] | None = None

    def send(self, transfer: Transfer) -> None:
        """Send a message, behind those that are under way."""
        if self.on_link is None:
            self._enter(transfer)
        else:
            if self._waiting is None:
                self._waiting = deque()
            self._waiting.append(transfer)

    def _enter(self, transfer: Transfer) -> None:
        """A message enters the link."""
        connection, wire_size = self._connection, transfer.wire_size
        path = connection.access_path
        transfer.stream = self
        size = float(wire_size.ip_bytes)
        if path.loss and wire_size.payload:
            resent, delay_s = path.lost(wire_size.payload, self._link)
            transfer.delay_s += delay_s
            connection.resent_bytes += resent
            size += resent
        transfer.entered_s, transfer.epoch = connection.access_path.env.now, self._epoch
        transfer.sent_before = self.sent_segments
        self.sent_segments += wire_size.segments
        if wire_size.ack_bytes_in_flight:
            self.opposite.send_acks(wire_size.ack_bytes_in_flight)
        transfer.ip_bytes = size = self._take(size, transfer.channels)
        self.on_link = transfer
        link, window = self._link, None
        granted = connection.max_burst_bytes
        burst = path.burst_bytes(size, wire_size, transfer.sent_before, link)
        if burst > granted:
            burst = granted
        if burst < size:
            window = path.send_window(transfer.sent_before, granted)
        elif wire_size.payload and link.flows:
            self._drop_tail(transfer, size)
        transfer.flow = link.send(transfer, size, _left, connection.max_bytes_per_s, burst, window)

    def _drop_tail(self, transfer: Transfer, size_bytes: float) -> None:
        """What of a message finds no room in the queue is sent again after a time-out, and slow
        start begins anew (RFC 5681 3.1).
        """
        connection = self._connection
        dropped, delay_s = connection.access_path.dropped(size_bytes, self._link)
        if dropped:
            connection.resent_bytes += dropped
            transfer.delay_s += delay_s
            self.sent_segments = 0

    def _take(self, ip_bytes: float, channels: int) -> float:
        """Count and return what leaves now: the bytes, what is pending, and acknowledgements just
        ahead of them.
        """
        acks, now = self.acks, self._connection.access_path.env.now
        total = ip_bytes + self.pending_bytes + acks.data_sent(now, channels)
        self.pending_bytes = 0.0
        if acks.stand_alone_bytes:
            self._connection.count_stand_alone_acks()
        self.ip_bytes += total
        return total

    def left(self, transfer: Transfer) -> None:
        """The last byte has left: it arrives behind those before it, and the next message enters
        the link.
        """
        connection = self._connection
        env = connection.access_path.env
        connection.last_data_s = env.now
        stall_s = self._stall_s(transfer)
        arrival_s = env.now + connection.access_path.delay_s() + transfer.delay_s + stall_s
        transfer.delay_s += stall_s
        transfer.flow = self.on_link = None
        if arrival_s > self._delivered_until_s:
            self._delivered_until_s = arrival_s
        env.schedule_call(transfer, self._delivered_until_s, _delivered)
        if self._waiting and not connection.is_stalled:
            self._enter(self._waiting.popleft())

    def _stall_s(self, transfer: Transfer) -> float:
        """Return for how long slow start, or a gap of the link, has held up a message that has left
        now.
        """
        flow, size_bytes = transfer.flow, transfer.ip_bytes
        assert flow is not None
        if flow.burst_bytes >= size_bytes and transfer.entered_s >= self._link.resumed_s:
            return 0.0
        return self._connection.access_path.stall_s(
            self._link, flow, size_bytes, transfer.wire_size.payload, transfer.entered_s,
            transfer.sent_before, quick=self.opposite.acks.quick,
        )  # fmt: skip

    def delivered(self, transfer: Transfer) -> None:
        """The message is at the other end, unless it was cancelled on the way."""
        if transfer.epoch != self._epoch:
            return
        connection = self._connection
        if connection.access_path.is_up:
            connection.last_data_s = now = connection.access_path.env.now
            if transfer.wire_size.segments:
                self.opposite.acks.data_received(
                    transfer.wire_size.segments_per_channel, now, transfer.channels
                )
        transfer.on_delivered(transfer)

    def send_unanswered(self, ip_bytes: float, on_left: Callable[[Transfer], object]) -> None:
        """Send packets that nobody will answer; `on_left` is called when they have left."""
        transfer = self.on_link = Transfer(NO_PAYLOAD, on_left, None, 1)
        transfer.epoch = self._epoch
        size = transfer.ip_bytes = self._take(ip_bytes, 1)
        transfer.flow = self._link.send(transfer, size, self._left_unanswered, inf, size)

    def _left_unanswered(self, transfer: Transfer) -> None:
        transfer.flow = self.on_link = None
        transfer.on_delivered(transfer)

    def send_acks(self, ack_bytes: int) -> None:
        """Send the acknowledgements of a message that has just begun to come, but for the last."""
        self.ip_bytes += ack_bytes
        flows = [flow for flow in self._ack_flows or () if not flow.gone]
        flows.append(self._link.send(None, ack_bytes, _nobody_waits, inf, 0.0))
        self._ack_flows = flows

    def add_untimed_bytes(self, ip_bytes: float) -> None:
        """Count bytes that passed while the stream rested and took no time worth an event."""
        self._link.add_untimed_bytes(ip_bytes)
        self.ip_bytes += ip_bytes

    def count_stand_alone_acks(self) -> None:
        """Count the acknowledgements that left as packets of their own, long before anything could
        have followed them.
        """
        stand_alone_bytes, self.acks.stand_alone_bytes = self.acks.stand_alone_bytes, 0
        if stand_alone_bytes:
            self.add_untimed_bytes(stand_alone_bytes)

    def withdraw_acks(self) -> None:
        """Take acknowledgements off the link; their bytes are pending."""
        for flow in self._ack_flows or ():
            left = self._link.remove(flow)
            self.ip_bytes -= left
            self.pending_bytes += left
        self._ack_flows = None

    def cancel_all(self) -> None:
        """Take the message on the link off it, and forget those that wait or are propagating."""
        self._epoch += 1
        transfer, self.on_link, self._waiting = self.on_link, None, None
        if transfer is not None and transfer.flow is not None:
            left_bytes = self._link.remove(transfer.flow)
            self.ip_bytes -= left_bytes
            transfer.ip_bytes -= left_bytes

    def flush_acks(self) -> None:
        """Nothing more is sent: what would leave at once leaves alone."""
        acks, now = self.acks, self._connection.access_path.env.now
        at_once_bytes = acks.data_sent(now)  # may time out delayed ones first
        acks.stand_alone_bytes += at_once_bytes


@mypyc_attr(allow_interpreted_subclasses=True)
class TcpConnection:
    """The TCP connections of one attempt, and of the RPC connection that comes of it: a byte stream
    up and one down.

    Over HTTPS they are two channels, opened together: a message can be spread over both.
    `max_bytes_per_s` and `max_burst_bytes` bound a message where windows do (RFC 9293 3.8.6);
    `is_stalled` means that nothing is acknowledged any more, so that what waits stays where it is.
    `last_data_s` is when data last left or arrived. `small_segments` are the packets down once the
    far end has found a black hole.
    """

    __slots__ = (
        "_components", "_down", "_is_used", "_piggybacks", "_up", "access_path", "is_stalled",
        "last_data_s", "max_burst_bytes", "max_bytes_per_s", "resent_bytes", "small_segments",
    )  # fmt: skip

    _up: ByteStream
    _down: ByteStream

    def __init__(self, access_path: AccessPath, components: TcpComponents) -> None:
        self.access_path = access_path
        self.resent_bytes = 0
        self.small_segments: Segmentation | None = None
        self.max_bytes_per_s = self.max_burst_bytes = inf
        self.last_data_s = -inf
        self._components = components
        self.is_stalled = False  # flags side by side take a byte each, compiled
        self._piggybacks = True
        self._is_used = False

    @property
    def up(self) -> ByteStream:
        """The stream up; both are made when one is first used."""
        if not self._is_used:
            self._make_streams()
        return self._up

    @property
    def down(self) -> ByteStream:
        """The stream down, likewise."""
        if not self._is_used:
            self._make_streams()
        return self._down

    def _make_streams(self) -> None:
        """Make both streams: many connections of a settled beginning carry nothing for hours."""
        self._up = up = self._stream(self.access_path.up)
        self._down = down = self._stream(self.access_path.down)
        up.opposite, down.opposite = down, up
        self._is_used = True

    def _stream(self, link: Link) -> ByteStream:
        packets, components = self.access_path.packets, self._components
        stack = packets.stack
        acks = components.delayed_ack(
            packets.packet_bytes(stack.header_bytes), stack.delayed_ack_s, quick=stack.quick_acks
        )
        acks.piggybacks = self._piggybacks
        return components.byte_stream(self, link, acks)

    def send_up(
        self, wire_size: WireSize, on_delivered: Callable[[Transfer], object],
        subject: Any = None, channels: int = 1,
    ) -> Transfer:  # fmt: skip
        """Send a message up, spread over `channels`; `on_delivered(transfer)` is called when its
        last byte has arrived.
        """
        self._restart_when_idle()
        transfer = Transfer(wire_size, on_delivered, subject, channels)
        self.up.send(transfer)
        return transfer

    def send_down(
        self, wire_size: WireSize, on_delivered: Callable[[Transfer], object],
        subject: Any = None, channels: int = 1,
    ) -> Transfer:  # fmt: skip
        """Send a message down, likewise."""
        self._restart_when_idle()
        transfer = Transfer(wire_size, on_delivered, subject, channels)
        if wire_size.payload > self.access_path.largest_answer_bytes:
            self._find_black_hole(transfer)
        self.down.send(transfer)
        return transfer

    def _find_black_hole(self, transfer: Transfer) -> None:
        """The first message with a large segment waits until the far end tries small ones, which
        it then sends for as long as the connection lives.
        """
        path, size = self.access_path, transfer.wire_size
        if self.small_segments is None:
            self.small_segments = path.small_segments()
            transfer.delay_s += path.tcp.black_hole_wait_s(path.rtt_s)
        transfer.wire_size = self.small_segments.wire_size(size.payload, transfer.channels)

    def _restart_when_idle(self) -> None:
        """Slow start begins anew after a rest, where the stack does so (RFC 5681 4.1)."""
        now = self.access_path.env.now
        if self.access_path.tcp.restarts_after(now - self.last_data_s) and self.is_quiet:
            self.up.sent_segments = self.down.sent_segments = 0
        self.last_data_s = now

    @property
    def is_quiet(self) -> bool:
        """Whether no message is on the link in either direction."""
        return not self._is_used or (self._up.on_link is None and self._down.on_link is None)

    def open(self) -> None:
        """A handshake begins, of a TCP connection in place of the one before or beside it:
        acknowledgements and slow start anew.
        """
        for stream in (self.up, self.down):
            stream.acks.reset(quick=self.access_path.stack.quick_acks)
            stream.sent_segments = 0

    def use_separate_connections(self) -> None:
        """Requests and responses go on TCP connections of their own from now on (RPC over HTTP)."""
        self._piggybacks = False
        if self._is_used:
            self._up.acks.piggybacks = self._down.acks.piggybacks = False

    def hand_over(self) -> Traffic:
        """Return what was sent up to now and count from 0: the attempt is over, the connection that
        came of it goes on.
        """
        up, down = self.up, self.down
        up.withdraw_acks()
        down.withdraw_acks()
        sent = self.traffic
        up.ip_bytes = down.ip_bytes = 0.0
        self.resent_bytes = 0
        return sent

    @property
    def traffic(self) -> Traffic:
        """What was sent since the connection was made or handed over."""
        if not self._is_used:
            return Traffic(0.0, 0.0, 0)
        return Traffic(self._up.ip_bytes, self._down.ip_bytes, self.resent_bytes)

    def cancel_all(self) -> None:
        """Take all messages off the path; who sent them hears nothing more of them."""
        if self._is_used:
            self._up.cancel_all()
            self._down.cancel_all()

    def close(self) -> None:
        """Nothing more is sent: acknowledgements still on the path leave it, and those that have
        left alone count.
        """
        if self._is_used:
            self._up.withdraw_acks()
            self._down.withdraw_acks()
            self._up.flush_acks()
            self._down.flush_acks()
            self.count_stand_alone_acks()

    def count_stand_alone_acks(self) -> None:
        """Count the acknowledgements of both ends that have left alone."""
        self.up.count_stand_alone_acks()
        self.down.count_stand_alone_acks()


@mypyc_attr(native_class=False)
@dataclass(frozen=True)
class TcpComponents:
    """The classes that a connection and its two streams are of."""

    tcp_connection: type[TcpConnection] = TcpConnection
    byte_stream: type[ByteStream] = ByteStream
    delayed_ack: type[DelayedAck] = DelayedAck


NO_PAYLOAD = packets_size(0)


def _left(transfer: Transfer) -> None:
    """The last byte of a message has left: a function for all streams, where each would bind its
    own method for each message.
    """
    transfer.stream.left(transfer)


def _delivered(transfer: Transfer) -> None:
    """A message is at the other end, likewise."""
    transfer.stream.delivered(transfer)


def _nobody_waits(_: object) -> None:
    """What happens when the last of some acknowledgements has left."""
