"""One direction of a connection: a stream of bytes, in which messages follow one another."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from anywhere_sim.network.link import Link
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.rpc.wire_size_cache import WireSizeCache

if TYPE_CHECKING:
    from anywhere_sim.rpc.connection import Connection


class Pipe:
    """Requests on their way up, or answers on their way down: one is on the link, the others wait behind it, none overtakes another.

    `sent_segments` counts those sent since the stream was last cold.
    """

    __slots__ = ("_connection", "_link", "_until_s", "_up", "_waiting", "_wrapping", "moving", "sent_segments")

    def __init__(self, connection: Connection, link: Link, wrapping: WireSizeCache, sent_segments: int, *, up: bool) -> None:
        self._connection = connection
        self._link = link
        self._wrapping = wrapping
        self._up = up
        self._waiting: deque[Rpc] | None = None
        self._until_s = connection.env.now
        self.moving: Rpc | None = None
        self.sent_segments = sent_segments

    def put(self, rpc: Rpc) -> None:
        """Send a message, behind those that are on their way."""
        if self.moving is None:
            self._send(rpc)
        else:
            if self._waiting is None:
                self._waiting = deque()
            self._waiting.append(rpc)

    def clear(self) -> None:
        """Forget what waits and what is on its way."""
        self._waiting = self.moving = None

    def withdraw(self, rpc: Rpc) -> float:
        """Take a message off the link and return the bytes it had not sent."""
        left = self._link.remove(rpc.flow) if rpc.flow is not None else 0.0
        rpc.flow = None
        return left

    def _send(self, rpc: Rpc) -> None:
        """A message enters the link."""
        connection, access_path, up = self._connection, self._connection.access_path, self._up
        meter = connection.meter
        wire_size = self._wrapping[rpc.up_bytes if up else rpc.down_bytes]
        resent, rpc.delay_s = access_path.lost(wire_size.payload, self._link)
        meter.resent += resent
        rpc.entered_s, rpc.wire_size = connection.env.now, wire_size
        rpc.sent_before = self.sent_segments
        self.sent_segments += wire_size.segments
        if wire_size.ack_bytes_in_flight:
            rpc.hops += 1
            meter.acknowledge(wire_size.ack_bytes_in_flight, up=not up)
        if up:
            size = rpc.bytes_up = meter.take_up(wire_size.ip_bytes + resent)
        else:
            size = rpc.bytes_down = meter.take_down(wire_size.ip_bytes + resent)
        self.moving = rpc
        burst = access_path.burst_bytes(size, wire_size, rpc.sent_before)
        if burst > connection.burst_bytes:
            burst = connection.burst_bytes
        rpc.flow = self._link.send(rpc, size, self._left, connection.window_bytes_per_s, burst)

    def _left(self, rpc: Rpc) -> None:
        """The last byte has left; it arrives behind those before it, and the next message enters the link."""
        connection = self._connection
        env = connection.env
        rpc.hops += 1
        connection.last_used_s = env.now
        delay_s = connection.access_path.delay_s() + rpc.delay_s + self._stall_s(rpc)
        rpc.flow = self.moving = None
        arrival_s = env.now + delay_s
        if arrival_s > self._until_s:
            self._until_s = arrival_s
        env.schedule_call(rpc, self._until_s, connection.arrived if self._up else connection.completed)
        if self._waiting and not connection.silent:
            self._send(self._waiting.popleft())

    def _stall_s(self, rpc: Rpc) -> float:
        """Return for how long slow start has held up a message that has left now."""
        flow, size_bytes = rpc.flow, rpc.bytes_up if self._up else rpc.bytes_down
        if flow is None or (flow.burst_bytes >= size_bytes and rpc.entered_s >= self._link.resumed_s):
            return 0.0
        meter = self._connection.meter
        quick = meter.server.quick if self._up else meter.client.quick
        return self._connection.access_path.stall_s(
            self._link, flow, size_bytes, rpc.wire_size.payload, rpc.entered_s, rpc.sent_before, quick=quick
        )
