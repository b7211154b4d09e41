"""A first-come-first-served station of identical servers; departures are computed on arrival."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapreplace
from typing import Any

from anywhere_sim.kernel.clock import Alarm, Clock


class Job(Alarm):
    """What a station serves. After `Station.stop` has returned a job it must not be used again."""

    __slots__ = ("_done", "_epoch")

    _done: Callable[[Any], None]
    _epoch: int


class Station:
    """`servers` servers and one queue, first come first served, without limit.

    The departure is known on arrival: a heap holds the times at which the servers become free, so a job costs one
    event. `stop` ends an epoch; departures of an older epoch are ignored.
    """

    __slots__ = (
        "_area_s", "_changed_s", "_clock", "_departed", "_epoch", "_free_s", "_jobs", "_work_s", "arrivals", "departures", "name",
    )  # fmt: skip

    def __init__(self, clock: Clock, servers: int, name: str = "") -> None:
        if servers < 1:
            raise ValueError(f"servers = {servers}: a station needs at least one; give a whole number from 1 on")
        self._clock = clock
        self._free_s = [clock.now] * servers
        self._jobs: dict[Job, None] = {}
        self._departed = [self._depart]
        self._epoch = 0
        self._work_s = 0.0
        self._area_s = 0.0
        self._changed_s = clock.now
        self.arrivals = self.departures = 0
        self.name = name

    def serve(self, job: Job, service_s: float, done: Callable[[Any], None]) -> float:
        """Take a job now; `done(job)` is called when it departs. Return how long it waits for a server, in seconds."""
        now = self._clock.now
        begin_s = max(now, self._free_s[0])
        departure_s = begin_s + service_s
        heapreplace(self._free_s, departure_s)
        jobs = self._jobs
        self._area_s += len(jobs) * (now - self._changed_s)
        self._changed_s = now
        jobs[job] = None
        self.arrivals += 1
        self._work_s += service_s
        job._done = done
        job._epoch = self._epoch
        self._clock.arm(job, departure_s, self._departed)
        return begin_s - now

    def _depart(self, job: Job) -> None:
        if job._epoch != self._epoch:
            return
        now = self._clock.now
        jobs = self._jobs
        self._area_s += len(jobs) * (now - self._changed_s)
        self._changed_s = now
        del jobs[job]
        self.departures += 1
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
        return self._area_s + len(self._jobs) * (self._clock.now - self._changed_s)

    def stop(self) -> list[Job]:
        """Throw out every job now; return them in order of arrival. The station is empty and serves again at once."""
        now = self._clock.now
        self._work_s = self.busy_s()
        self._area_s = self.present_s()
        self._changed_s = now
        self._epoch += 1
        self._free_s = [now] * len(self._free_s)
        failed = list(self._jobs)
        self._jobs.clear()
        return failed
