"""Requests and responses before there is an RPC connection: steps that a process waits for, one
after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from math import inf
from typing import Any, Literal

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Process, Signal, Timer
from anywhere_sim.des.station import Job
from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.network.segmentation import packets_size
from anywhere_sim.network.tcp_connection import TcpComponents

Answer = Literal["open", "refuse", "drop"]
"""What a SYN meets."""


class StageFailed(Exception):
    """A stage of an attempt failed: `stage` names it ("": the one under way), `reason` says why."""

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(stage, reason)
        self.stage = stage
        self.reason = reason


Serve = Callable[[Callable[[Job], None]], None]
"""What a server does before it responds: it calls what it is given when it is done."""


class _Done(Signal):
    """Something that a process waits for has happened, or is waited for no longer; the value is
    which.
    """

    __slots__ = ()

    def happen(self, _: object = None) -> None:
        """It has happened."""
        if not self.triggered:
            self.succeed_now(value=True)

    def give_up(self) -> None:
        """The time is over."""
        if not self.triggered:
            self.succeed_now(value=False)


@mypyc_attr(allow_interpreted_subclasses=True)
class TcpExchange:
    """Steps on one `tcp` connection; each takes its time on the access path. `round_trips` counts
    them, `ports` names what was tried.
    """

    def __init__(self, access_path: AccessPath, components: TcpComponents) -> None:
        self.access_path = access_path
        self.env = access_path.env
        self.tcp = components.tcp_connection(access_path, components)
        self.round_trips = 0
        self.ports: list[str] = []
        self._served: _Done | None = None
        self._timer = Timer(self.env, self._give_up)  # one for all waits: it goes off rarely

    def connect(self, answer: Answer, channels: int = 1) -> Process:
        """Open TCP connections to one port, `channels` at once; one round trip when it is open.

        Raises StageFailed at once or after the stack's repeats for a refusal, after the SYN
        schedule for silence.
        """
        if answer == "drop":
            yield from self._dropped(channels)
        elif answer == "refuse":
            yield from self._refused(channels)
        else:
            yield from self._opened(channels)

    def _opened(self, channels: int) -> Process:
        access_path = self.access_path
        if access_path.loss:
            delay_s = access_path.tcp.syn_loss_delay_s(access_path.draws, access_path.loss)
            if delay_s is None:
                yield from self._dropped(channels)
            elif delay_s:
                yield self.env.timeout(delay_s)
        self.tcp.open()
        up, down, last = access_path.tcp.handshake_bytes()
        yield from self.packets(up, down, channels)
        self.tcp.up.pending_bytes += channels * access_path.packets.packet_bytes(last)

    def _dropped(self, channels: int) -> Process:
        tcp = self.access_path.tcp
        begun_s = self.env.now
        for next_s in (*tcp.syn_times_s()[1:], tcp.syn_give_up_s()):
            yield from self.send_unanswered(tcp.stack.syn_bytes, channels)
            yield self.env.timeout(max(0.0, begun_s + next_s - self.env.now))
        raise StageFailed("tcp", "silent")

    def _refused(self, channels: int) -> Process:
        stack = self.access_path.stack
        for repeat in range(stack.reset_retries + 1):
            if repeat:
                yield self.env.timeout(stack.reset_retry_gap_s)
            yield from self.packets(stack.syn_bytes, stack.header_bytes, channels)
        raise StageFailed("tcp", "refused")

    def exchange(
        self,
        up_payload: int,
        down_payload: int,
        serve: Serve | None = None,
        channels: tuple[int, int] = (1, 1),
    ) -> Process:
        """Send a request, let the server work, receive the response: one round trip; each is spread
        over so many channels.
        """
        yield from self.send(up_payload, channels[0])
        if serve is not None:
            yield from self.wait_for(serve, inf)
        yield from self.receive(down_payload, channels[1])
        self.round_trips += 1

    def send(self, payload: int, channels: int = 1) -> Process:
        """Send a message of `payload` bytes up."""
        done = _Done(self.env)
        self.tcp.send_up(
            self.access_path.packets.wire_size(payload, channels), done.happen, None, channels
        )
        yield done

    def receive(self, payload: int, channels: int = 1) -> Process:
        """Receive a message of `payload` bytes.

        Raises StageFailed, of whatever stage it is, when it vanishes on the way until the far end
        gives up.
        """
        if self.access_path.swallows(payload):
            yield self.env.timeout(self.access_path.give_up_s)
            raise StageFailed("", "silent")
        done = _Done(self.env)
        self.tcp.send_down(
            self.access_path.packets.wire_size(payload, channels), done.happen, None, channels
        )
        yield done

    def packets(self, up_ip_bytes: int, down_ip_bytes: int, count: int = 1) -> Process:
        """Exchange `count` bare packets (SYN, DNS) of a size that includes the headers: one round
        trip.
        """
        packet_bytes = self.access_path.packets.packet_bytes
        sent, received = _Done(self.env), _Done(self.env)
        self.tcp.send_up(packets_size(count * packet_bytes(up_ip_bytes)), sent.happen)
        yield sent
        self.tcp.send_down(packets_size(count * packet_bytes(down_ip_bytes)), received.happen)
        yield received
        self.round_trips += 1

    def send_unanswered(self, ip_bytes: int, count: int = 1) -> Process:
        """Send `count` packets that nobody will answer; done when they have left."""
        left = _Done(self.env)
        self.tcp.up.send_unanswered(
            count * self.access_path.packets.packet_bytes(ip_bytes), left.happen
        )
        yield left

    def piggyback(self, payload: int, channels: int = 1) -> None:
        """Add a message that travels with the next one up and costs no round trip."""
        self.tcp.up.pending_bytes += self.access_path.packets.wire_size(payload, channels).ip_bytes

    def wait_for(self, serve: Serve, max_s: float) -> Generator[Signal, Any, bool]:
        """Let a server do its part; the value is whether it has, within `max_s` seconds."""
        self._served = served = _Done(self.env)
        self._timer.set(self.env.now + max_s)
        serve(served.happen)
        done: bool = yield served
        self._timer.clear()
        return done

    def _give_up(self) -> None:
        """The server has been waited for long enough."""
        if self._served is not None:
            self._served.give_up()

    def break_off(self) -> None:
        """The attempt ends in the middle of a step: what is still on the path leaves it."""
        self.tcp.cancel_all()
