"""Simulated time: SimPy's environment with re-armable events; the only file that knows SimPy's private names."""

from __future__ import annotations

from collections.abc import Callable, Generator
from heapq import heappush
from itertools import count
from math import inf
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import simpy

Process = Generator[simpy.Event, Any, Any]
"""What a process is: a generator of the events it waits for."""

_NORMAL = 1  # SimPy's priority of ordinary events: ties are broken by order of creation


class Alarm:
    """A pending event that can be armed again and again.

    Duck-typed as a SimPy event; subclasses carry their own data, so that a job *is* its pending event. An alarm is
    pending at most once at a time: the caller does not arm it again before it has gone off.
    """

    __slots__ = ("_ok", "_value", "callbacks")

    callbacks: list[Callable[[Any], None]] | None

    def __init__(self) -> None:
        self._ok = True
        self._value = None
        self.callbacks = None


class Call(Alarm):
    """A function that will be called once, unless cancelled."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[[], object]) -> None:
        super().__init__()
        self._function: Callable[[], object] | None = function

    def cancel(self) -> None:
        """Make the call do nothing."""
        self._function = None

    def fire(self, _: Alarm) -> None:
        """Call the function."""
        if self._function is not None:
            self._function()


class Clock(simpy.Environment):
    """Simulated time in seconds, with absolute due times for alarms."""

    if not TYPE_CHECKING:
        now = property(attrgetter("_now"), doc="The time now, in seconds; read in C, since everything reads it.")

    def arm(self, alarm: Alarm, when_s: float, callbacks: list[Any]) -> None:
        """Let `alarm` go off at `when_s`, handing itself to each function of `callbacks`."""
        alarm.callbacks = callbacks
        heappush(self._queue, (when_s, _NORMAL, next(self._eid), alarm))  # type: ignore[misc]

    def call_at(self, when_s: float, function: Callable[[], object]) -> Call:
        """Call `function` at `when_s` (now, if that has passed); the returned Call can be cancelled."""
        call = Call(function)
        self.arm(call, max(when_s, self.now), [call.fire])
        return call

    @property
    def events_fired(self) -> int:
        """How many events have been processed: those created less those still waiting."""
        created = next(self._eid)
        self._eid = count(created)
        return created - len(self._queue)


class Deadline:
    """One timer that is moved often and goes off rarely.

    Moving it later costs no event until the old one goes off; moving it earlier arms a new one.
    """

    __slots__ = ("_armed_s", "_clock", "_current", "_function", "due_s")

    def __init__(self, clock: Clock, function: Callable[[], object]) -> None:
        self._clock = clock
        self._function = function
        self._current: Alarm | None = None
        self._armed_s = inf
        self.due_s = inf

    def set(self, when_s: float) -> None:
        """Let the deadline fall at `when_s`."""
        self.due_s = when_s
        if when_s < self._armed_s:
            self._arm(when_s)

    def clear(self) -> None:
        """There is no deadline any more."""
        self.due_s = inf

    def _arm(self, when_s: float) -> None:
        self._current = alarm = Alarm()
        self._armed_s = when_s
        self._clock.arm(alarm, max(when_s, self._clock.now), [self._fire])

    def _fire(self, alarm: Alarm) -> None:
        if alarm is not self._current:
            return
        self._current, self._armed_s = None, inf
        if self.due_s <= self._clock.now:
            self.due_s = inf
            self._function()
        elif self.due_s < inf:
            self._arm(self.due_s)
