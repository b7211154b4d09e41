"""The stages of a direct RPC connection over TCP, as measured against a real server (real_peers
2.1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anywhere_sim.des.environment import Process
from anywhere_sim.exchange.server import Server
from anywhere_sim.network import tcp_handshake
from anywhere_sim.network.tcp_exchange import StageFailed, TcpExchange
from anywhere_sim.network.tcp_handshake import Answer
from anywhere_sim.scenario.policy import Policy

EPM_BIND = (72, 60)
EPM_MAP = (156, 152)
NTLM_BIND = (112, 180)
AUTH3_UP = 262
SPNEGO_BIND = (198, 233)
SPNEGO_ALTER = (474, 93)


def map_endpoint(exchange: TcpExchange, server: Server) -> Process:
    """Ask the endpoint mapper on port 135 for the port of the service: connect, bind, map."""
    exchange.ports.append("135")
    yield from tcp_handshake.connect(
        exchange, _answer(exchange, server, exchange.access_path.place.port_135)
    )
    yield from exchange.exchange(*EPM_BIND)
    yield from exchange.exchange(*EPM_MAP)


def bind(exchange: TcpExchange, server: Server, policy: Policy) -> Process:
    """Connect to the service's own port and bind: raw NTLM in one round trip and a third leg,
    SPNEGO in two.
    """
    exchange.ports.append("high")
    yield from tcp_handshake.connect(exchange, _answer(exchange, server, "open"))
    if policy.rpc_auth == "spnego":
        yield from exchange.exchange(*SPNEGO_BIND)
        yield from exchange.exchange(*SPNEGO_ALTER)
        return
    yield from exchange.exchange(*NTLM_BIND)
    if policy.nodelay:
        exchange.piggyback(AUTH3_UP)
        return

    def acknowledge(done: Callable[[Any], None]) -> None:
        exchange.env.call_at(
            exchange.env.now + exchange.access_path.stack.delayed_ack_s, lambda: done(None)
        )

    yield from exchange.exchange(AUTH3_UP, 0, acknowledge)


def _answer(exchange: TcpExchange, server: Server, port: Answer) -> Answer:
    """Return what a SYN meets: the place's filter first, then the host."""
    if port == "open" and not server.is_running:
        return "drop" if server.silent else "refuse"
    return port


def check_answers(server: Server) -> None:
    """Raise StageFailed when the server went away between two stages."""
    if not server.is_running:
        raise StageFailed("logon", "silent" if server.silent else "refused")
