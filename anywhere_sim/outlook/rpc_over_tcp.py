"""The stages of a direct RPC connection over TCP, as measured against a real server (real_peers
2.1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Process
from anywhere_sim.exchange.server import Server
from anywhere_sim.network.tcp_exchange import Answer, StageFailed, TcpExchange
from anywhere_sim.scenario.policy import Policy

EPM_BIND = (72, 60)
EPM_MAP = (156, 152)
NTLM_BIND = (112, 180)
AUTH3_UP = 262
SPNEGO_BIND = (198, 233)
SPNEGO_ALTER = (474, 93)


@mypyc_attr(allow_interpreted_subclasses=True)
class RpcOverTcp:
    """The stages on one exchange with a server, in the order of the methods."""

    def __init__(self, exchange: TcpExchange, server: Server, policy: Policy) -> None:
        self.exchange = exchange
        self.server = server
        self.policy = policy

    def map_endpoint(self) -> Process:
        """Ask the endpoint mapper on port 135 for the port of the service: connect, bind, map."""
        exchange = self.exchange
        exchange.ports.append("135")
        yield from self._connect(exchange.access_path.place.port_135)
        yield from self._exchange(EPM_BIND)
        yield from self._exchange(EPM_MAP)

    def bind(self) -> Process:
        """Connect to the service's own port and bind: raw NTLM in one round trip and a third leg,
        SPNEGO in two.
        """
        exchange, policy = self.exchange, self.policy
        exchange.ports.append("high")
        yield from self._connect(exchange.access_path.place.high_ports)
        if policy.rpc_auth == "spnego":
            yield from self._exchange(SPNEGO_BIND)
            yield from self._exchange(SPNEGO_ALTER)
            return
        yield from self._exchange(NTLM_BIND)
        if policy.nodelay:
            exchange.piggyback(AUTH3_UP)
        else:
            yield from exchange.exchange(AUTH3_UP, 0, self._acknowledge)

    def _connect(self, port: Answer) -> Process:
        yield from self.exchange.connect(self._answer(port))
        if self.server.site_delay_s:
            yield self.exchange.env.timeout(2.0 * self.server.site_delay_s)

    def _exchange(self, sizes: tuple[int, int]) -> Process:
        far = self._travel if self.server.site_delay_s else None
        return self.exchange.exchange(*sizes, far)

    def _travel(self, done: Callable[[Any], None]) -> None:
        """Let a request and its answer pass the WAN to another site."""
        env = self.exchange.env
        env.call_at(env.now + 2.0 * self.server.site_delay_s, lambda: done(None))

    def _acknowledge(self, done: Callable[[Any], None]) -> None:
        """Acknowledge the third leg alone, after the stack's delay."""
        env, stack = self.exchange.env, self.exchange.access_path.stack
        env.call_at(env.now + stack.delayed_ack_s, lambda: done(None))

    def _answer(self, port: Answer) -> Answer:
        """Return what a SYN meets: the place's filter first, then the host."""
        if port == "open" and not self.server.is_running:
            return "drop" if self.server.silent else "refuse"
        return port


def check_answers(server: Server) -> None:
    """Raise StageFailed when the server went away between two stages."""
    if not server.is_running:
        raise StageFailed("logon", "silent" if server.silent else "refused")
