"""What a message becomes on a line: payload, segments, headers, acknowledgements; worked out once per size."""

from __future__ import annotations

from typing import NamedTuple

from anywhere_sim.model.packets import Packets
from anywhere_sim.model.transport.framing import Framing

MOST_SIZES = 10_000  # remembered per kind of connection; a mailbox full of bodies has more


class Wrapped(NamedTuple):
    """TCP payload in bytes and its segments; IP bytes with headers; acknowledgements that go the other way while it does."""

    payload: int
    segments: int
    ip_bytes: int
    acks_beside: int


class Wrapping(dict[int, Wrapped]):
    """Maps the bytes of a PDU to what it becomes in one direction of a connection."""

    def __init__(self, framing: Framing, packets: Packets, *, up: bool) -> None:
        super().__init__()
        self._framing = framing
        self._packets = packets
        self._up = up

    def __missing__(self, pdu_bytes: int) -> Wrapped:
        """Work it out, and remember it."""
        if len(self) >= MOST_SIZES:
            self.clear()
        framing, packets = self._framing, self._packets
        payload = framing.request_bytes(pdu_bytes) if self._up else framing.response_bytes(pdu_bytes)
        beside = packets.ack_bytes(payload)
        if beside and not self._up:
            beside += framing.flow_control_bytes(payload, packets)
        self[pdu_bytes] = wrapped = Wrapped(payload, packets.segments(payload), packets.ip_bytes(payload), beside)
        return wrapped


class Wrappings(dict[tuple[Framing, Packets, bool], Wrapping]):
    """The wrappings of a run, by framing, packets and direction: connections that are alike share one."""

    def __missing__(self, key: tuple[Framing, Packets, bool]) -> Wrapping:
        """Make it, and remember it."""
        framing, packets, up = key
        self[key] = made = Wrapping(framing, packets, up=up)
        return made
