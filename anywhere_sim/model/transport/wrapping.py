"""What a PDU becomes on a line, in the framing of a connection; worked out once per size."""

from __future__ import annotations

from anywhere_sim.model.packets import MOST_LOADS, Load, Packets
from anywhere_sim.model.transport.framing import Framing


class Wrapping(dict[int, Load]):
    """Maps the bytes of a PDU to what it becomes in one direction of a connection."""

    def __init__(self, framing: Framing, packets: Packets, *, up: bool) -> None:
        super().__init__()
        self._framing = framing
        self._packets = packets
        self._up = up

    def __missing__(self, pdu_bytes: int) -> Load:
        """Work it out, and remember it."""
        if len(self) >= MOST_LOADS:
            self.clear()
        framing, packets = self._framing, self._packets
        load = packets.load(framing.request_bytes(pdu_bytes) if self._up else framing.response_bytes(pdu_bytes))
        if load.acks_beside and not self._up:
            load = load._replace(acks_beside=load.acks_beside + framing.flow_control_bytes(load.payload, packets))
        self[pdu_bytes] = load
        return load


class Wrappings(dict[tuple[Framing, Packets, bool], Wrapping]):
    """The wrappings of a run, by framing, packets and direction: connections that are alike share one."""

    def __missing__(self, key: tuple[Framing, Packets, bool]) -> Wrapping:
        """Make it, and remember it."""
        framing, packets, up = key
        self[key] = made = Wrapping(framing, packets, up=up)
        return made
