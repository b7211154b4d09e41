"""Poisson arrivals at identical servers: Erlang's formulas (Erlang 1917; Gross and Harris 1998, 2.3)."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, sqrt


def erlang_b(load: float, servers: int) -> float:
    """Return the share of arrivals that find every server busy when nobody may wait; `load` is in erlangs.

    The recursion B(c) = a B(c-1) / (c + a B(c-1)) is stable for any size.
    """
    _check(load, servers)
    blocked = 1.0
    for busy in range(1, servers + 1):
        blocked = load * blocked / (busy + load * blocked)
    return blocked


def erlang_c(load: float, servers: int) -> float:
    """Return the probability that an arrival has to wait; 1 when the servers can't keep up."""
    if load >= servers:
        return 1.0
    blocked = erlang_b(load, servers)
    return blocked / (1.0 - load / servers * (1.0 - blocked))


@dataclass(frozen=True, slots=True)
class Mmc:
    """An M/M/c queue in the steady state; times in seconds, infinite when it is overloaded."""

    arrivals_per_s: float
    service_s: float
    servers: int = 1

    @property
    def load(self) -> float:
        """The offered load in erlangs."""
        return self.arrivals_per_s * self.service_s

    @property
    def wait_s(self) -> float:
        """The mean wait for a server."""
        if self.load >= self.servers:
            return inf
        return erlang_c(self.load, self.servers) * self.service_s / (self.servers - self.load)

    @property
    def response_s(self) -> float:
        """The mean time from arrival to departure."""
        return self.wait_s + self.service_s

    @property
    def present(self) -> float:
        """The mean number present (Little)."""
        return self.arrivals_per_s * self.response_s


def square_root_staffing(load: float, spare: float = 1.0) -> int:
    """Return load + spare x sqrt(load) servers, rounded up (Halfin and Whitt 1981)."""
    _check(load, 1)
    return ceil(load + spare * sqrt(load))


def _check(load: float, servers: int) -> None:
    if load < 0.0 or servers < 1:
        raise ValueError(f"load = {load:g} erlangs at {servers} servers: a load of 0 or more and one server at least are allowed")
