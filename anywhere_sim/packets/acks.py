"""When acknowledgements leave that are packets of their own (RFC 1122 4.2.3.2, RFC 5681 4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from anywhere_sim.packets.capture import Line, Packet

BEHIND = 5e-7
"""An acknowledgement stands between two segments of a message, whose ranks are 1e-6 apart."""


@dataclass(frozen=True, slots=True)
class Due:
    """An acknowledgement: where, when, and behind which packet of the same instant."""

    line: Line
    time_s: float
    rank: float


@dataclass(slots=True)
class Acks:
    """Those that the rules ask for, and those that data has carried along."""

    alone: list[Due] = field(default_factory=list)
    carried: list[Due] = field(default_factory=list)


def acknowledgements(
    packets: Sequence[Packet], up: bool, delay_s: float, later_s: float = 0.0
) -> Acks:
    """Return the acknowledgements in one direction of packets that are in the order of their times.

    Every second segment is acknowledged at once, `later_s` after it was seen; an odd one after the
    delay, unless data goes back before.
    """
    acks, waiting = Acks(), dict[int, Due]()
    for packet in packets:
        if packet.line.udp or not (packet.data or packet.probe):
            continue
        key, now_s = id(packet.line), packet.time_s
        due = waiting.get(key)
        if due is not None and due.time_s <= now_s:
            acks.alone.append(waiting.pop(key))
            due = None
        if packet.up == up:
            if due is not None:
                acks.carried.append(waiting.pop(key))
        elif due is not None:
            del waiting[key]
            acks.alone.append(Due(packet.line, now_s + later_s, packet.rank + BEHIND))
        else:
            waiting[key] = Due(packet.line, now_s + later_s + delay_s, packet.rank + BEHIND)
    acks.alone += waiting.values()
    return acks
