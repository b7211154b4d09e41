"""What a path wraps around each RPC, and the window it grants."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import inf
from typing import Annotated

from anywhere_sim.model.line import Line
from anywhere_sim.model.transport.tls import TlsVersion
from anywhere_sim.scenario.sourced import documented

SIGNATURE_UP: Annotated[int, documented("real_peers 2.1: NTLM-signed calls")] = 24
SIGNATURE_DOWN: Annotated[int, documented("real_peers 2.1: NTLM-signed answers")] = 32
RPC_WINDOW_BYTES: Annotated[int, documented("real_peers 2.2: receive window of a channel, acknowledged at half", 8_192, 262_144)] = 65_536
COMPRESSED_FROM_BYTES: Annotated[int, documented("facts 1.6: smaller packets are not worth it")] = 1_024
FLOW_CONTROL_BYTES: Annotated[int, documented("facts 2.2: FlowControlAckWithDestination")] = 56


@dataclass(frozen=True, slots=True)
class Framing:
    """The bytes around a call: signatures on the direct path; TLS records and flow-control acknowledgements over HTTPS.

    `compressed_to` is the share of a buffer's bytes that is left when both ends compress (RPC_HEADER_EXT, facts 3).
    """

    http: bool
    tls: TlsVersion | None
    signed: bool
    compressed_to: float = 1.0

    def request_bytes(self, payload: int) -> int:
        """Return the TCP payload of a request with that many bytes of PDU."""
        packed = self._packed(payload)
        return self._wrapped(packed + SIGNATURE_UP if self.signed else packed)

    def response_bytes(self, payload: int) -> int:
        """Return the TCP payload of an answer."""
        packed = self._packed(payload)
        return self._wrapped(packed + SIGNATURE_DOWN if self.signed else packed)

    def _packed(self, payload: int) -> int:
        return payload if payload < COMPRESSED_FROM_BYTES or self.compressed_to == 1.0 else round(payload * self.compressed_to)

    def _wrapped(self, payload: int) -> int:
        if not self.http:
            return payload
        return self.tls.record_bytes(payload) if self.tls else payload

    def flow_control_bytes(self, payload: int) -> int:
        """Return the bytes of flow-control acknowledgements that an answer of that size costs the other direction."""
        if not self.http:
            return 0
        return payload // (RPC_WINDOW_BYTES // 2) * (self._wrapped(FLOW_CONTROL_BYTES) + 40)

    def burst_bytes(self) -> float:
        """Return the most bytes that may be under way at once: over HTTPS the receive window of a channel."""
        return RPC_WINDOW_BYTES if self.http else inf

    def window_bytes_per_s(self, line: Line) -> float:
        """Return the most bytes per second that windows allow on the line."""
        if not self.http:
            return line.window_bytes_per_s
        return min(line.window_bytes_per_s, RPC_WINDOW_BYTES / line.rtt_s)


@cache
def directly(compressed_to: float = 1.0) -> Framing:
    """Return the framing of a direct connection."""
    return Framing(http=False, tls=None, signed=True, compressed_to=compressed_to)


@cache
def over_https(tls: TlsVersion | None, compressed_to: float = 1.0) -> Framing:
    """Return the framing of a connection through a front end; without `tls`, in the clear."""
    return Framing(http=True, tls=tls, signed=False, compressed_to=compressed_to)
