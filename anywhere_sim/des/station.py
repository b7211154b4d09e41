"""A first-come-first-served station of identical servers; departures are computed on arrival."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapreplace
from math import fsum
from typing import Any

from anywhere_sim.des.environment import Environment


class Job:
    """What a station serves."""

    __slots__ = ()


class Station:
    """`servers` servers and one queue, first come first served, without limit.

    A job's departure is known when it arrives: it begins when the first server becomes free (a heap
    holds those times) and lasts as long as the caller says. So a job costs one event, its
    departure, and there is no queue: the event list itself knows who is here (`present`).

    Nothing that comes later can change a departure. What could (priorities, servers that slow down)
    needs another model of a station; `stop` throws everybody out.

    Raises ValueError for fewer than one server.
    """

    __slots__ = ("_env", "_free_s", "_schedule_call", "_work_s", "arrivals", "name")

    def __init__(self, env: Environment, servers: int, name: str = "") -> None:
        if servers < 1:
            raise ValueError(
                f"servers = {servers}: a station needs at least one; give an integer from 1 on"
            )
        self._env = env
        self._schedule_call = env.schedule_call
        self._free_s = [env.now] * servers
        self._work_s = 0.0
        self.arrivals = 0
        self.name = name

    def serve(self, job: Job, service_s: float, done: Callable[[Any], None]) -> float:
        """Take a job now; `done(job)` is called when it departs. Return its wait, in seconds."""
        now = self._env.now
        free_s = self._free_s[0]
        begun_s = free_s if free_s > now else now
        departure_s = begun_s + service_s
        heapreplace(self._free_s, departure_s)
        self.arrivals += 1
        self._work_s += service_s
        self._schedule_call(job, departure_s, done, self)
        return begun_s - now

    def departure_s(self, service_s: float) -> float:
        """Return when a job that comes now would depart."""
        return max(self._free_s[0], self._env.now) + service_s

    @property
    def present(self) -> int:
        """How many jobs are here, waiting or in service; every pending event is looked at."""
        return len(self._env.pending(self))

    def busy_s(self) -> float:
        """Return the server-seconds worked up to now: work accepted less what still lies ahead."""
        now = self._env.now
        return self._work_s - fsum(free_s - now for free_s in self._free_s if free_s > now)

    def stop(self) -> list[Job]:
        """Throw out every job now; return them in order of arrival.

        The station is empty and serves again at once.
        """
        failed: list[Job] = self._env.cancel_all(self)
        self._work_s = self.busy_s()
        self._free_s = [self._env.now] * len(self._free_s)
        return failed
