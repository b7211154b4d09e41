"""A limit on how many jobs are inside at once; the others wait in order, with limited patience."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from anywhere_sim.des.environment import Environment, Timer

OnDecided = Callable[[Any], None]
"""What is called with the job once it is admitted, or once it is refused."""


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
