"""The two ends that run inside the namespaces: a server that answers with as many bytes as it is asked for, and a client that takes times.

python -m verification.peer server CERTIFICATE          serves TCP on 5000 and TLS on 5001
python -m verification.peer client REPEATS REST_S SIZE ...                    prints a JSON object: case -> seconds of each repeat
python -m verification.peer at-once REPEATS REST_S WINDOW COUNT:SIZE ...      the same for transfers that begin together
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable

from verification.emulator import SERVER

PLAIN, TLS, CLOSED, DROPPED = 5000, 5001, 5002, 5003
REQUEST = struct.Struct("!QQ")  # bytes that follow up, bytes wanted down
WARM_BYTES = 30_000


def at_once(count: int, window: int, which: str) -> str:
    """Return the name of a case."""
    return f"{count} at once, window {window}, {which}"


def read(connection: socket.socket, count: int) -> None:
    """Read exactly so many bytes."""
    while count:
        got = len(connection.recv(min(count, 65_536)))
        if not got:
            raise ConnectionError("the other end closed")
        count -= got


def serve(certificate: str) -> None:
    """Answer requests on both ports until killed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    for port, wrap in ((PLAIN, lambda raw: raw), (TLS, lambda raw: context.wrap_socket(raw, server_side=True))):
        listener = socket.create_server(("", port), backlog=64)
        threading.Thread(target=_accept, args=(listener, wrap), daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


def _accept(listener: socket.socket, wrap: Callable[[socket.socket], socket.socket]) -> None:
    while True:
        raw, _ = listener.accept()
        threading.Thread(target=_answer, args=(raw, wrap), daemon=True).start()


def _answer(raw: socket.socket, wrap: Callable[[socket.socket], socket.socket]) -> None:
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        with wrap(raw) as connection:
            while True:
                head = (
                    connection.recv(REQUEST.size, socket.MSG_WAITALL) if not isinstance(connection, ssl.SSLSocket) else connection.recv(16)
                )
                if len(head) < REQUEST.size:
                    return
                up, down = REQUEST.unpack(head)
                read(connection, up)
                connection.sendall(bytes(down))
    except OSError:
        return


def exchange(connection: socket.socket, up: int, down: int) -> float:
    """Send so many bytes, receive so many; return the seconds."""
    begun = time.perf_counter()
    connection.sendall(REQUEST.pack(up, down) + bytes(up))
    read(connection, down)
    return time.perf_counter() - begun


def connect() -> float:
    """Return the seconds of a TCP connect."""
    begun = time.perf_counter()
    with connected_to(PLAIN):
        return time.perf_counter() - begun


def refused(port: int) -> float:
    """Return the seconds until a connect fails."""
    begun = time.perf_counter()
    try:
        socket.create_connection((SERVER, port)).close()
    except OSError:
        return time.perf_counter() - begun
    raise AssertionError(f"port {port} was expected to be closed")


def handshake(context: ssl.SSLContext, session: ssl.SSLSession | None) -> tuple[float, ssl.SSLSession | None]:
    """Return the seconds of a TLS handshake on a connection that stands, and its session."""
    with connected_to(TLS) as raw:
        begun = time.perf_counter()
        with context.wrap_socket(raw, session=session) as connection:
            return time.perf_counter() - begun, connection.session


def connected_to(port: int) -> socket.socket:
    """Return a new connection to a port."""
    connection = socket.create_connection((SERVER, port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def client_context() -> ssl.SSLContext:
    """Return TLS 1.2 without verification: what is measured is time and bytes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def transfer(up: int, down: int) -> float:
    """Return the seconds of an exchange on a new connection that stands."""
    with connected_to(PLAIN) as connection:
        return exchange(connection, up, down)


def warm_transfer(up: int, down: int) -> float:
    """Return the seconds of the second of two exchanges on one connection."""
    with connected_to(PLAIN) as connection:
        exchange(connection, up, down)
        return exchange(connection, up, down)


def parallel(count: int, size: int) -> list[float]:
    """Return the seconds of transfers that begin together on connections that stand."""
    connections = [connected_to(PLAIN) for _ in range(count)]
    took_s: list[float] = []
    threads = [threading.Thread(target=lambda one=one: took_s.append(exchange(one, 0, size))) for one in connections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in connections:
        one.close()
    return sorted(took_s)


def measure(repeats: int, rest_s: float, sizes: list[int]) -> dict[str, list[float]]:
    """Take all times, a number per case and repeat; the line rests before each so that no farewell of the last is in its way."""
    found: dict[str, list[float]] = {}
    context = client_context()
    session = handshake(context, None)[1]
    cases: dict[str, Callable[[], float]] = {
        "TCP connect": connect, "closed port": lambda: refused(CLOSED), "TLS 1.2 full": lambda: handshake(client_context(), None)[0],
        "TLS 1.2 resumed": lambda: handshake(context, session)[0],
        f"down {WARM_BYTES:,} B, warm": lambda: warm_transfer(0, WARM_BYTES), f"up {WARM_BYTES:,} B, warm": lambda: warm_transfer(WARM_BYTES, 1),
    }  # fmt: skip
    for size in sizes:
        cases[f"down {size:,} B, new"] = lambda size=size: transfer(0, size)  # type: ignore[misc]
        cases[f"up {size:,} B, new"] = lambda size=size: transfer(size, 1)  # type: ignore[misc]
    for _ in range(repeats):
        for case, take in cases.items():
            time.sleep(rest_s)
            found.setdefault(case, []).append(take())
    found["dropped port"] = [refused(DROPPED)]
    return found


def measure_at_once(repeats: int, rest_s: float, window: int, counts: list[tuple[int, int]]) -> dict[str, list[float]]:
    """Take the times of transfers that begin together; `window` is what the namespaces have been set to."""
    found: dict[str, list[float]] = {}
    for _ in range(repeats):
        for count, size in counts:
            time.sleep(rest_s)
            together = parallel(count, size)
            found.setdefault(at_once(count, window, "mean"), []).append(sum(together) / count)
            found.setdefault(at_once(count, window, "last"), []).append(together[-1])
    return found


def main(words: list[str]) -> None:
    """Be one of the ends."""
    if words[0] == "server":
        serve(words[1])
    elif words[0] == "client":
        print(json.dumps(measure(int(words[1]), float(words[2]), [int(word) for word in words[3:]])))
    else:
        counts = [(int(count), int(size)) for count, size in (word.split(":") for word in words[4:])]
        print(json.dumps(measure_at_once(int(words[1]), float(words[2]), int(words[3]), counts)))


if __name__ == "__main__":
    main(sys.argv[1:])
