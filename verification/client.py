"""The client inside its namespace: it takes times, and counts the IP bytes that cross its end of
the link.

python -m verification.client alone REPEATS REST_S SIZE ... python -m verification.client connects
COUNT python -m verification.client at-once REPEATS REST_S WINDOW COUNT:SIZE ...      transfers that
begin together python -m verification.client lossy COUNT SIZE
transfers on a link that loses python -m verification.client cut REPEATS SIZE AFTER_S FOR_S ...
transfers whose link is cut on the way python -m verification.client beside COUNT BEGINS_S
calls while a download is under way

Prints a JSON object: case -> [seconds, IP bytes up, IP bytes down] of each repeat.
"""

from __future__ import annotations

import json
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from verification import cases
from verification.emulator import SERVER, URGENT, hurry, order
from verification.peer import (
    CLOSED,
    DROPPED,
    PLAIN,
    REJECTED,
    REQUEST,
    TLS,
    TLS_CHAIN,
    client_context,
    read,
)
from verification.profile import LOSS

MAX_DROPPED = 3  # repeats that take seven seconds each
Taken = tuple[float, int, int]
Found = dict[str, list[Taken]]


def crossed() -> tuple[int, int]:
    """Return the IP bytes sent and received through the link so far."""
    for line in Path("/proc/self/net/dev").read_text(encoding="ascii").splitlines():
        name, _, numbers = line.strip().partition(":")
        if name.startswith("tun"):
            counts = numbers.split()
            return int(counts[8]), int(counts[0])
    raise RuntimeError("there is no TUN device in this namespace")


def timed(act: Callable[[], object]) -> Taken:
    """Return what an act takes: seconds, IP bytes up and down."""
    up, down = crossed()
    begun = time.perf_counter()
    act()
    took_s = time.perf_counter() - begun
    up_after, down_after = crossed()
    return took_s, up_after - up, down_after - down


def connected_to(port: int) -> socket.socket:
    """Return a new connection to a port."""
    connection = socket.create_connection((SERVER, port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def refused(port: int) -> None:
    """Wait until a connect fails."""
    try:
        socket.create_connection((SERVER, port)).close()
    except OSError:
        return
    raise AssertionError(f"port {port} was expected to be closed")


def exchange(connection: socket.socket, up: int, down: int) -> None:
    """Send so many bytes, receive so many."""
    connection.sendall(REQUEST.pack(up, down) + bytes(up))
    read(connection, down)


def connect() -> Taken:
    """Take the time of a TCP connect."""
    made: list[socket.socket] = []
    taken = timed(lambda: made.append(socket.create_connection((SERVER, PLAIN))))
    made[0].close()
    return taken


def connects(count: int) -> Found:
    """Take the times of TCP connects with rests between them."""
    found: Found = {cases.TCP_CONNECT: []}
    for _ in range(count):
        time.sleep(0.05)
        found[cases.TCP_CONNECT].append(connect())
    return found


def handshake(
    port: int, context: ssl.SSLContext, session: ssl.SSLSession | None = None
) -> tuple[Taken, ssl.SSLSession | None]:
    """Take the time of a TLS handshake on a connection that stands; return its session too."""
    with connected_to(port) as raw:
        made: list[ssl.SSLSocket] = []
        taken = timed(lambda: made.append(context.wrap_socket(raw, session=session)))
        with made[0] as connection:
            return taken, connection.session


def transfer(up: int, down: int, *before: float) -> Taken:
    """Take the time of an exchange on a connection that stands; for each rest in `before`, after
    the same exchange and that rest.
    """
    with connected_to(PLAIN) as connection:
        for rest_s in before:
            exchange(connection, up, down)
            time.sleep(rest_s)
        return timed(lambda: exchange(connection, up, down))


def alone(repeats: int, rest_s: float, sizes: list[int]) -> Found:
    """Take the cases one after the other; the line rests before each so that no farewell of the
    last is in its way.
    """
    context, warm = client_context(), cases.WARM_BYTES
    session = handshake(TLS, context)[1]
    acts: dict[str, Callable[[], Taken]] = {
        cases.TCP_CONNECT: connect,
        cases.CLOSED: lambda: timed(lambda: refused(CLOSED)),
        cases.REJECTED: lambda: timed(lambda: refused(REJECTED)),
        cases.FULL: lambda: handshake(TLS, client_context())[0],
        cases.CHAIN: lambda: handshake(TLS_CHAIN, client_context())[0],
        cases.RESUMED: lambda: handshake(TLS, context, session)[0],
    }
    for size in sizes:
        acts[cases.transfer("down", size, "new")] = lambda size=size: transfer(0, size)  # type: ignore[misc]
        acts[cases.transfer("up", size, "new")] = lambda size=size: transfer(size, 1)  # type: ignore[misc]
    for how, before in (("warm", 0.0), (f"after a rest of {cases.REST_S:g} s", cases.REST_S)):
        acts[cases.transfer("down", warm, how)] = lambda before=before: transfer(0, warm, before)  # type: ignore[misc]
        acts[cases.transfer("up", warm, how)] = lambda before=before: transfer(warm, 1, before)  # type: ignore[misc]
    found: Found = {}
    for _ in range(repeats):
        for case, act in acts.items():
            time.sleep(rest_s)
            found.setdefault(case, []).append(act())
    found[cases.DROPPED] = [
        timed(lambda: refused(DROPPED)) for _ in range(min(repeats, MAX_DROPPED))
    ]
    return found


def together(count: int, size: int) -> tuple[list[float], int, int]:
    """Return the seconds, sorted, of transfers that begin together on connections that stand; and
    the bytes of all.
    """
    connections = [connected_to(PLAIN) for _ in range(count)]
    took_s: list[float] = []
    begun = time.perf_counter()

    def one(connection: socket.socket) -> None:
        exchange(connection, 0, size)
        took_s.append(time.perf_counter() - begun)

    def everything() -> None:
        threads = [threading.Thread(target=one, args=(connection,)) for connection in connections]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    _, up, down = timed(everything)
    for connection in connections:
        connection.close()
    return sorted(took_s), up, down


def at_once(repeats: int, rest_s: float, window: int, counts: list[tuple[int, int]]) -> Found:
    """Take the times of transfers that begin together; `window` is what the namespaces have been
    set to.
    """
    found: Found = {}
    for _ in range(repeats):
        for count, size in counts:
            time.sleep(rest_s)
            took_s, up, down = together(count, size)
            found.setdefault(cases.at_once(count, window, "mean"), []).append(
                (sum(took_s) / count, up, down)
            )
            found.setdefault(cases.at_once(count, window, "last"), []).append(
                (took_s[-1], up, down)
            )
    return found


def lossy(count: int, size: int) -> Found:
    """Take the times of transfers on new connections over a link that loses packets each way."""
    found: Found = {cases.lossy(size): []}
    for _ in range(count):
        with connected_to(PLAIN) as connection:
            order(loss=LOSS)
            found[cases.lossy(size)].append(timed(partial(exchange, connection, 0, size)))
            order()
    return found


def cut(repeats: int, size: int, after_s: float, lasting_s: list[float]) -> Found:
    """Take the times of transfers whose link is cut on the way and comes back."""
    found: Found = {}
    for for_s in lasting_s:
        for _ in range(repeats if for_s < 10.0 else 1):
            with connected_to(PLAIN) as connection:
                order(after_s=after_s, for_s=for_s)
                taken = timed(lambda connection=connection: exchange(connection, 0, size))  # type: ignore[misc]
                found.setdefault(cases.cut(size, for_s), []).append(taken)
            time.sleep(2.0)
    return found


def beside(count: int, begins_s: float) -> Found:
    """Take the times of calls on a connection that stands, while a download is under way on another
    one, held by its receive window.
    """
    found: Found = {cases.CALL_BESIDE: []}
    with connected_to(PLAIN) as calls, socket.socket() as bulk:
        # the kernel takes twice as much, and grants half of that
        bulk.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, cases.BULK_WINDOW_BYTES)
        bulk.connect((SERVER, PLAIN))
        bulk.sendall(REQUEST.pack(0, cases.BULK_BYTES))
        threading.Thread(target=_read_on, args=(bulk,), daemon=True).start()
        time.sleep(begins_s)
        for number in range(count):
            time.sleep(cases.beside_rest_s(number))
            call = partial(exchange, calls, 0, cases.CALL_BYTES)
            found[cases.CALL_BESIDE].append(timed(call))
        bulk.shutdown(socket.SHUT_RDWR)
    return found


def _read_on(connection: socket.socket) -> None:
    with suppress(OSError):
        while connection.recv(65_536):
            pass


def main(words: list[str]) -> Found:
    """Take the times that the words ask for."""
    hurry(URGENT)
    if words[0] == "alone":
        return alone(int(words[1]), float(words[2]), [int(word) for word in words[3:]])
    if words[0] == "connects":
        return connects(int(words[1]))
    if words[0] == "at-once":
        counts = [
            (int(count), int(size)) for count, size in (word.split(":") for word in words[4:])
        ]
        return at_once(int(words[1]), float(words[2]), int(words[3]), counts)
    if words[0] == "beside":
        return beside(int(words[1]), float(words[2]))
    if words[0] == "lossy":
        return lossy(int(words[1]), int(words[2]))
    return cut(int(words[1]), int(words[2]), float(words[3]), [float(word) for word in words[4:]])


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))
