"""A machine's resolver: what a name costs, and for how long an answer is remembered."""

from __future__ import annotations

from math import fsum
from typing import Annotated

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Process
from anywhere_sim.network.tcp_exchange import StageFailed, TcpExchange
from anywhere_sim.network.tcp_model import Stack
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.scenario.sources import assumed
from anywhere_sim.scenario.spec import NameBehaviour

QUERY_IP_BYTES: Annotated[int, assumed("IP 20, UDP 8, a question of 38", 55, 90)] = 66
ANSWER_IP_BYTES: Annotated[int, assumed("the question with one address", 80, 300)] = 98


@mypyc_attr(allow_interpreted_subclasses=True, acyclic=True)
class Resolver:
    """The resolver of one machine, and its cache of names.

    An answer is kept, "no such name" too, for as long as its own time to live and the stack (or the
    policy) say, wherever the machine is carried meanwhile (`moved`). Silence is no answer: nothing
    of it is kept, but the stack may send no query at all for a while after it (failures 1).
    """

    __slots__ = ("_answers", "_policy", "_quiet_until_s", "_stack")

    def __init__(self, stack: Stack, policy: Policy) -> None:
        self._stack = stack
        self._policy = policy
        self._answers: dict[str, tuple[NameBehaviour, float]] = {}
        self._quiet_until_s = 0.0

    def resolve(self, exchange: TcpExchange, name: str, ttl_s: float, *, internal: bool) -> Process:
        """Resolve a name, whose address may be kept for `ttl_s`; internal names are known inside
        the company only (facts 1.3).

        Raises StageFailed for "no such name" and for silence: after one round trip and after the
        resolver's own schedule, or at once where that is remembered.
        """
        now_s = exchange.env.now
        answer = self.remembered(name, now_s)
        if answer is None:
            answer = exchange.access_path.place.internal_names if internal else "resolve"
            yield from self._ask(exchange, answer)
            self._keep(name, answer, ttl_s, exchange.env.now)
        if answer != "resolve":
            raise StageFailed("resolve", answer)

    def remembered(self, name: str, now_s: float) -> NameBehaviour | None:
        """Return what the cache says of a name; None where a server has to be asked."""
        answer, until_s = self._answers.get(name, ("silent", 0.0))
        if now_s < until_s:
            return answer
        return "silent" if now_s < self._quiet_until_s else None

    def moved(self) -> None:
        """The machine is in another network: what it remembers may not hold there."""
        if self._policy.dns_flush_on_move:
            self._answers.clear()
        self._quiet_until_s = 0.0  # other adapters or other servers, which have not been silent

    def _ask(self, exchange: TcpExchange, answer: NameBehaviour) -> Process:
        if answer != "silent":
            yield from exchange.packets(QUERY_IP_BYTES, ANSWER_IP_BYTES)
            exchange.round_trips -= (
                1  # round trips are counted from TCP on, as real_peers 2 counts them
            )
            return
        begun_s = exchange.env.now
        yield from exchange.send_unanswered(QUERY_IP_BYTES, len(self._stack.dns_timeouts_s))
        yield exchange.env.timeout(max(0.0, begun_s + self.give_up_s() - exchange.env.now))

    def _keep(self, name: str, answer: NameBehaviour, ttl_s: float, now_s: float) -> None:
        stack, policy = self._stack, self._policy
        if answer == "silent":
            self._quiet_until_s = now_s + _either(
                policy.dns_silence_hold_s, stack.dns_silence_hold_s
            )
            return
        if answer == "resolve":
            kept_s = min(ttl_s, _either(policy.dns_positive_max_s, stack.dns_positive_max_s))
        else:
            kept_s = _either(policy.dns_negative_s, stack.dns_negative_s)
        self._answers[name] = answer, now_s + kept_s

    def give_up_s(self) -> float:
        """Return how long the resolver waits for servers that are silent, in seconds."""
        return fsum(self._stack.dns_timeouts_s)


def _either(given: float | None, usual: float) -> float:
    return usual if given is None else given
