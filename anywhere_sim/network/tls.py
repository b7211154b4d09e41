"""TLS: flights of a handshake and bytes of a record, per version (real_peers 2.2 and 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MAX_RECORD_BYTES = 16_384


@dataclass(frozen=True, slots=True, eq=False)
class TlsVersion:
    """Bytes of the four flights of a full handshake (client, server, client, server) and of the three of a resumed one.

    The last client flight of a resumed handshake travels with the first data. A record costs `fixed` bytes and the
    payload with `mac` bytes is padded to 16 (CBC). A version is known by identity.
    """

    name: str
    full: tuple[int, int, int, int]
    resumed: tuple[int, int, int]
    fixed: int
    mac: int

    def record_bytes(self, payload: int) -> int:
        """Return the bytes of the records that carry `payload`."""
        whole, rest = divmod(payload, MAX_RECORD_BYTES)
        return whole * self._record(MAX_RECORD_BYTES) + (self._record(rest) if rest else 0)

    def _record(self, payload: int) -> int:
        return self.fixed + (payload + self.mac + 16) // 16 * 16


# real_peers 4, two certificates of RSA-2048; TLS 1.0 record: header 5, MAC 20 inside the padding.
# TLS 1.2 as measured in real_peers 2.2: encrypt-then-MAC, header 5 + IV 16 + MAC 20 = 41 outside the padding; ticket.
TLS_VERSIONS: Mapping[str, TlsVersion] = {
    "tls1.0": TlsVersion("tls1.0", (62, 2455, 330, 63), (94, 157, 63), 5, 20),
    "tls1.2": TlsVersion("tls1.2", (139, 2455, 346, 79), (171, 173, 79), 41, 0),
    "tls1.2-ticket": TlsVersion("tls1.2-ticket", (145, 2439, 346, 242), (517, 173, 79), 41, 0),
}
