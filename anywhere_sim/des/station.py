"""Where jobs wait: a station with servers, and a bounded pool whose jobs lose patience (renege)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heapreplace
from math import fsum
from typing import Any, Final

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Environment, Timer

_heapreplace: Final = heapreplace  # compiled code finds this sooner


@mypyc_attr(allow_interpreted_subclasses=True)
class Job:
    """What a station serves."""

    __slots__ = ()


@mypyc_attr(allow_interpreted_subclasses=True)
class Station:
    """`servers` servers and one queue, first come first served, without limit.

    A job's departure is known when it arrives: it begins when the first server becomes free (a heap
    holds those times) and lasts as long as the caller says. So a job costs one event, its
    departure, and there is no queue: the event list itself knows who is here (`present`).

    Nothing that comes later can change a departure. What could (priorities, servers that slow down)
    needs another model of a station; `stop` throws everybody out.

    Raises ValueError for fewer than one server.
    """

    __slots__ = ("_env", "_free_s", "_work_s", "arrivals", "name", "servers")

    def __init__(self, env: Environment, servers: int, name: str = "") -> None:
        if servers < 1:
            raise ValueError(
                f"servers = {servers}: a station needs at least one; give an integer from 1 on"
            )
        self._env = env
        self.servers = servers
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
        _heapreplace(self._free_s, departure_s)
        self.arrivals += 1
        self._work_s += service_s
        self._env.schedule_call(job, departure_s, done, self)
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


class Source:
    """Jobs that come to a station from outside, one after another: an open arrival process.

    The job `i` comes `gaps_s[i]` after the one before, the first one so long from now, and takes a
    server `services_s[i]`; all in seconds. `waits_s` are the waits of those that have come.

    >>> from anywhere_sim.des.environment import Environment
    >>> from anywhere_sim.des.station import Source, Station
    >>> env = Environment()
    >>> source = Source(env, Station(env, 1), [0.0, 1.0, 1.0], [3.0, 1.0, 1.0])
    >>> env.run()
    >>> source.waits_s
    [0.0, 2.0, 2.0]
    """

    __slots__ = (
        "_env",
        "_gaps_s",
        "_job",
        "_on_arrival",
        "_on_departure",
        "_services_s",
        "_station",
        "waits_s",
    )

    def __init__(
        self, env: Environment, station: Station, gaps_s: list[float], services_s: list[float]
    ) -> None:
        if len(gaps_s) != len(services_s):
            raise ValueError(
                f"{len(gaps_s)} gaps and {len(services_s)} services: give one of each per job"
            )
        self._env = env
        self._station = station
        self._gaps_s = gaps_s
        self._services_s = services_s
        self.waits_s: list[float] = []
        self._job = Job()  # all of them: nobody asks which of them is which
        self._on_arrival, self._on_departure = self._arrive, _gone  # found once
        self._plan(0)

    def _plan(self, number: int) -> None:
        """Let the job of that number come after its gap, if there is one."""
        if number < len(self._gaps_s):
            env = self._env
            env.schedule_call(number, env.now + self._gaps_s[number], self._on_arrival)

    def _arrive(self, number: int) -> None:
        wait_s = self._station.serve(self._job, self._services_s[number], self._on_departure)
        self.waits_s.append(wait_s)
        self._plan(number + 1)


def _gone(_: Job) -> None:
    """What happens when a job of a source departs."""


OnDecided = Callable[[Any], None]
"""What is called with the job once it is admitted, or once it is refused."""


@mypyc_attr(allow_interpreted_subclasses=True)
class BoundedPool:
    """At most `capacity` jobs are inside; a job that waits reneges after `patience_s` seconds.

    One queue, first come first served, without limit. A job stays inside until somebody calls
    `leave`: the pool knows how many are inside, not which. All have the same patience, so only the
    head of the queue can be due: one Timer, and nobody who is admitted in time costs an event.
    """

    __slots__ = ("_capacity", "_env", "_head", "_queue", "inside", "patience_s", "refusals")

    def __init__(self, env: Environment, capacity: int, patience_s: float) -> None:
        self._env = env
        self._capacity = capacity
        self.patience_s = patience_s
        self._queue: deque[tuple[float, object, OnDecided, OnDecided]] = deque()
        self._head = Timer(env, self._refuse_head)
        self.inside = 0
        self.refusals = 0

    @property
    def waiting(self) -> int:
        """How many jobs wait to be admitted."""
        return len(self._queue)

    def enter(self, job: object, on_admitted: OnDecided, on_refused: OnDecided) -> None:
        """Admit a job at once if the pool is not full; else it waits.

        One of the two functions is called with the job, perhaps before this one returns.
        """
        if self.inside < self._capacity:
            self.inside += 1
            on_admitted(job)
            return
        self._queue.append((self._env.now + self.patience_s, job, on_admitted, on_refused))
        if len(self._queue) == 1:
            self._head.set(self._queue[0][0])

    def leave(self) -> None:
        """A job inside leaves; the first of those that wait is admitted."""
        if not self._queue:
            self.inside -= 1
            return
        _, job, on_admitted, _ = self._queue.popleft()
        self._watch_head()
        on_admitted(job)

    def clear(self) -> list[object]:
        """Empty the pool and its queue; return those that waited, in order. Nobody is called."""
        waited = [entry[1] for entry in self._queue]
        self._queue.clear()
        self._head.clear()
        self.inside = 0
        return waited

    def _refuse_head(self) -> None:
        _, job, _, on_refused = self._queue.popleft()
        self.refusals += 1
        self._watch_head()
        on_refused(job)

    def _watch_head(self) -> None:
        if self._queue:
            self._head.set(self._queue[0][0])
        else:
            self._head.clear()
