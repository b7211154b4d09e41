"""The line between one client at one place and the company's servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anywhere_sim.kernel import wire
from anywhere_sim.kernel.clock import Clock
from anywhere_sim.kernel.link import Link
from anywhere_sim.kernel.streams import Stream
from anywhere_sim.kernel.wire import Stack
from anywhere_sim.scenario.place import Place

if TYPE_CHECKING:
    from anywhere_sim.model.connection import Connection


class Line:
    """Two links (up, down), a delay and a loss rate; the links may be shared with others, the rest is the client's own.

    `up_now` is False while the link is away (a cut); `there` is False once the client has left the place.
    """

    __slots__ = (
        "clock", "connections", "down", "draws", "jitter_s", "loss", "name", "one_way_s", "opened_portal",
        "place", "place_name", "stack", "there", "tunnel_bytes", "up", "up_now", "window_bytes_per_s",
    )  # fmt: skip

    def __init__(
        self, clock: Clock, name: str, place_name: str, place: Place, stack: Stack, links: tuple[Link, Link], draws: Stream
    ) -> None:
        self.clock = clock
        self.name = name
        self.place_name = place_name
        self.place = place
        self.stack = stack
        self.up, self.down = links
        self.draws = draws
        self.one_way_s = place.rtt_ms / 2000.0
        self.jitter_s = place.jitter_ms / 1000.0
        self.loss = place.loss
        self.tunnel_bytes = place.tunnel_bytes
        self.window_bytes_per_s = wire.window_cap_bytes_per_s(stack, 2.0 * self.one_way_s)
        self.opened_portal = False
        self.there = True
        self.up_now = True
        self.connections: dict[Connection, None] = {}

    @property
    def rtt_s(self) -> float:
        """The round-trip time without queueing, in seconds."""
        return 2.0 * self.one_way_s

    @property
    def works(self) -> bool:
        """Whether packets pass at all."""
        return self.there and self.up_now

    def open_portal(self) -> None:
        """The person has logged in to the hotspot."""
        self.opened_portal = True

    def delay_s(self) -> float:
        """Return one way's delay: half the round trip, and a drawn share of the jitter."""
        if self.jitter_s == 0.0:
            return self.one_way_s
        return self.one_way_s + self.jitter_s * self.draws.uniform()

    def packet_bytes(self, ip_bytes: int) -> int:
        """Return the IP bytes of one packet, with what a tunnel adds."""
        return ip_bytes + self.tunnel_bytes

    def ip_bytes(self, payload_bytes: int, channels: int = 1) -> int:
        """Return the IP bytes that carry a payload, spread over channels, with what a tunnel adds to each packet."""
        segments = channels * wire.segments(-(-payload_bytes // channels), self.stack)
        return payload_bytes + segments * (self.stack.header_bytes + self.tunnel_bytes)

    def ack_bytes(self, payload_bytes: int, channels: int = 1) -> tuple[int, int]:
        """Return the IP bytes of the acknowledgements that a payload costs the other direction: beside it, and after it."""
        beside, last = wire.ack_bytes(-(-payload_bytes // channels), self.stack)
        if channels == 1 and not self.tunnel_bytes:
            return beside, last
        header = self.stack.header_bytes
        each = channels * (header + self.tunnel_bytes)
        return beside // header * each, last // header * each

    def lost(self, payload_bytes: int) -> tuple[int, float]:
        """Return what loss adds to one message: bytes sent again and seconds of delay."""
        if self.loss == 0.0:
            return 0, 0.0
        return wire.loss_cost(self.draws, payload_bytes, self.loss, self.rtt_s, self.stack)
