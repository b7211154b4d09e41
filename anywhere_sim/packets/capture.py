"""Packets of TCP and UDP, in the order in which the client's side sees them, as frames of a file.

A `Capture` holds what one RPC connection puts on the line: messages, each with the instants of its
first and last packet, and bare packets. `packets()` cuts the messages into segments, spreads these
evenly between the two instants, and lets no message begin before the one ahead of it has ended.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from anywhere_sim.network.segmentation import Segmentation
from anywhere_sim.network.tcp_model import Stack

FIN, SYN, RST, PUSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
ETHERNET_BYTES, IP_BYTES, TCP_BYTES, UDP_BYTES = 14, 20, 20, 8
_TCP, _UDP = 6, 17
_LARGEST_WINDOW = 65_535
_NOP, _MSS, _SCALE, _SACK = b"\x01", b"\x02\x04", b"\x03\x03", b"\x04\x02"


@dataclass(frozen=True, slots=True)
class Host:
    """An address of IPv4 and a port."""

    address: bytes
    port: int


@dataclass(slots=True, eq=False)
class Line:
    """One TCP connection, or one exchange over UDP, between a client and a server."""

    client: Host
    server: Host
    udp: bool = False
    sent: list[int] = field(default_factory=lambda: [0, 0])
    """Sequence numbers from the server, from the client."""

    def __post_init__(self) -> None:
        seed = int.from_bytes(self.client.address, "big") * 31 + self.client.port
        self.sent = [seed * 2_654_435_761 % 2**32, seed * 40_503 % 2**32]


@dataclass(slots=True, eq=False)
class Packet:
    """One packet. `again`: it repeats that one's bytes, as many as `data` has; a `probe` repeats
    the byte before the next. `trailer_bytes` stand behind the IP packet.
    """

    time_s: float
    line: Line
    up: bool
    data: bytes = b""
    flags: int = ACK
    again: Packet | None = None
    probe: bool = False
    trailer_bytes: int = 0
    rank: float = 0
    sequence: int = 0


@dataclass(slots=True, eq=False)
class Message:
    """Bytes that are sent together; `segment_bytes` where they are not those of the stack."""

    line: Line
    up: bool
    data: bytes
    first_s: float
    last_s: float
    rank: int
    segment_bytes: int
    resend: tuple[int, int] = (0, 0)
    """Packets of it that are sent again, and the bytes of data in each."""


class Capture:
    """What one RPC connection puts on the line. Sizes are IP bytes, a tunnel's included."""

    def __init__(self, packets: Segmentation, rtt_s: float) -> None:
        self.stack: Stack = packets.stack
        self.rtt_s = rtt_s
        self.tunnel_bytes = packets.tunnel_bytes
        self.ack_bytes = packets.packet_bytes(self.stack.header_bytes)
        self.messages: list[Message] = []
        self.bare: list[Packet] = []
        self._rank = 0

    def message(
        self, line: Line, up: bool, data: bytes, first_s: float, last_s: float = 0.0,
        segment_bytes: int = 0, resend: tuple[int, int] = (0, 0),
    ) -> None:  # fmt: skip
        """Add bytes that are sent together."""
        self._rank += 1
        segment_bytes = segment_bytes or self.stack.segment_bytes
        last_s = max(first_s, last_s)
        self.messages.append(
            Message(line, up, data, first_s, last_s, self._rank, segment_bytes, resend)
        )

    def packet(
        self, line: Line, up: bool, time_s: float, flags: int = ACK, rank: float = 0, **more: Any
    ) -> None:
        """Add one packet; of the same instant it stands where it was added, or at `rank`."""
        self._rank += 1
        self.bare.append(Packet(time_s, line, up, flags=flags, rank=rank or self._rank, **more))

    def size(self, line: Line, data_bytes: int, flags: int = ACK) -> int:
        """Return the IP bytes of a packet."""
        if line.udp:
            return IP_BYTES + UDP_BYTES + data_bytes + self.tunnel_bytes
        header = self.stack.syn_bytes if flags & SYN else self.stack.header_bytes
        return header + data_bytes + self.tunnel_bytes

    def message_bytes(self, line: Line, data_bytes: int, segment_bytes: int = 0) -> int:
        """Return the IP bytes of a message."""
        segments = -(-data_bytes // (segment_bytes or self.stack.segment_bytes))
        return data_bytes + segments * self.size(line, 0)

    def bytes_of(self, up: bool) -> int:
        """Return the IP bytes of all that was added, in one direction."""
        total = sum(
            self.message_bytes(each.line, len(each.data), each.segment_bytes)
            + each.resend[0] * self.size(each.line, each.resend[1])
            for each in self.messages
            if each.up == up
        )
        return total + sum(
            self.size(each.line, len(each.data), each.flags) + each.trailer_bytes
            for each in self.bare
            if each.up == up
        )

    def packets(self) -> list[Packet]:
        """Return all packets in the order of their times."""
        made = list[Packet]()
        groups: dict[tuple[int, bool], list[Message]] = defaultdict(list)
        for message in self.messages:
            groups[id(message.line), message.up].append(message)
        for (_, up), messages in groups.items():
            free_s = float("-inf")
            for message in sorted(messages, key=lambda each: each.first_s if up else each.last_s):
                first_s, last_s = max(message.first_s, free_s), max(message.last_s, free_s)
                made += _segments(message, first_s, last_s)
                free_s = last_s
        return sorted([*made, *self.bare], key=lambda each: (each.time_s, each.rank))


def _segments(message: Message, first_s: float, last_s: float) -> Iterator[Packet]:
    size, data = message.segment_bytes, message.data
    count = max(1, -(-len(data) // size))
    step_s = (last_s - first_s) / (count - 1) if count > 1 else 0.0
    made = None
    for number in range(count):
        last = number == count - 1
        if count == 1 and not message.up:
            time_s = last_s
        else:
            time_s = last_s if last and number else first_s + number * step_s
        part = data[number * size : (number + 1) * size]
        flags = ACK | PUSH if last else ACK
        if last and message.resend[0] and made is not None:
            yield from _again(message, made, time_s)
        made = Packet(
            time_s, message.line, message.up, part, flags, rank=message.rank + number / 1e6
        )
        yield made
        if last and message.resend[0] and count == 1:
            yield from _again(message, made, time_s)


def _again(message: Message, first: Packet, time_s: float) -> Iterator[Packet]:
    count, size = message.resend
    for _ in range(count):
        data = first.data[:size].ljust(size, b"\0")
        yield Packet(time_s, first.line, first.up, data, again=first, rank=message.rank + 1)


# frames


class FrameWriter:
    """Writes packets as frames of Ethernet into a file of libpcap, with the library dpkt."""

    def __init__(self, file: Any, dpkt: Any, day_1_s: float) -> None:
        self._dpkt = dpkt
        self._day_1_s = day_1_s
        self._writer = dpkt.pcap.Writer(file, snaplen=65_535)
        self._number = 0
        self.frames = 0

    def write(self, packets: Iterable[tuple[Packet, Stack, int]]) -> None:
        """Write packets in the order given, each with its stack and the bytes of its tunnel."""
        for packet, stack, tunnel_bytes in packets:
            frame = self._frame(packet, stack)
            frame += bytes(tunnel_bytes + packet.trailer_bytes)
            self._writer.writepkt_time(frame, round(self._day_1_s + packet.time_s, 6))
            self.frames += 1

    def _frame(self, packet: Packet, stack: Stack) -> bytes:
        line = packet.line
        ends = (line.client, line.server) if packet.up else (line.server, line.client)
        source, target = ends
        if line.udp:
            carried = self._dpkt.udp.UDP(
                sport=source.port, dport=target.port, data=packet.data,
                ulen=UDP_BYTES + len(packet.data),
            )  # fmt: skip
        else:
            carried = self._tcp(packet, source, target, stack)
        self._number = self._number % 65_535 + 1
        ip = self._dpkt.ip.IP(
            src=source.address, dst=target.address, p=_UDP if line.udp else _TCP, ttl=128,
            id=self._number, data=carried, len=IP_BYTES + len(carried),
        )  # fmt: skip
        frame = self._dpkt.ethernet.Ethernet(
            src=b"\x02\x00" + source.address, dst=b"\x02\x00" + target.address, data=ip
        )
        return bytes(frame)

    def _tcp(self, packet: Packet, source: Host, target: Host, stack: Stack) -> Any:
        line, up = packet.line, packet.up
        if packet.again is not None:
            sequence = packet.again.sequence
        else:
            sequence = (line.sent[up] - packet.probe) % 2**32
            if not packet.probe:
                taken = len(packet.data) + bool(packet.flags & (SYN | FIN))
                line.sent[up] = (line.sent[up] + taken) % 2**32
        packet.sequence = sequence
        options = _options(packet, stack)
        shift = _scale(stack)
        window = min(
            _LARGEST_WINDOW, stack.receive_window_bytes >> (0 if packet.flags & SYN else shift)
        )
        return self._dpkt.tcp.TCP(
            sport=source.port, dport=target.port, seq=sequence,
            ack=line.sent[not up] if packet.flags & ACK else 0, flags=packet.flags,
            win=window, off=5 + len(options) // 4, opts=options, data=packet.data,
        )  # fmt: skip


def _scale(stack: Stack) -> int:
    return max(0, stack.receive_window_bytes.bit_length() - 16)


def _options(packet: Packet, stack: Stack) -> bytes:
    """Return the options that make a header as long as the stack's: of a SYN, and time stamps."""
    stamps = b""
    if stack.header_bytes > IP_BYTES + TCP_BYTES:
        clock_ms = int(packet.time_s * 1_000) % 2**32
        stamps = b"\x08\x0a" + struct.pack(">II", clock_ms, clock_ms if packet.flags & ACK else 0)
    if not packet.flags & SYN:
        return _NOP + _NOP + stamps if stamps else b""
    options = _MSS + struct.pack(">H", stack.segment_bytes + (12 if stamps else 0)) + _SACK + stamps
    if _scale(stack):
        options += _NOP + _SCALE + bytes((_scale(stack),))
    room = stack.syn_bytes - IP_BYTES - TCP_BYTES
    return options.ljust(room, _NOP)[:room]
