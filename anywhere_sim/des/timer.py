"""A time-out that is moved often and expires rarely."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from anywhere_sim.des.environment import Environment


class Timer:
    """Calls `function()` once at `due_s`, which can be moved or cleared; it can be set again after.

    Moving it later costs nothing until the scheduled call comes: that looks at `due_s` and
    schedules the next. Moving it sooner schedules a new call, and the old one is ignored. So a
    time-out that every message puts off costs one event per expiry, not one per message.
    """

    __slots__ = ("_env", "_function", "_scheduled_s", "_token", "due_s")

    def __init__(self, env: Environment, function: Callable[[], object]) -> None:
        self._env = env
        self._function = function
        self._token: object = None
        self._scheduled_s = inf
        self.due_s = inf

    def set(self, when_s: float) -> None:
        """Let it expire at `when_s`, or now if that has passed, and at no other time."""
        self.due_s = when_s
        if when_s < self._scheduled_s:
            self._schedule(when_s)

    def clear(self) -> None:
        """Let it not expire."""
        self.due_s = inf

    def _schedule(self, when_s: float) -> None:
        self._token = token = object()
        self._scheduled_s = when_s
        self._env.schedule_call(token, max(when_s, self._env.now), self._expire)

    def _expire(self, token: object) -> None:
        if token is not self._token:
            return
        self._token, self._scheduled_s = None, inf
        if self.due_s <= self._env.now:
            self.due_s = inf
            self._function()
        elif self.due_s < inf:
            self._schedule(self.due_s)
