"""TLS: flights of a handshake and bytes of a record, per version (real_peers 2.2 and 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MAX_RECORD_BYTES = 16_384  # RFC 5246 6.2.1: a record carries at most 2^14 bytes
CBC_BLOCK_BYTES = 16  # AES


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
