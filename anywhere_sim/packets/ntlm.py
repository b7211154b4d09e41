"""Tokens of NTLM (MS-NLMP 2.2.1) and of SPNEGO around them (RFC 4178), of a given length.

Names and responses in them mean nothing; lengths and offsets are right.
"""

from __future__ import annotations

import struct

from anywhere_sim.packets.rts import filler

_SIGNATURE = b"NTLMSSP\0"
_FLAGS = 0x00088207 | 0x00800000  # Unicode, NTLM, sign always, extended security, target info
_OF_DOMAIN = 0x1000  # the first token carries the domain's name, in OEM letters
_DOMAIN = "CORP".encode("utf-16-le")
_LM_BYTES, _V1_BYTES = 24, 24
_V2_FIXED_BYTES = 56  # proof 16, head 28, head of a pair 4, end of the pairs 4, end of the blob 4
_MECHANISM = bytes.fromhex("2b06010401823702020a")  # 1.3.6.1.4.1.311.2.2.10, NTLMSSP
_SPNEGO = bytes.fromhex("2b0601050502")  # 1.3.6.1.5.5.2


def negotiate(size: int) -> bytes:
    """Return the first token of the client, of 32 bytes at least."""
    name = b"CORP".ljust(size - 32, b"X")[: size - 32]
    flags = _FLAGS | (_OF_DOMAIN if name else 0)
    fields = struct.pack("<HHIHHI", len(name), len(name), 32, 0, 0, 32 + len(name))
    return _SIGNATURE + struct.pack("<II", 1, flags) + fields + name


def challenge(size: int) -> bytes:
    """Return the server's token, of 74 bytes at least."""
    begin = 56 + len(_DOMAIN)
    info = struct.pack("<HH", 2, size - begin - 8) + _letters(size - begin - 8) + bytes(4)
    fields = struct.pack("<HHII", len(_DOMAIN), len(_DOMAIN), 56, _FLAGS | 0x4)
    infos = struct.pack("<HHI", len(info), len(info), begin)
    head = _SIGNATURE + struct.pack("<I", 2) + fields + filler(8) + bytes(8) + infos
    return head + bytes.fromhex("0502ce0e0000000f") + _DOMAIN + info


def authenticate(size: int) -> bytes:
    """Return the second token of the client, of about 200 bytes at least."""
    user, machine = "user".encode("utf-16-le"), "PC".encode("utf-16-le")
    room = size - 64 - _LM_BYTES - len(_DOMAIN + user + machine)
    if room < _V2_FIXED_BYTES:  # the response of version 1, and a longer name
        user, response = user + _letters(room - _V1_BYTES), filler(_V1_BYTES, 8)
    else:
        pair = struct.pack("<HH", 2, room - _V2_FIXED_BYTES) + _letters(room - _V2_FIXED_BYTES)
        blob = bytes.fromhex("0101000000000000") + bytes(8) + filler(8, 40) + bytes(4)
        response = filler(16, 24) + blob + pair + bytes(8)
    parts = (filler(_LM_BYTES, 3), response, _DOMAIN, user, machine, b"")
    order, at, fields = (2, 3, 4, 0, 1, 5), 64, {}
    for number in order:
        part = parts[number]
        fields[number] = struct.pack("<HHI", len(part), len(part), at)
        at += len(part)
    head = b"".join(fields[number] for number in range(6)) + struct.pack("<I", _FLAGS)
    return _SIGNATURE + struct.pack("<I", 3) + head + b"".join(parts[number] for number in order)


def _letters(size: int) -> bytes:
    """Return a name of so many bytes, in letters of two."""
    return ("X" * (size // 2)).encode("utf-16-le").ljust(size, b"\0")


def der(tag: int, *parts: bytes) -> bytes:
    """Return a value of ASN.1 in DER."""
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def spnego_first(size: int) -> bytes:
    """Return NegTokenInit with the client's first token."""
    names = der(0xA0, der(0x30, der(0x06, _MECHANISM)))

    def token(inner: int) -> bytes:
        offered = der(0x30, names, der(0xA2, der(0x04, negotiate(inner))))
        return der(0x60, der(0x06, _SPNEGO), der(0xA0, offered))

    return token(size - (len(token(40)) - 40))


def spnego_challenge(size: int) -> bytes:
    """Return NegTokenResp with the server's token: incomplete yet."""
    begin = der(0xA0, der(0x0A, b"\x01")) + der(0xA1, der(0x06, _MECHANISM))

    def token(inner: int) -> bytes:
        return der(0xA1, der(0x30, begin, der(0xA2, der(0x04, challenge(inner)))))

    return token(size - (len(token(size - 31)) - (size - 31)))


def spnego_authenticate(size: int) -> bytes:
    """Return NegTokenResp with the client's second token and its check of the mechanisms."""
    check = der(0xA3, der(0x04, filler(16, 99)))

    def token(inner: int) -> bytes:
        return der(0xA1, der(0x30, der(0xA2, der(0x04, authenticate(inner))), check))

    return token(size - (len(token(size - 36)) - (size - 36)))


def spnego_done(size: int) -> bytes:
    """Return the last NegTokenResp: accepted, with a check of `size` - 13 bytes."""
    accepted = der(0xA0, der(0x0A, b"\x00"))
    return der(0xA1, der(0x30, accepted, der(0xA3, der(0x04, filler(size - 13, 55)))))
