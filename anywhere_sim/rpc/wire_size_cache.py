"""What a PDU becomes on a line, in the framing of a connection; worked out once per size."""

from __future__ import annotations

from anywhere_sim.network.segmentation import MAX_CACHED_SIZES, Segmentation, WireSize
from anywhere_sim.rpc.framing import Framing


class WireSizeCache(dict[int, WireSize]):
    """Maps the bytes of a PDU to what it becomes in one direction of a connection."""

    def __init__(self, framing: Framing, packets: Segmentation, *, up: bool) -> None:
        super().__init__()
        self._framing = framing
        self._packets = packets
        self._up = up

    def __missing__(self, pdu_bytes: int) -> WireSize:
        """Work it out, and remember it."""
        if len(self) >= MAX_CACHED_SIZES:
            self.clear()
        framing, packets = self._framing, self._packets
        wire_size = packets.wire_size(framing.request_bytes(pdu_bytes) if self._up else framing.response_bytes(pdu_bytes))
        if wire_size.ack_bytes_in_flight and not self._up:
            wire_size = wire_size._replace(
                ack_bytes_in_flight=wire_size.ack_bytes_in_flight + framing.flow_control_bytes(wire_size.payload, packets)
            )
        self[pdu_bytes] = wire_size
        return wire_size


class WireSizeCaches(dict[tuple[Framing, Segmentation, bool], WireSizeCache]):
    """The wrappings of a run, by framing, packets and direction: connections that are alike share one."""

    def __missing__(self, key: tuple[Framing, Segmentation, bool]) -> WireSizeCache:
        """Make it, and remember it."""
        framing, packets, up = key
        self[key] = made = WireSizeCache(framing, packets, up=up)
        return made
