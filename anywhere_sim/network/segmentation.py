"""The packets in which payloads travel: a header each, and what a tunnel adds."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from anywhere_sim.network import tcp_model
from anywhere_sim.network.tcp_model import Stack

MAX_CACHED_SIZES = 10_000  # remembered per stack and tunnel; a mailbox full of bodies has more


class WireSize(NamedTuple):
    """What a payload becomes on the line: its segments, in all and on each channel; IP bytes with headers.

    `ack_bytes_in_flight` are the bytes of the acknowledgements that go the other way while it does. `fits_initial_window`: the first window of a new connection holds it.
    """

    payload: int
    segments: int
    segments_per_channel: int
    ip_bytes: int
    ack_bytes_in_flight: int
    fits_initial_window: bool


class Segmentation:
    """The packets of a stack, in a tunnel that adds `tunnel_bytes` to each.

    `wire_size(payload_bytes, channels)` is what a payload becomes, spread over channels (one unless told); it is worked out once.
    """

    __slots__ = ("stack", "tunnel_bytes", "wire_size")

    def __init__(self, stack: Stack, tunnel_bytes: int = 0) -> None:
        self.stack = stack
        self.tunnel_bytes = tunnel_bytes
        self.wire_size = lru_cache(MAX_CACHED_SIZES)(self._wire_size)

    def _wire_size(self, payload_bytes: int, channels: int = 1) -> WireSize:
        stack, each = self.stack, -(-payload_bytes // channels)
        return WireSize(
            payload_bytes, tcp_model.segments(payload_bytes, stack), tcp_model.segments(each, stack), self.ip_bytes(payload_bytes, channels),
            self.ack_bytes(payload_bytes, channels), payload_bytes <= stack.initial_window_segments * stack.segment_bytes,
        )  # fmt: skip

    def packet_bytes(self, ip_bytes: int) -> int:
        """Return the IP bytes of one packet, with what a tunnel adds."""
        return ip_bytes + self.tunnel_bytes

    def ip_bytes(self, payload_bytes: int, channels: int = 1) -> int:
        """Return the IP bytes that carry a payload, spread over channels."""
        segments = channels * tcp_model.segments(-(-payload_bytes // channels), self.stack)
        return payload_bytes + segments * self.packet_bytes(self.stack.header_bytes)

    def ack_bytes(self, payload_bytes: int, channels: int = 1) -> int:
        """Return the IP bytes of the acknowledgements that go the other way while a payload is on its way."""
        return (
            channels * tcp_model.ack_bytes_in_flight(-(-payload_bytes // channels), self.stack) * self.packet_bytes(self.stack.header_bytes)
        )
