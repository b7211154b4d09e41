"""The bytes of a TLS handshake, counted in memory flight by flight with this machine's OpenSSL."""

from __future__ import annotations

import ssl
from contextlib import suppress

from verification.peer import client_context


class End:
    """One end of a handshake in memory."""

    def __init__(self, context: ssl.SSLContext, *, server: bool, session: ssl.SSLSession | None = None) -> None:
        self.received, self.sent = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.received, self.sent, server_side=server, session=session)

    def step(self) -> bytes:
        """Go on as far as what was received allows; return what is sent."""
        with suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        return self.sent.read()


def flights(certificate: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the bytes of each flight of a full and of a resumed TLS 1.2 handshake, the client's first."""
    serving, asking = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), client_context()
    serving.load_cert_chain(certificate)
    full, session = _handshake(serving, asking, None)
    resumed, _ = _handshake(serving, asking, session)
    return full, resumed


def _handshake(
    serving: ssl.SSLContext, asking: ssl.SSLContext, session: ssl.SSLSession | None
) -> tuple[tuple[int, ...], ssl.SSLSession | None]:
    client, server = End(asking, server=False, session=session), End(serving, server=True)
    sizes = []
    while sent := client.step():
        sizes.append(len(sent))
        server.received.write(sent)
        answer = server.step()
        if not answer:
            break
        sizes.append(len(answer))
        client.received.write(answer)
    return tuple(sizes), client.tls.session
