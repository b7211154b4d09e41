"""Two ends talking over a line before there is a connection: packets and messages, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Generator
from math import inf
from typing import Any

import simpy

from anywhere_sim.kernel import wire
from anywhere_sim.kernel.clock import Process
from anywhere_sim.kernel.link import Flow, Link
from anywhere_sim.kernel.station import Job
from anywhere_sim.model.line import COLD_AFTER_S, Line
from anywhere_sim.model.meter import Meter


class StageFailed(Exception):
    """A stage of an attempt failed: `stage` names it, `reason` says why."""

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(stage, reason)
        self.stage = stage
        self.reason = reason


Serve = Callable[[Callable[[Job], None]], None]
"""What a server does before it answers: it calls what it is given when it is done."""

_Crossing = tuple[simpy.Event, float, float, int, int, float]
"""The event of an arrival; IP bytes, seconds of loss, payload bytes, segments sent before, and when it entered the link."""


class Talk:
    """The bytes and round trips of one attempt; each method is a step that takes its time on the line.

    `sent_up` and `sent_down` are the segments sent since the TCP connection was last cold.
    """

    def __init__(self, line: Line) -> None:
        self.line = line
        self.clock = line.clock
        self.meter = Meter(line)
        self.round_trips = 0
        self.ports: list[str] = []
        self.sent_up = self.sent_down = 0
        self._used_s = -inf
        self._flow: tuple[Link, Flow, bool] | None = None

    def begin_connection(self) -> None:
        """A TCP connection is opened: acknowledgements and slow start begin anew."""
        self.meter.renew()
        self.sent_up = self.sent_down = 0

    def exchange(
        self,
        up_payload: int,
        down_payload: int,
        serve: Serve | None = None,
        channels: tuple[int, int] = (1, 1),
    ) -> Process:
        """Send a message, let the server work, receive the answer: one round trip. Each is spread over so many TCP connections."""
        yield from self.send(up_payload, channels[0])
        if serve is not None:
            yield from self.wait_for(serve)
        yield from self.receive(down_payload, channels[1])
        self.round_trips += 1

    def packets(self, up_ip_bytes: int, down_ip_bytes: int, count: int = 1) -> Process:
        """Exchange `count` bare packets (SYN, DNS) of a size that includes the headers: one round trip."""
        up, down = count * self.line.packets.packet_bytes(up_ip_bytes), count * self.line.packets.packet_bytes(down_ip_bytes)
        yield from self._cross(self.line.up, self.meter.take_up(up), up=True)
        yield from self._cross(self.line.down, self.meter.take_down(down), up=False)
        self.round_trips += 1

    def send(self, payload: int, channels: int = 1) -> Process:
        """Send a message of `payload` bytes up; on a new connection, and after a rest where the stack restarts, in slow start."""
        if self.line.stack.restarts and self.clock.now - self._used_s > COLD_AFTER_S:
            self.sent_up = self.sent_down = 0
        resent, delay_s = self.line.lost(payload, self.line.up)
        self.meter.resent += resent
        size = self.meter.take_up(self.line.packets.ip_bytes(payload, channels) + resent, channels)
        if beside := self.line.packets.ack_bytes(payload, channels):
            self.meter.acknowledge(beside, up=False)
        sent_before = self.sent_up
        self.sent_up += wire.segments(payload, self.line.stack)
        yield from self._cross(self.line.up, size, delay_s, payload, sent_before, up=True)
        self.meter.server.receive(self.line.packets.segments(-(-payload // channels)), self.clock.now, channels)

    def receive(self, payload: int, channels: int = 1) -> Process:
        """Receive a message of `payload` bytes."""
        resent, delay_s = self.line.lost(payload, self.line.down)
        self.meter.resent += resent
        size = self.meter.take_down(self.line.packets.ip_bytes(payload, channels) + resent, channels)
        if beside := self.line.packets.ack_bytes(payload, channels):
            self.meter.acknowledge(beside, up=True)
        sent_before = self.sent_down
        self.sent_down += wire.segments(payload, self.line.stack)
        yield from self._cross(self.line.down, size, delay_s, payload, sent_before, up=False)
        self.meter.client.receive(self.line.packets.segments(-(-payload // channels)), self.clock.now, channels)

    def send_in_vain(self, ip_bytes: int, count: int = 1) -> Process:
        """Send `count` packets that nobody will answer; done when they have left."""
        size = count * self.line.packets.packet_bytes(ip_bytes)
        sent = self.clock.event()
        self._flow = (self.line.up, self.line.up.send(sent, self.meter.take_up(size), self._gone, inf, size), True)
        yield sent

    def _gone(self, sent: simpy.Event) -> None:
        self._flow = None
        sent.succeed()

    def note(self, payload: int, channels: int = 1) -> None:
        """Add a message that travels with the next one and costs no round trip."""
        self.meter.owed_up += self.line.packets.ip_bytes(payload, channels)

    def wait_for(self, serve: Serve, most_s: float = inf) -> Generator[simpy.Event, Any, bool]:
        """Let a server do its part; the value is whether it has, within `most_s` seconds."""
        served = self.clock.event()
        late = self.clock.call_at(self.clock.now + most_s, lambda: _succeed(served, served=False)) if most_s < inf else None
        serve(lambda job: _succeed(served, served=True))
        done: bool = yield served
        if late:
            late.cancel()
        return done

    def _cross(self, link: Link, size: float, delay_s: float = 0.0, payload: int = 0, sent_before: int = 0, *, up: bool) -> Process:
        """Let some bytes leave and arrive: one event at the far end, whose time is known when the last byte has left."""
        arrived = self.clock.event()
        crossing = (arrived, size, delay_s, payload, sent_before, self.clock.now)
        self._flow = (link, link.send(crossing, size, self._left, inf, self.line.burst_bytes(size, payload, sent_before)), up)
        yield arrived
        self._used_s = self.clock.now

    def _left(self, crossing: _Crossing) -> None:
        """The last byte is on its way."""
        assert self._flow is not None
        link, flow, up = self._flow
        self._flow = None
        arrived, size, delay_s, payload, sent_before, entered_s = crossing
        quick = self.meter.server.quick if up else self.meter.client.quick
        delay_s += self.line.stall_s(link, flow, size, payload, entered_s, sent_before, quick=quick)
        self.clock.succeed_in(arrived, self.line.delay_s() + delay_s)

    def break_off(self) -> None:
        """The attempt ends in the middle of a step: what is still on the link leaves it."""
        if self._flow is None:
            return
        link, flow, up = self._flow
        left = link.remove(flow)
        if up:
            self.meter.up -= left
        else:
            self.meter.down -= left
        self._flow = None


def _succeed(event: simpy.Event, *, served: bool) -> None:
    if not event.triggered:
        event.succeed(served)
