"""The server inside its namespace: it answers with as many bytes as it is asked for, over TCP and
over TLS.

python -m verification.peer CERTIFICATE CHAIN          serves TCP on 5000, TLS on 5001, TLS with a
chain of three on 5002
"""

from __future__ import annotations

import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable

from verification.emulator import URGENT, hurry

PLAIN, TLS, TLS_CHAIN, CLOSED, REJECTED, DROPPED = range(5000, 5006)
REQUEST = struct.Struct("!QQ")  # bytes that follow up, bytes wanted down


def read(connection: socket.socket, count: int) -> None:
    """Read exactly so many bytes."""
    while count:
        got = len(connection.recv(min(count, 65_536)))
        if not got:
            raise ConnectionError("the other end closed")
        count -= got


def client_context() -> ssl.SSLContext:
    """Return TLS 1.2 without verification: what is measured is time and bytes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def server_context(certificate: str) -> ssl.SSLContext:
    """Return the server's side with a file that holds key and certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def serve(certificate: str, chain: str) -> None:
    """Answer requests on all ports until killed."""
    one, three = server_context(certificate), server_context(chain)
    ways: dict[int, Callable[[socket.socket], socket.socket]] = {
        PLAIN: lambda raw: raw, TLS: lambda raw: one.wrap_socket(raw, server_side=True),
        TLS_CHAIN: lambda raw: three.wrap_socket(raw, server_side=True),
    }  # fmt: skip
    for port, wrap in ways.items():
        listener = socket.create_server(("", port), backlog=64)
        threading.Thread(target=_accept, args=(listener, wrap), daemon=True).start()
    hurry(URGENT)
    print("ready", flush=True)
    threading.Event().wait()


def _accept(listener: socket.socket, wrap: Callable[[socket.socket], socket.socket]) -> None:
    hurry(URGENT)
    while True:
        raw, _ = listener.accept()
        threading.Thread(target=_answer, args=(raw, wrap), daemon=True).start()


def _answer(raw: socket.socket, wrap: Callable[[socket.socket], socket.socket]) -> None:
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        with wrap(raw) as connection:
            while len(head := connection.recv(REQUEST.size)) == REQUEST.size:
                up, down = REQUEST.unpack(head)
                read(connection, up)
                connection.sendall(bytes(down))
    except OSError:
        return


if __name__ == "__main__":
    serve(*sys.argv[1:3])
