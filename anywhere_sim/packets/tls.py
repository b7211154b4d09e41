"""TLS on the line: handshakes whose messages can be read, and records that can't (RFC 5246).

Each flight has the length that the model gives it (`TlsVersion`). What is encrypted is filler.
"""

from __future__ import annotations

import struct
from functools import cache

from anywhere_sim.network.segmentation import MAX_RECORD_BYTES, TlsVersion
from anywhere_sim.packets.ntlm import der
from anywhere_sim.packets.rts import filler

CHANGE_CIPHER_SPEC, HANDSHAKE, APPLICATION_DATA = 20, 22, 23
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, SERVER_HELLO_DONE, CLIENT_KEY = 1, 2, 11, 14, 16
NEW_TICKET = 4
PADDING_EXTENSION = 21  # RFC 7685
KEY_BYTES = 256  # RSA-2048
_HEAD, _MESSAGE_HEAD = 5, 4
_CIPHERS = bytes.fromhex("002f0035000a000500040039")


def record(version: TlsVersion, payload_bytes: int, begin: int = 0) -> bytes:
    """Return the records that carry a payload of that length, as somebody without the key sees
    them.
    """
    made, left = [], payload_bytes
    while left > 0:
        size = version.record_bytes(min(left, MAX_RECORD_BYTES))
        made.append(_record(version, APPLICATION_DATA, filler(size - _HEAD, begin)))
        left -= MAX_RECORD_BYTES
    return b"".join(made)


def _record(version: TlsVersion, kind: int, content: bytes) -> bytes:
    return struct.pack(">BHH", kind, _number(version), len(content)) + content


def _number(version: TlsVersion) -> int:
    return 0x0301 if version.name == "tls1.0" else 0x0303


def _message(version: TlsVersion, kind: int, content: bytes) -> bytes:
    return _record(version, HANDSHAKE, bytes((kind,)) + len(content).to_bytes(3, "big") + content)


def _encrypted(version: TlsVersion, size: int) -> bytes:
    """Return a change of the cipher and an encrypted Finished, `size` bytes together."""
    change = _record(version, CHANGE_CIPHER_SPEC, b"\x01")
    return change + _record(version, HANDSHAKE, filler(size - len(change) - _HEAD, 5))


def _extensions(room: int) -> bytes:
    """Return extensions that take a given room: one of padding; 0 for none."""
    if not room:
        return b""
    return struct.pack(">HHH", room - 2, PADDING_EXTENSION, room - 6) + bytes(room - 6)


def client_hello(version: TlsVersion, size: int, *, resumed: bool) -> bytes:
    """Return a ClientHello of that length; one that resumes a session names it."""
    session = filler(32, 77) if resumed and size >= 94 else b""
    fixed = _HEAD + _MESSAGE_HEAD + 2 + 32 + 1 + len(session) + 2 + 2
    ciphers = _CIPHERS[: min(12, size - fixed - (size - fixed) % 2)]
    if 0 < size - fixed - len(ciphers) < 6 or (size - fixed - len(ciphers)) == 0:
        ciphers = _ciphers(size - fixed)
    content = struct.pack(">H", _number(version)) + filler(32, size) + bytes((len(session),))
    content += session + struct.pack(">H", len(ciphers)) + ciphers + b"\x01\x00"
    room = size - _HEAD - _MESSAGE_HEAD - len(content)
    return _message(version, CLIENT_HELLO, content + _extensions(room))


def _ciphers(room: int) -> bytes:
    """Return suites for a room that leaves none for extensions, or six bytes at least."""
    if room % 2:
        return _CIPHERS[: room - 7]
    return (_CIPHERS * (room // 12 + 1))[:room]


def _server_hello(version: TlsVersion, size: int = 94) -> bytes:
    """Return a ServerHello with a session and, where there is room for them, extensions."""
    content = struct.pack(">H", _number(version)) + filler(32, 11) + b"\x20" + filler(32, 77)
    content += b"\x00\x2f\x00"
    room = size - _HEAD - _MESSAGE_HEAD - len(content)
    known = bytes.fromhex("000dff010001000016000000170000")  # renegotiation_info, RFC 7366, 7627
    return _message(version, SERVER_HELLO, content + (known if room == len(known) else b""))


def server_flight(version: TlsVersion, size: int) -> bytes:
    """Return ServerHello, two certificates and ServerHelloDone, of that length together."""
    hello, done = _server_hello(version), _message(version, SERVER_HELLO_DONE, b"")
    room = size - len(hello) - len(done) - _HEAD - _MESSAGE_HEAD - 9
    chain = [certificate(room // 2, "mail"), certificate(room - room // 2, "authority")]
    listed = b"".join(len(each).to_bytes(3, "big") + each for each in chain)
    content = len(listed).to_bytes(3, "big") + listed
    return hello + _message(version, CERTIFICATE, content) + done


def key_flight(version: TlsVersion, size: int) -> bytes:
    """Return ClientKeyExchange with an RSA key and the client's Finished."""
    key = struct.pack(">H", KEY_BYTES) + filler(KEY_BYTES, 200)
    exchange = _message(version, CLIENT_KEY, key)
    return exchange + _encrypted(version, size - len(exchange))


def finished(version: TlsVersion, size: int) -> bytes:
    """Return the last flight of one side, with a new ticket ahead of it where there is room."""
    plain = 63 if version.name == "tls1.0" else 79
    if size <= plain:
        return _encrypted(version, size)
    ticket = size - plain - _HEAD - _MESSAGE_HEAD - 6
    content = struct.pack(">IH", 7_200, ticket) + filler(ticket, 31)
    return _message(version, NEW_TICKET, content) + _encrypted(version, plain)


def resumed_answer(version: TlsVersion, size: int) -> bytes:
    """Return ServerHello and Finished of a server that resumes a session."""
    hello = _server_hello(version)
    return hello + _encrypted(version, size - len(hello))


@cache
def certificate(size: int, name: str) -> bytes:
    """Return a certificate (X.509, version 3) of that length: an RSA key that nobody has, a
    signature that nobody made, and a comment for the rest.
    """

    def made(comment: int) -> bytes:
        signed_with = der(0x30, der(0x06, bytes.fromhex("2a864886f70d010105")), der(0x05))
        who = der(0x30, der(0x31, der(0x30, der(0x06, b"\x55\x04\x03"), der(0x13, name.encode()))))
        when = der(0x30, der(0x17, b"050101000000Z"), der(0x17, b"350101000000Z"))
        modulus = b"\x00\xc1" + filler(KEY_BYTES - 1, 300)
        numbers = der(0x30, der(0x02, modulus), der(0x02, b"\x01\x00\x01"))
        kind = der(0x30, der(0x06, bytes.fromhex("2a864886f70d010101")), der(0x05))
        key = der(0x30, kind, der(0x03, b"\x00", numbers))
        note = der(0x04, der(0x16, b"x" * comment))  # netscape-comment
        extension = der(0x30, der(0x06, bytes.fromhex("6086480186f842010d")), note)
        body = der(
            0x30, der(0xA0, der(0x02, b"\x02")), der(0x02, b"\x01"), signed_with, who, when, who,
            key, der(0xA3, der(0x30, extension)),
        )  # fmt: skip
        return der(0x30, body, signed_with, der(0x03, b"\x00", filler(KEY_BYTES, 500)))

    return made(size - (len(made(300)) - 300))
