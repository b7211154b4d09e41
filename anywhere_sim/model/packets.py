"""The packets in which payloads travel: a header each, and what a tunnel adds."""

from __future__ import annotations

from dataclasses import dataclass

from anywhere_sim.kernel import wire
from anywhere_sim.kernel.wire import Stack


@dataclass(frozen=True, slots=True)
class Packets:
    """The packets of a stack, in a tunnel that adds `tunnel_bytes` to each."""

    stack: Stack
    tunnel_bytes: int = 0

    def packet_bytes(self, ip_bytes: int) -> int:
        """Return the IP bytes of one packet, with what a tunnel adds."""
        return ip_bytes + self.tunnel_bytes

    def segments(self, payload_bytes: int) -> int:
        """Return how many segments carry a payload."""
        return wire.segments(payload_bytes, self.stack)

    def ip_bytes(self, payload_bytes: int, channels: int = 1) -> int:
        """Return the IP bytes that carry a payload, spread over channels."""
        segments = channels * self.segments(-(-payload_bytes // channels))
        return payload_bytes + segments * self.packet_bytes(self.stack.header_bytes)

    def ack_bytes(self, payload_bytes: int, channels: int = 1) -> int:
        """Return the IP bytes of the acknowledgements that go the other way while a payload is on its way."""
        return channels * wire.acks_beside(-(-payload_bytes // channels), self.stack) * self.packet_bytes(self.stack.header_bytes)
