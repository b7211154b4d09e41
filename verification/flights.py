"""A TLS handshake in memory with this machine's OpenSSL: its bytes, flight by flight, and the work
of both ends' processors.
"""

from __future__ import annotations

import ssl
import time
from contextlib import suppress
from statistics import median
from typing import NamedTuple

from verification import cases
from verification.emulator import URGENT, hurrying
from verification.peer import client_context, server_context

REPEATS = 25
REST_S = 0.04


class Handshake(NamedTuple):
    """The bytes of each flight, the client's first, and the seconds that both ends work until the
    client is through.
    """

    flights: tuple[int, ...]
    work_s: float


class End:
    """One end of a handshake in memory; `through_s` is the processor time at which it was
    through.
    """

    through_s = float("nan")

    def __init__(
        self, context: ssl.SSLContext, *, server: bool, session: ssl.SSLSession | None = None
    ) -> None:
        self.received, self.sent = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.received, self.sent, server_side=server, session=session)

    def step(self) -> bytes:
        """Go on as far as what was received allows; return what is sent."""
        with suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
            self.through_s = time.process_time()
        return self.sent.read()


def handshakes(certificate: str, chain: str) -> dict[str, Handshake]:
    """Return the TLS 1.2 handshakes of the comparison, by case: full with one certificate and with
    three, and resumed.
    """
    one, three = server_context(certificate), server_context(chain)
    asking = client_context()
    session = _shake(one, asking, None)[1].tls.session
    with hurrying(URGENT):
        return {
            cases.FULL: _repeated(one, client_context(), None),
            cases.CHAIN: _repeated(three, client_context(), None),
            cases.RESUMED: _repeated(one, asking, session),
        }


def _repeated(
    serving: ssl.SSLContext, asking: ssl.SSLContext, session: ssl.SSLSession | None
) -> Handshake:
    """Return the flights, and the median of the processor time; rests before each, since a
    processor that has rested is slower.
    """
    worked_s = []
    for _ in range(REPEATS):
        time.sleep(REST_S)
        begun_s = time.process_time()
        sizes, client = _shake(serving, asking, session)
        worked_s.append(client.through_s - begun_s)
    return Handshake(sizes, median(worked_s))


def _shake(
    serving: ssl.SSLContext, asking: ssl.SSLContext, session: ssl.SSLSession | None
) -> tuple[tuple[int, ...], End]:
    client = End(asking, server=False, session=session)
    return flights(client, End(serving, server=True)), client


def flights(client: End, server: End) -> tuple[int, ...]:
    """Return the bytes of each flight of a handshake, the client's first."""
    sizes = []
    while sent := client.step():
        sizes.append(len(sent))
        server.received.write(sent)
        if not (answer := server.step()):
            break
        sizes.append(len(answer))
        client.received.write(answer)
    return tuple(sizes)
