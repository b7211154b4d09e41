"""A limit on how many jobs are inside at once; the others wait in order, with limited patience."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from anywhere_sim.des.environment import Environment
from anywhere_sim.des.timer import Timer

Answer = Callable[[Any], None]


class BoundedPool:
    """`places` jobs may be inside. Who comes later waits in one queue and is refused after `patience_s` seconds."""

    __slots__ = ("_env", "_head", "_places", "_queue", "inside", "patience_s", "refusals")

    def __init__(self, env: Environment, places: int, patience_s: float) -> None:
        self._env = env
        self._places = places
        self.patience_s = patience_s
        self._queue: deque[tuple[float, object, Answer, Answer]] = deque()
        self._head = Timer(env, self._refuse_head)
        self.inside = 0
        self.refusals = 0

    @property
    def waiting(self) -> int:
        """How many jobs wait for a place."""
        return len(self._queue)

    def enter(self, job: object, admitted: Answer, refused: Answer) -> None:
        """Let a job in at once if there is a place; else it waits, and one of the two functions is called later."""
        if self.inside < self._places:
            self.inside += 1
            admitted(job)
            return
        self._queue.append((self._env.now + self.patience_s, job, admitted, refused))
        if len(self._queue) == 1:
            self._head.set(self._queue[0][0])

    def leave(self) -> None:
        """A job inside leaves; the first of those that wait comes in."""
        if not self._queue:
            self.inside -= 1
            return
        _, job, admitted, _ = self._queue.popleft()
        self._watch_head()
        admitted(job)

    def clear(self) -> list[object]:
        """Send everybody away; return those that waited, in order."""
        waited = [entry[1] for entry in self._queue]
        self._queue.clear()
        self._head.clear()
        self.inside = 0
        return waited

    def _refuse_head(self) -> None:
        _, job, _, refused = self._queue.popleft()
        self.refusals += 1
        self._watch_head()
        refused(job)

    def _watch_head(self) -> None:
        if self._queue:
            self._head.set(self._queue[0][0])
        else:
            self._head.clear()
