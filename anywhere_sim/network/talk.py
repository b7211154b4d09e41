"""Two ends talking over a line before there is a connection: packets and messages, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Generator
from math import inf
from typing import Any

import simpy

from anywhere_sim.des.environment import Environment, Process, Timer
from anywhere_sim.des.station import Job
from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.network.link import Flow
from anywhere_sim.network.meter import Meter
from anywhere_sim.network.segmentation import WireSize


class StageFailed(Exception):
    """A stage of an attempt failed: `stage` names it, `reason` says why."""

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(stage, reason)
        self.stage = stage
        self.reason = reason


Serve = Callable[[Callable[[Job], None]], None]
"""What a server does before it answers: it calls what it is given when it is done."""

_BARE = WireSize(0, 0, 0, 0, 0, fits_initial_window=True)
"""What is no payload: it leaves in one piece, whatever it is."""


class _Crossing(simpy.Event):
    """Some bytes that cross the line from now on; the event is their arrival.

    `delay_s` are the seconds that loss costs them, `sent_before` the segments sent before.
    """

    def __init__(self, env: Environment, size: float, delay_s: float, wire_size: WireSize, sent_before: int, *, up: bool) -> None:
        super().__init__(env)
        self.size = size
        self.delay_s = delay_s
        self.wire_size = wire_size
        self.sent_before = sent_before
        self.entered_s = env.now
        self.up = up
        self.flow: Flow | None = None


class _Served(simpy.Event):
    """A server has done its part, or is waited for no longer; its value is which."""

    env: Environment

    def take(self, _: Job) -> None:
        """The server is done."""
        if not self.triggered:
            self.env.trigger_now(self, value=True)

    def give_up(self) -> None:
        """The time is over."""
        if not self.triggered:
            self.env.trigger_now(self, value=False)


class Talk:
    """The bytes and round trips of one attempt; each method is a step that takes its time on the line.

    `sent_up` and `sent_down` are the segments sent since the TCP connection was last cold.
    """

    def __init__(self, access_path: AccessPath) -> None:
        self.access_path = access_path
        self.env = access_path.env
        self.meter = Meter(access_path)
        self.round_trips = 0
        self.ports: list[str] = []
        self.sent_up = self.sent_down = 0
        self._used_s = -inf
        self._crossing: _Crossing | None = None
        self._served: _Served | None = None
        self._late = Timer(self.env, self._give_up)  # one for all waits: it goes off rarely

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
        packet_bytes = self.access_path.packets.packet_bytes
        yield self._enter(self.meter.take_up(count * packet_bytes(up_ip_bytes)), up=True)
        yield self._enter(self.meter.take_down(count * packet_bytes(down_ip_bytes)), up=False)
        self._used_s = self.env.now
        self.round_trips += 1

    def send(self, payload: int, channels: int = 1) -> Process:
        """Send a message of `payload` bytes up; on a new connection, and after a rest where the stack restarts, in slow start."""
        access_path, meter = self.access_path, self.meter
        if access_path.tcp.restarts_after(self.env.now - self._used_s):
            self.sent_up = self.sent_down = 0
        wire_size = access_path.packets.wire_size(payload, channels)
        resent, delay_s = access_path.lost(payload, access_path.up)
        meter.resent += resent
        size = meter.take_up(wire_size.ip_bytes + resent, channels)
        if wire_size.ack_bytes_in_flight:
            meter.acknowledge(wire_size.ack_bytes_in_flight, up=False)
        sent_before = self.sent_up
        self.sent_up += wire_size.segments
        yield self._enter(size, delay_s, wire_size, sent_before, up=True)
        self._used_s = self.env.now
        meter.server.receive(wire_size.segments_per_channel, self.env.now, channels)

    def receive(self, payload: int, channels: int = 1) -> Process:
        """Receive a message of `payload` bytes."""
        access_path, meter = self.access_path, self.meter
        wire_size = access_path.packets.wire_size(payload, channels)
        resent, delay_s = access_path.lost(payload, access_path.down)
        meter.resent += resent
        size = meter.take_down(wire_size.ip_bytes + resent, channels)
        if wire_size.ack_bytes_in_flight:
            meter.acknowledge(wire_size.ack_bytes_in_flight, up=True)
        sent_before = self.sent_down
        self.sent_down += wire_size.segments
        yield self._enter(size, delay_s, wire_size, sent_before, up=False)
        self._used_s = self.env.now
        meter.client.receive(wire_size.segments_per_channel, self.env.now, channels)

    def send_in_vain(self, ip_bytes: int, count: int = 1) -> Process:
        """Send `count` packets that nobody will answer; done when they have left."""
        size = self.meter.take_up(count * self.access_path.packets.packet_bytes(ip_bytes))
        crossing = _Crossing(self.env, size, 0.0, _BARE, 0, up=True)
        crossing.flow = self.access_path.up.send(crossing, size, self._gone, inf, size)
        self._crossing = crossing
        yield crossing

    def _gone(self, crossing: _Crossing) -> None:
        self._crossing = None
        self.env.trigger_now(crossing)

    def note(self, payload: int, channels: int = 1) -> None:
        """Add a message that travels with the next one and costs no round trip."""
        self.meter.owed_up += self.access_path.packets.wire_size(payload, channels).ip_bytes

    def wait_for(self, serve: Serve, most_s: float = inf) -> Generator[simpy.Event, Any, bool]:
        """Let a server do its part; the value is whether it has, within `most_s` seconds."""
        self._served = served = _Served(self.env)
        self._late.set(self.env.now + most_s)
        serve(served.take)
        done: bool = yield served
        self._late.clear()
        return done

    def _give_up(self) -> None:
        """The server has been waited for long enough."""
        if self._served is not None:
            self._served.give_up()

    def _enter(self, size: float, delay_s: float = 0.0, wire_size: WireSize = _BARE, sent_before: int = 0, *, up: bool) -> _Crossing:
        """Let some bytes enter the line; when they arrive is known when the last of them has left."""
        access_path = self.access_path
        self._crossing = crossing = _Crossing(self.env, size, delay_s, wire_size, sent_before, up=up)
        link = access_path.up if up else access_path.down
        crossing.flow = link.send(crossing, size, self._left, inf, access_path.burst_bytes(size, wire_size, sent_before))
        return crossing

    def _left(self, crossing: _Crossing) -> None:
        """The last byte is on its way."""
        access_path, flow = self.access_path, crossing.flow
        assert flow is not None
        self._crossing = None
        link, end = (access_path.up, self.meter.server) if crossing.up else (access_path.down, self.meter.client)
        delay_s = access_path.delay_s() + crossing.delay_s
        if flow.burst_bytes < crossing.size or crossing.entered_s < link.resumed_s:
            delay_s += access_path.stall_s(
                link, flow, crossing.size, crossing.wire_size.payload, crossing.entered_s, crossing.sent_before, quick=end.quick
            )
        self.env.succeed_in(crossing, delay_s)

    def break_off(self) -> None:
        """The attempt ends in the middle of a step: what is still on the link leaves it."""
        crossing, self._crossing = self._crossing, None
        if crossing is None or crossing.flow is None:
            return
        if crossing.up:
            self.meter.up -= self.access_path.up.remove(crossing.flow)
        else:
            self.meter.down -= self.access_path.down.remove(crossing.flow)
