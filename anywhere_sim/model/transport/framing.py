"""What a path wraps around each RPC, and the window it grants."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from anywhere_sim.model.line import Line
from anywhere_sim.model.transport.tls import TlsVersion

SIGNATURE_UP = 24  # real_peers 2.1: NTLM-signed calls
SIGNATURE_DOWN = 32
RPC_WINDOW_BYTES = 65_536  # real_peers 2.2: receive window of a channel, acknowledged at half
FLOW_CONTROL_BYTES = 56  # facts 2.2: FlowControlAckWithDestination


@dataclass(frozen=True, slots=True)
class Framing:
    """The bytes around a call: signatures on the direct path; TLS records and flow-control acknowledgements over HTTPS."""

    http: bool
    tls: TlsVersion | None
    signed: bool

    def request_bytes(self, payload: int) -> int:
        """Return the TCP payload of a request with that many bytes of PDU."""
        return self._wrapped(payload + SIGNATURE_UP if self.signed else payload)

    def response_bytes(self, payload: int) -> int:
        """Return the TCP payload of an answer."""
        return self._wrapped(payload + SIGNATURE_DOWN if self.signed else payload)

    def _wrapped(self, payload: int) -> int:
        if not self.http:
            return payload
        return self.tls.record_bytes(payload) if self.tls else payload

    def flow_control_bytes(self, payload: int) -> int:
        """Return the bytes of flow-control acknowledgements that an answer of that size costs the other direction."""
        if not self.http:
            return 0
        return payload // (RPC_WINDOW_BYTES // 2) * (self._wrapped(FLOW_CONTROL_BYTES) + 40)

    def window_bytes_per_s(self, line: Line) -> float:
        """Return the most bytes per second that windows allow on the line."""
        if not self.http:
            return line.window_bytes_per_s
        return min(line.window_bytes_per_s, RPC_WINDOW_BYTES / line.rtt_s)


DIRECT = Framing(http=False, tls=None, signed=True)


@cache
def over_https(tls: TlsVersion | None) -> Framing:
    """Return the framing of a connection through a front end; without `tls`, in the clear."""
    return Framing(http=True, tls=tls, signed=False)
