"""Name resolution: answered, "no such name", or silence."""

from __future__ import annotations

from typing import Annotated

from anywhere_sim.des.environment import Process
from anywhere_sim.network.tcp_exchange import StageFailed, TcpExchange
from anywhere_sim.network.tcp_model import Stack
from anywhere_sim.scenario.sources import assumed

QUERY_IP_BYTES: Annotated[int, assumed("IP 20, UDP 8, a question of 38", 55, 90)] = 66
ANSWER_IP_BYTES: Annotated[int, assumed("the question with one address", 80, 300)] = 98


class Resolver:
    """A client's resolver. It keeps no cache: every attempt asks again (assumed)."""

    __slots__ = ()

    def resolve(self, exchange: TcpExchange, *, internal: bool) -> Process:
        """Resolve a name; internal names are known inside the company only (facts 1.3).

        Raises StageFailed after one round trip for "no such name", after the resolver's own
        schedule for silence.
        """
        behaviour = exchange.access_path.place.internal_names if internal else "resolve"
        if behaviour == "silent":
            stack = exchange.access_path.stack
            begun_s = exchange.env.now
            yield from exchange.send_unanswered(QUERY_IP_BYTES, len(stack.dns_timeouts_s))
            yield exchange.env.timeout(max(0.0, begun_s + self.give_up_s(stack) - exchange.env.now))
            raise StageFailed("resolve", "silent")
        yield from exchange.packets(QUERY_IP_BYTES, ANSWER_IP_BYTES)
        exchange.round_trips -= (
            1  # round trips are counted from TCP on, as real_peers 2 counts them
        )
        if behaviour == "no_such_name":
            raise StageFailed("resolve", "no_such_name")

    def give_up_s(self, stack: Stack) -> float:
        """Return how long the resolver waits for servers that are silent, in seconds."""
        return sum(stack.dns_timeouts_s)
