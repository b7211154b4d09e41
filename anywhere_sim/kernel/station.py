"""A first-come-first-served station of identical servers; departures are computed on arrival."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapreplace
from typing import Any

from anywhere_sim.kernel.clock import Alarm, Clock


class Job(Alarm):
    """What a station serves. After `Station.stop` has returned a job it must not be used again."""

    __slots__ = ("_departure_s", "_done", "_epoch")

    _departure_s: float
    _done: Callable[[Any], None]
    _epoch: int


class Station:
    """`servers` servers and one queue, first come first served, without limit.

    The departure is known on arrival: a heap holds the times at which the servers become free, so a job costs one
    event. Time worked and time present are promised on arrival, and what still lies ahead is taken off when asked.
    `stop` ends an epoch; departures of an older epoch are ignored.
    """

    __slots__ = ("_clock", "_departed", "_epoch", "_free_s", "_jobs", "_stay_s", "_work_s", "arrivals", "name")

    def __init__(self, clock: Clock, servers: int, name: str = "") -> None:
        if servers < 1:
            raise ValueError(f"servers = {servers}: a station needs at least one; give a whole number from 1 on")
        self._clock = clock
        self._free_s = [clock.now] * servers
        self._jobs: dict[Job, None] = {}
        self._departed = [self._depart]
        self._epoch = 0
        self._work_s = self._stay_s = 0.0
        self.arrivals = 0
        self.name = name

    def serve(self, job: Job, service_s: float, done: Callable[[Any], None]) -> float:
        """Take a job now; `done(job)` is called when it departs. Return how long it waits for a server, in seconds."""
        now = self._clock.now
        free_s = self._free_s[0]
        wait_s = free_s - now if free_s > now else 0.0
        job._departure_s = departure_s = now + wait_s + service_s
        job._done = done
        job._epoch = self._epoch
        heapreplace(self._free_s, departure_s)
        self._jobs[job] = None
        self.arrivals += 1
        self._work_s += service_s
        self._stay_s += wait_s + service_s
        self._clock.arm(job, departure_s, self._departed)
        return wait_s

    def _depart(self, job: Job) -> None:
        if job._epoch == self._epoch:
            del self._jobs[job]
            job._done(job)

    @property
    def present(self) -> int:
        """How many jobs are here, waiting or in service."""
        return len(self._jobs)

    def busy_s(self) -> float:
        """Return the server-seconds worked up to now: work taken on less what still lies ahead."""
        now = self._clock.now
        return self._work_s - sum(free_s - now for free_s in self._free_s if free_s > now)

    def present_s(self) -> float:
        """Return the integral of the number present up to now, in job-seconds."""
        now = self._clock.now
        return self._stay_s - sum(job._departure_s - now for job in self._jobs)

    def stop(self) -> list[Job]:
        """Throw out every job now; return them in order of arrival. The station is empty and serves again at once."""
        self._work_s = self.busy_s()
        self._stay_s = self.present_s()
        self._epoch += 1
        self._free_s = [self._clock.now] * len(self._free_s)
        failed = list(self._jobs)
        self._jobs.clear()
        return failed
