"""How many sessions a user holds at the store, and how long dead ones are kept."""

from __future__ import annotations

from heapq import heappop, heappush

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Environment


@mypyc_attr(allow_interpreted_subclasses=True)
class Sessions:
    """The sessions per user: 32 at most (KB 842022).

    One whose client vanished silently lingers (facts 4.3).
    """

    __slots__ = ("_alive", "_dead", "_dead_s", "_env", "_max")

    def __init__(self, env: Environment, max_sessions: int, dead_s: float) -> None:
        self._env = env
        self._max = max_sessions
        self._dead_s = dead_s
        self._alive: dict[str, int] = {}
        self._dead: dict[str, list[float]] = {}

    def held(self, mailbox: str) -> int:
        """Return how many sessions the store counts for a user, dead ones included."""
        dead = self._dead.get(mailbox)
        while dead and dead[0] <= self._env.now:
            heappop(dead)
        return self._alive.get(mailbox, 0) + (len(dead) if dead else 0)

    def open(self, mailbox: str) -> bool:
        """Open a session; False when the user holds as many as are allowed."""
        if self.held(mailbox) >= self._max:
            return False
        self._alive[mailbox] = self._alive.get(mailbox, 0) + 1
        return True

    def close(self, mailbox: str) -> None:
        """A session was closed in good order."""
        if self._alive.get(mailbox, 0) > 0:
            self._alive[mailbox] -= 1

    def linger(self, mailbox: str, for_s: float | None = None) -> None:
        """A client vanished without a word: its session stays until the server finds out."""
        if self._alive.get(mailbox, 0) > 0:
            self._alive[mailbox] -= 1
            heappush(
                self._dead.setdefault(mailbox, []),
                self._env.now + (self._dead_s if for_s is None else for_s),
            )

    def clear(self) -> None:
        """The store stopped: nobody is logged on."""
        self._alive.clear()
        self._dead.clear()
