"""The PDUs of DCE/RPC (C706 12) and of RPC over HTTP (MS-RPCH 2.2.3, 2.2.4), byte for byte.

What a stub says is not simulated: it is filler of the right length.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

REQUEST, RESPONSE, BIND, BIND_ACK, ALTER, ALTER_ACK, AUTH3, RTS = 0, 2, 11, 12, 14, 15, 16, 20
FIRST_FRAGMENT, LAST_FRAGMENT = 1, 2
DATA_REPRESENTATION = 0x10  # little endian, ASCII, IEEE; sent as the first of four bytes
HEADER_BYTES, CALL_HEADER_BYTES = 16, 24
NTLM, SPNEGO, SEALED, SIGNED_BYTES = 10, 9, 6, 16

PING_FLAG, OTHER_COMMAND, IN_CHANNEL, OUT_CHANNEL = 0x1, 0x2, 0x8, 0x10
OUT_PROXY = 3  # MS-RPCH 2.2.3.3: FDOutProxy
CHANNEL_LIFETIME_BYTES = 1_073_741_824
CONNECTION_TIMEOUT_MS = 900_000
_FILLER = hashlib.shake_128(b"anywhere_sim").digest(65_536)


def filler(size: int, begin: int = 0) -> bytes:
    """Return bytes that mean nothing, the same for the same `begin`."""
    begin %= len(_FILLER)
    if begin + size <= len(_FILLER):
        return _FILLER[begin : begin + size]
    return (_FILLER[begin:] + _FILLER * (size // len(_FILLER) + 1))[:size]


class Interface(NamedTuple):
    """An interface of RPC: its UUID and version."""

    uuid: UUID
    major: int
    minor: int

    def to_bytes(self) -> bytes:
        """Return it as a syntax identifier."""
        return self.uuid.bytes_le + struct.pack("<HH", self.major, self.minor)


EMSMDB = Interface(UUID("a4f1db00-ca47-1067-b31f-00dd010662da"), 0, 81)
NSPI = Interface(UUID("f5cc5a18-4264-101a-8c59-08002b2f8426"), 56, 0)
RFR = Interface(UUID("1544f5e0-613c-11d1-93df-00c04fd7bd09"), 1, 0)
EPM = Interface(UUID("e1af8308-5d1f-11c9-91a4-08002b14a0fa"), 3, 0)
NDR = Interface(UUID("8a885d04-1ceb-11c9-9fe8-08002b104860"), 2, 0)


def _pdu(kind: int, call: int, body: bytes, flags: int = 3, auth_bytes: int = 0) -> bytes:
    head = struct.pack(
        "<BBBBIHHI", 5, 0, kind, flags, DATA_REPRESENTATION,
        HEADER_BYTES + len(body), auth_bytes, call,
    )  # fmt: skip
    return head + body


def _with_token(body: bytes, token: bytes, protocol: int) -> tuple[bytes, int]:
    """Return a body with a token of authentication behind it, and the token's length."""
    if not token:
        return body, 0
    trailer = struct.pack("<BBBBI", protocol, SEALED, 0, 0, 1)
    return body + trailer + token, len(token)


def bind(
    interface: Interface, token: bytes = b"", protocol: int = NTLM, *, alter: bool = False
) -> bytes:
    """Return a bind, or an alter_context, of one interface: 72 bytes and the token."""
    body = struct.pack("<HHIB3xHBx", 5840, 5840, 0, 1, 0, 1) + interface.to_bytes() + NDR.to_bytes()
    body, auth_bytes = _with_token(body, token, protocol)
    return _pdu(ALTER if alter else BIND, 1, body, auth_bytes=auth_bytes)


def bind_ack(
    address: str, token: bytes = b"", protocol: int = NTLM, *, size: int = 0, alter: bool = False
) -> bytes:
    """Return the answer: accepted. `size` is that of the PDU without a token; room is left in the
    secondary address.
    """
    if address and size:
        address = address.ljust((size - HEADER_BYTES - 8 - 2 - 28) // 4 * 4 + 1)
    text = address.encode() + b"\0" if address else b""
    second = struct.pack("<H", len(text)) + text
    second += bytes(-len(second) % 4)
    body = struct.pack("<HHI", 5840, 5840, 1) + second + struct.pack("<B3xHH", 1, 0, 0)
    body, auth_bytes = _with_token(body + NDR.to_bytes(), token, protocol)
    return _pdu(ALTER_ACK if alter else BIND_ACK, 1, body, auth_bytes=auth_bytes)


def auth3(token: bytes) -> bytes:
    """Return the third leg of an authentication."""
    body, auth_bytes = _with_token(b"\0\0\0\0", token, NTLM)
    return _pdu(AUTH3, 1, body, auth_bytes=auth_bytes)


def fragment_sizes(pdu_bytes: int, signature_bytes: int, largest_bytes: int) -> list[int]:
    """Return the sizes of the fragments that a PDU is cut into, headers and signatures included."""
    if pdu_bytes + signature_bytes <= largest_bytes:
        return [pdu_bytes + signature_bytes]
    room = largest_bytes - CALL_HEADER_BYTES - signature_bytes
    whole, rest = divmod(pdu_bytes - CALL_HEADER_BYTES, room)
    last = [rest + CALL_HEADER_BYTES + signature_bytes] if rest else []
    return [largest_bytes] * whole + last


@dataclass(frozen=True, slots=True)
class Stub:
    """What a call says: opnum and presentation context, and its bytes where they are known."""

    opnum: int
    context: int = 0
    request: bytes = b""
    response: bytes = b""


def call_pdus(
    call: int, stub: Stub, sizes: Sequence[int], signature_bytes: int = 0, *, response: bool = False
) -> list[bytes]:
    """Return the fragments of a request or a response, of those sizes.

    A signed one is sealed too (the level of privacy): its stub is not read by others.
    """
    fixed = stub.response if response else stub.request
    left = sum(size - CALL_HEADER_BYTES - signature_bytes for size in sizes)
    content = fixed if len(fixed) == left else filler(left, 977 * call + 7 * response)
    number = 0 if response else stub.opnum
    made, begin = [], 0
    for position, size in enumerate(sizes):
        room = size - CALL_HEADER_BYTES - signature_bytes
        flags = FIRST_FRAGMENT * (position == 0) | LAST_FRAGMENT * (position == len(sizes) - 1)
        body = struct.pack("<IHH", left, stub.context, number) + content[begin : begin + room]
        if signature_bytes:
            padding = signature_bytes - SIGNED_BYTES - 8
            verifier = struct.pack("<I", 1) + filler(SIGNED_BYTES - 4, 31 * call + position)
            body += bytes(padding) + struct.pack("<BBBBI", NTLM, SEALED, padding, 0, 1) + verifier
        kind = RESPONSE if response else REQUEST
        made.append(_pdu(kind, call, body, flags, SIGNED_BYTES if signature_bytes else 0))
        begin, left = begin + room, left - room
    return made


# RTS PDUs: flags, number of commands, commands


def _rts(flags: int, *commands: bytes) -> bytes:
    return _pdu(RTS, 0, struct.pack("<HH", flags, len(commands)) + b"".join(commands))


def _number(command: int, value: int) -> bytes:
    return struct.pack("<II", command, value)


def _window(size: int) -> bytes:
    return _number(0, size)


def _timeout() -> bytes:
    return _number(2, CONNECTION_TIMEOUT_MS)


def _cookie(cookie: UUID, command: int = 3) -> bytes:
    return struct.pack("<I", command) + cookie.bytes_le


_VERSION = _number(6, 1)
_LIFETIME = _number(4, CHANNEL_LIFETIME_BYTES)


@dataclass(frozen=True, slots=True)
class VirtualConnection:
    """The RTS PDUs of one virtual connection: IN and OUT channel, and what is behind the proxy.

    `client` is the address of the client, as four bytes; `window_bytes` the receive window.
    """

    cookie: UUID
    in_cookie: UUID
    out_cookie: UUID
    group: UUID
    client: bytes
    window_bytes: int
    keep_alive_ms: int = 300_000

    @classmethod
    def named(cls, name: str, client: bytes, window_bytes: int) -> VirtualConnection:
        """Return the one whose cookies are made of a name."""
        digest = (
            hashlib.sha256(name.encode()).digest() + hashlib.sha256(name[::-1].encode()).digest()
        )
        cookie, inbound, outbound, group = (
            UUID(bytes=digest[at : at + 16], version=4) for at in range(0, 64, 16)
        )
        return cls(cookie, inbound, outbound, group, client, window_bytes)

    def conn_a1(self) -> bytes:
        """Client to outbound proxy."""
        return _rts(
            0, _VERSION, _cookie(self.cookie), _cookie(self.out_cookie), _window(self.window_bytes)
        )

    def conn_a2(self) -> bytes:
        """Outbound proxy to server."""
        return _rts(
            OUT_CHANNEL, _VERSION, _cookie(self.cookie), _cookie(self.out_cookie), _LIFETIME,
            _window(self.window_bytes),
        )  # fmt: skip

    def conn_a3(self) -> bytes:
        """Outbound proxy to client."""
        return _rts(0, _timeout())

    def conn_b1(self) -> bytes:
        """Client to inbound proxy."""
        return _rts(
            0, _VERSION, _cookie(self.cookie), _cookie(self.in_cookie), _LIFETIME,
            _number(5, self.keep_alive_ms), _cookie(self.group, 12),
        )  # fmt: skip

    def conn_b2(self) -> bytes:
        """Inbound proxy to server."""
        address = struct.pack("<II", 11, 0) + self.client + bytes(12)
        return _rts(
            IN_CHANNEL, _VERSION, _cookie(self.cookie), _cookie(self.in_cookie),
            _window(self.window_bytes), _timeout(), _cookie(self.group, 12), address,
        )  # fmt: skip

    def conn_b3(self) -> bytes:
        """Server to inbound proxy."""
        return _rts(0, _window(self.window_bytes), _VERSION)

    def conn_c(self) -> bytes:
        """Server to outbound proxy (CONN/C1), and that to the client (CONN/C2)."""
        return _rts(0, _VERSION, _window(self.window_bytes), _timeout())

    def flow_control_ack(self, received_bytes: int) -> bytes:
        """FlowControlAckWithDestination: the client has taken so many bytes of the OUT channel."""
        ack = struct.pack("<III", 1, received_bytes & 0xFFFFFFFF, self.window_bytes)
        return _rts(OTHER_COMMAND, _number(13, OUT_PROXY), ack + self.out_cookie.bytes_le)


PING = _rts(PING_FLAG)


# the endpoint mapper (C706 appendix O)


def _tower(interface: Interface, port: int, address: bytes) -> bytes:
    def floor(left: bytes, right: bytes) -> bytes:
        return struct.pack("<H", len(left)) + left + struct.pack("<H", len(right)) + right

    def syntax(each: Interface) -> bytes:
        left = b"\x0d" + each.uuid.bytes_le + struct.pack("<H", each.major)
        return floor(left, struct.pack("<H", each.minor))

    return (
        struct.pack("<H", 5) + syntax(interface) + syntax(NDR) + floor(b"\x0b", b"\0\0")
        + floor(b"\x07", struct.pack(">H", port)) + floor(b"\x09", address)
    )  # fmt: skip


def _conformant(tower: bytes) -> bytes:
    content = struct.pack("<II", len(tower), len(tower)) + tower
    return content + bytes(-len(content) % 4)


def epm_map(interface: Interface) -> bytes:
    """Return ept_map: where is this interface? 156 bytes."""
    stub = struct.pack("<I16xI", 1, 2) + _conformant(_tower(interface, 0, bytes(4)))
    stub += bytes(20) + struct.pack("<I", 1)
    return call_pdus(2, Stub(3, request=stub), [CALL_HEADER_BYTES + len(stub)])[0]


def epm_map_answer(interface: Interface, port: int, address: bytes) -> bytes:
    """Return its answer: at this port; 152 bytes."""
    stub = bytes(20) + struct.pack("<IIIII", 1, 1, 0, 1, 3)
    stub += _conformant(_tower(interface, port, address)) + bytes(4)
    sizes = [CALL_HEADER_BYTES + len(stub)]
    return call_pdus(2, Stub(3, response=stub), sizes, response=True)[0]
