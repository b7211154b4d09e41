"""Servers behind one name: a rule that chooses among them, health checks, draining."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar
from zlib import crc32

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Environment
from anywhere_sim.exchange.server import Server
from anywhere_sim.scenario.spec import PoolRule

Member = TypeVar("Member", bound=Server)


@mypyc_attr(allow_interpreted_subclasses=True)
class Pool(Generic[Member]):
    """Servers of one role that share the work; a single one is a pool too.

    A new connection goes to a member that answered the last health check and is not being drained,
    or to any where there is none: `in_turn` to the next one, `least_connections` to the one with
    the fewest, `by_client_address` to the one that an address always gets (source-address affinity:
    who shares a public address shares a server). A member that is lost moves the addresses that it
    had, and no others.
    """

    def __init__(
        self, env: Environment, members: Sequence[Member], rule: PoolRule, health_check_s: float
    ) -> None:
        self.members = tuple(members)
        self._env = env
        self._rule = rule
        self._health_check_s = health_check_s
        self._begun_s = env.now
        self._turns = 0

    def choose(self, address: str, avoid: str = "") -> Member:
        """Return the member for a new connection from an address, if possible not the one that is
        named in `avoid`.
        """
        if len(self.members) == 1:
            return self.members[0]
        fit = self.available() or list(self.members)
        fit = self.nearest([member for member in fit if member.name != avoid] or fit)
        if self._rule == "in_turn":
            self._turns += 1
            return fit[(self._turns - 1) % len(fit)]
        if self._rule == "least_connections":
            return min(fit, key=lambda member: member.held_connections)
        return max(fit, key=lambda member: crc32(f"{address} {member.name}".encode()))

    def nearest(self, fit: list[Member]) -> list[Member]:
        """Return those of the own site, all where there is none: who stands in another site is
        referred to only then.
        """
        return [member for member in fit if not member.spec.site_delay_ms] or fit

    def available(self) -> list[Member]:
        """Return the members that answered the last health check and are not being drained."""
        now_s, period_s = self._env.now, self._health_check_s
        checked_s = self._begun_s + (now_s - self._begun_s) // period_s * period_s
        return [
            member
            for member in self.members
            if not member.draining and member.was_running(checked_s)
        ]
