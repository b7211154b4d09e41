"""Heads and pages of HTTP (RFC 9110, MS-RPCH 2.1.2), and messages of DNS, of a given length."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence

from anywhere_sim.packets import ntlm

END = "\r\n"
_PAGE = "<html><head><title>401</title></head><body><p>You are not authorised to view this page."
_TYPES = {"A": 1, "CNAME": 5, "OPT": 41}


def head(first: str, fields: Sequence[str], size: int, filled: str) -> bytes:
    """Return a head of that length: fields from the last on are left out where it is too long, and
    the rest is filled with dots in a field of the name `filled`.
    """
    kept = list(fields)
    while True:
        text = END.join([first, *kept, "", ""])
        room = size - len(text) - len(filled) - len(": " + END)
        if room >= 0 or len(text) == size or not kept:
            break
        kept.pop()
    if len(text) != size:
        text = END.join([first, *kept, f"{filled}: " + "." * max(0, room), "", ""])
    return text.encode()[:size].ljust(size, b".")


def rpc_request(verb: str, server: str, port: int, host: str, size: int, length: int,
                token: str = "") -> bytes:  # fmt: skip
    """Return the head of RPC_IN_DATA or RPC_OUT_DATA (MS-RPCH 2.1.2.1)."""
    fields = [f"Host: {host}", f"Content-Length: {length}", "Accept: application/rpc"]
    if token:
        fields.insert(2, f"Authorization: {token}")
    fields += ["User-Agent: MSRPC", "Connection: Keep-Alive", "Cache-Control: no-cache"]
    return head(f"{verb} /rpc/rpcproxy.dll?{server}:{port} HTTP/1.1", fields, size, "Pragma")


def basic() -> str:
    """Return credentials of Basic."""
    return "Basic " + base64.b64encode(b"CORP\\user:password").decode()


def ntlm_token(kind: str, size: int) -> str:
    """Return a token of NTLM for a field: `kind` is negotiate, challenge or authenticate."""
    make = {
        "negotiate": ntlm.negotiate, "challenge": ntlm.challenge, "authenticate": ntlm.authenticate,
    }[kind]  # fmt: skip
    return "NTLM " + base64.b64encode(make(size)).decode()


def success(size: int, length: int) -> bytes:
    """Return the head with which the OUT channel answers."""
    fields = ["Content-Type: application/rpc", f"Content-Length: {length}"]
    return head("HTTP/1.1 200 Success", fields, size, "Date")


def unauthorised(size: int, page_bytes: int, token: str) -> bytes:
    """Return a 401 with its page; `size` is that of the head."""
    fields = [f"WWW-Authenticate: {token}", f"Content-Length: {page_bytes}",
              "Content-Type: text/html", "Server: Microsoft-IIS/6.0"]  # fmt: skip
    return head("HTTP/1.1 401 Unauthorized", fields, size, "Date") + page(page_bytes)


def page(size: int) -> bytes:
    """Return a page of that length."""
    return _PAGE.ljust(size, ".").encode()[:size]


def answer(status: str, size: int) -> bytes:
    """Return an answer of that length, head and page together."""
    head_bytes = min(size, 120)
    fields = [f"Content-Length: {size - head_bytes}", "Content-Type: text/html"]
    return head(f"HTTP/1.1 {status}", fields, head_bytes, "Date") + page(size - head_bytes)


def connect(host: str, port: int, size: int) -> bytes:
    """Return CONNECT to a web proxy."""
    fields = [f"Host: {host}:{port}"]
    return head(f"CONNECT {host}:{port} HTTP/1.1", fields, size, "Proxy-Authorization")


def dns_name(host: str, name_bytes: int) -> bytes:
    """Return a host's name under `example`, as DNS writes it, of so many bytes."""
    host = host.lower()[: name_bytes - 12]
    company = "corporation".ljust(name_bytes, "n")[: name_bytes - 11 - len(host)]
    labels = (host.encode("ascii", "replace"), company.encode(), b"example")
    return b"".join(bytes((len(label),)) + label for label in labels) + b"\0"


def dns_query(number: int, name: bytes) -> bytes:
    """Return a question for an address."""
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + name + struct.pack(">HH", 1, 1)


def dns_answer(number: int, name: bytes, address: bytes, size: int) -> bytes:
    """Return the answer, of that length: another name of the host, and its address."""
    question = name + struct.pack(">HH", 1, 1)
    room = size - 12 - len(question) - 16 - 12
    other = bytes((room - 3,)) + b"a" * (room - 3) + b"\xc0\x0c"
    at = 12 + len(question) + 12
    return (
        struct.pack(">HHHHHH", number, 0x8180, 1, 2, 0, 0) + question
        + b"\xc0\x0c" + struct.pack(">HHIH", _TYPES["CNAME"], 1, 900, room) + other
        + struct.pack(">HHHIH", 0xC000 | at, _TYPES["A"], 1, 900, 4) + address
    )  # fmt: skip


def dns_no_such_name(number: int, name: bytes, size: int) -> bytes:
    """Return "no such name", of that length, padded as RFC 7830 says."""
    question = name + struct.pack(">HH", 1, 1)
    padding = size - 12 - len(question) - 11 - 4
    option = struct.pack(">HH", 12, padding) + bytes(padding)
    extra = b"\0" + struct.pack(">HHIH", _TYPES["OPT"], 1_280, 0, len(option)) + option
    return struct.pack(">HHHHHH", number, 0x8183, 1, 0, 0, 1) + question + extra
