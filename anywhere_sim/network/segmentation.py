"""The packets in which payloads travel: a header each, and what a tunnel adds."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from anywhere_sim.network.tcp_model import TcpModel

MAX_CACHED_SIZES = 10_000  # per stack and tunnel; a mailbox full of bodies has more


class WireSize(NamedTuple):
    """What a payload becomes on an access path.

    `segments` are those in all, `segments_per_channel` those on each of its channels; `ip_bytes`
    include headers. `ack_bytes_in_flight` are the bytes of the acknowledgements that go the other
    way meanwhile. `fits_initial_window`: the first window of a new connection holds it.
    """

    payload: int
    segments: int
    segments_per_channel: int
    ip_bytes: int
    ack_bytes_in_flight: int
    fits_initial_window: bool


class Segmentation:
    """The packets of one TCP in a tunnel that adds `tunnel_bytes` to each.

    `wire_size(payload_bytes, channels=1)` is what a payload becomes, spread over channels. It is
    computed once per size and remembered: a call costs a look into a cache.
    """

    __slots__ = ("framed", "stack", "tcp", "tunnel_bytes", "wire_size")

    def __init__(self, tcp: TcpModel, tunnel_bytes: int = 0) -> None:
        self.tcp = tcp
        self.stack = tcp.stack
        self.tunnel_bytes = tunnel_bytes
        self.framed: dict[Any, Any] = {}
        """Tables of sizes of those who wrap something around payloads, by what they wrap."""
        self.wire_size = lru_cache(MAX_CACHED_SIZES)(self._wire_size)

    def _wire_size(self, payload_bytes: int, channels: int = 1) -> WireSize:
        tcp, stack = self.tcp, self.stack
        return WireSize(
            payload=payload_bytes,
            segments=tcp.segments(payload_bytes),
            segments_per_channel=tcp.segments(_per_channel(payload_bytes, channels)),
            ip_bytes=self.ip_bytes(payload_bytes, channels),
            ack_bytes_in_flight=self.ack_bytes(payload_bytes, channels),
            fits_initial_window=payload_bytes
            <= stack.initial_window_segments * stack.segment_bytes,
        )

    def packet_bytes(self, ip_bytes: int) -> int:
        """Return the IP bytes of one packet, with what a tunnel adds."""
        return ip_bytes + self.tunnel_bytes

    def ip_bytes(self, payload_bytes: int, channels: int = 1) -> int:
        """Return the IP bytes that carry a payload, spread over channels."""
        segments = channels * self.tcp.segments(_per_channel(payload_bytes, channels))
        return payload_bytes + segments * self.packet_bytes(self.stack.header_bytes)

    def ack_bytes(self, payload_bytes: int, channels: int = 1) -> int:
        """Return the IP bytes of the acknowledgements that go the other way meanwhile."""
        acks = channels * self.tcp.acks_in_flight(_per_channel(payload_bytes, channels))
        return acks * self.packet_bytes(self.stack.header_bytes)


def _per_channel(payload_bytes: int, channels: int) -> int:
    """Return the payload of each channel, rounded up."""
    return -(-payload_bytes // channels)
