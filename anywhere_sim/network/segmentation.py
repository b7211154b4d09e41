"""What a payload becomes on the wire: TLS records, segments and their headers, and which of the
acknowledgements that answer them are packets of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import Any, Final

from mypy_extensions import mypyc_attr

from anywhere_sim.network.tcp_model import TcpModel

MAX_RECORD_BYTES: Final = 16_384  # RFC 5246 6.2.1: a record carries at most 2^14 bytes
CBC_BLOCK_BYTES: Final = 16  # AES
NEVER_S: Final = -inf


@dataclass(frozen=True, slots=True, eq=False)
class TlsVersion:
    """The bytes of one version's handshakes and records; compared by identity.

    `full` are the four flights of a full handshake (client, server, client, server), `resumed` the
    three of a resumed one, whose last client flight travels with the first data. A record costs
    `overhead_bytes`; its payload, with `mac_bytes` where the MAC is encrypted too, is padded to
    whole blocks, by one byte at least (RFC 5246 6.2.3.2).
    """

    name: str
    full: tuple[int, int, int, int]
    resumed: tuple[int, int, int]
    overhead_bytes: int
    mac_bytes: int

    def record_bytes(self, payload: int) -> int:
        """Return the bytes of the records that carry `payload` bytes; 0 for none."""
        whole, rest = divmod(payload, MAX_RECORD_BYTES)
        return whole * self._record(MAX_RECORD_BYTES) + (self._record(rest) if rest else 0)

    def _record(self, payload: int) -> int:
        blocks = (payload + self.mac_bytes) // CBC_BLOCK_BYTES + 1
        return self.overhead_bytes + blocks * CBC_BLOCK_BYTES


# real_peers 4, two certificates of RSA-2048; TLS 1.0 record: header 5, MAC 20 inside the padding.
# TLS 1.2 as measured in real_peers 2.2: encrypt-then-MAC (RFC 7366), header 5 + IV 16 + MAC 20 = 41
# outside the padding; with a session ticket (RFC 5077).
TLS_VERSIONS: Mapping[str, TlsVersion] = {
    "tls1.0": TlsVersion("tls1.0", (62, 2455, 330, 63), (94, 157, 63), 5, 20),
    "tls1.2": TlsVersion("tls1.2", (139, 2455, 346, 79), (171, 173, 79), 41, 0),
    "tls1.2-ticket": TlsVersion("tls1.2-ticket", (145, 2439, 346, 242), (517, 173, 79), 41, 0),
}


MAX_CACHED_SIZES: Final = 10_000  # per stack and tunnel; a mailbox full of bodies has more


@mypyc_attr(acyclic=True)
class WireSize:
    """What a payload becomes on an access path.

    `segments` are those in all, `segments_per_channel` those on each of its channels; `ip_bytes`
    include headers. `ack_bytes_in_flight` are the bytes of the acknowledgements that go the other
    way meanwhile. `fits_initial_window`: the first window of a new connection holds it. One object
    stands for all messages of a size: it is never changed.
    """

    __slots__ = (
        "ack_bytes_in_flight",
        "fits_initial_window",
        "ip_bytes",
        "payload",
        "segments",
        "segments_per_channel",
    )

    def __init__(
        self,
        payload: int,
        segments: int,
        segments_per_channel: int,
        ip_bytes: int,
        ack_bytes_in_flight: int,
        *,
        fits_initial_window: bool,
    ) -> None:
        self.payload = payload
        self.segments = segments
        self.segments_per_channel = segments_per_channel
        self.ip_bytes = ip_bytes
        self.ack_bytes_in_flight = ack_bytes_in_flight
        self.fits_initial_window = fits_initial_window

    def with_acks(self, more_bytes: int) -> WireSize:
        """Return it with so many more bytes of acknowledgements in flight."""
        return WireSize(
            self.payload,
            self.segments,
            self.segments_per_channel,
            self.ip_bytes,
            self.ack_bytes_in_flight + more_bytes,
            fits_initial_window=self.fits_initial_window,
        )


def packets_size(ip_bytes: int) -> WireSize:
    """Return the size of bare packets (SYN, FIN, DNS) with that many IP bytes, headers included;
    they leave in one piece.
    """
    return WireSize(0, 0, 0, ip_bytes, 0, fits_initial_window=True)


@mypyc_attr(allow_interpreted_subclasses=True)
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


@mypyc_attr(allow_interpreted_subclasses=True, acyclic=True)
class DelayedAck:
    """The acknowledgements that one end sends (RFC 1122 4.2.3.2, RFC 5681 4.2), but for those in
    flight beside a long message.

    Every second segment is acknowledged at once. The acknowledgement of an odd last one is delayed:
    it is piggybacked on data that goes back in time, else it leaves as a stand-alone packet after
    the stack's delay. Where data goes back on another TCP connection (RPC over HTTP) nothing
    `piggybacks`. A `quick` end delays none; it is so on a stack that begins with quick
    acknowledgements, until it has answered in time. `stand_alone_bytes` are the IP bytes that have
    left by themselves long before anything that could have followed them.
    """

    __slots__ = (
        "_delay_s",
        "_delayed_bytes",
        "_due_s",
        "_immediate_bytes",
        "_packet_bytes",
        "piggybacks",
        "quick",
        "stand_alone_bytes",
    )

    def __init__(self, packet_bytes: int, delay_s: float, *, quick: bool) -> None:
        self._packet_bytes = packet_bytes
        self._delay_s = delay_s
        self.quick = quick
        self.piggybacks = True
        self.stand_alone_bytes = 0
        self._due_s = NEVER_S
        self._immediate_bytes = self._delayed_bytes = 0

    def reset(self, *, quick: bool) -> None:
        """A TCP connection begins: what is delayed on the one before leaves alone."""
        self._time_out()
        self._due_s, self.quick = NEVER_S, quick

    def data_received(self, segments: int, now_s: float, channels: int = 1) -> None:
        """The last of a message's segments (on each channel) has come."""
        if now_s >= self._due_s:
            self._time_out()
        if not segments:
            return
        self._due_s = now_s + self._delay_s
        ack_bytes = channels * self._packet_bytes
        if segments % 2 == 0:
            self._immediate_bytes += ack_bytes
        elif self._delayed_bytes or self.quick:
            self._immediate_bytes += ack_bytes
            self._delayed_bytes = 0
        else:
            self._delayed_bytes = ack_bytes

    def data_sent(self, now_s: float, channels: int = 1) -> int:
        """Data goes back: return the IP bytes of the acknowledgements just ahead of it; delayed
        ones of its channels ride on it.
        """
        if now_s >= self._due_s:
            self._time_out()
        elif self.piggybacks:
            self.quick = False
            self._delayed_bytes = max(0, self._delayed_bytes - channels * self._packet_bytes)
        ahead, self._immediate_bytes = self._immediate_bytes, 0
        return ahead

    def _time_out(self) -> None:
        """The delay is over: everything has left alone."""
        self.stand_alone_bytes += self._immediate_bytes + self._delayed_bytes
        self._immediate_bytes = self._delayed_bytes = 0
