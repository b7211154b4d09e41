"""Simulated time: SimPy's environment with re-armable events; the only file that knows SimPy's private names."""

from __future__ import annotations

from collections.abc import Callable, Generator
from heapq import heappop, heappush
from itertools import chain, count
from math import inf
from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast

import simpy
from simpy.core import StopSimulation

from anywhere_sim.kernel.later import Entry, Later

Process = Generator[simpy.Event, Any, Any]
"""What a process is: a generator of the events it waits for."""

Callbacks = list[Callable[[Any], None]]
"""What an event calls when it goes off, handing itself over; made once by its owner and used again and again."""

Arm = Callable[["Alarm", float, Callbacks], None]

_TURN, _URGENT, _NORMAL = -1, 0, 1  # SimPy's priorities, and one before: at the same instant the least first, then by order of creation
NEAR_EVENTS = 256  # as many events as that stay in the event list however far off they are


class Alarm:
    """A pending event that can be armed again and again.

    Duck-typed as a SimPy event; subclasses carry their own data, so that a job *is* its pending event. An alarm is
    pending at most once at a time: the caller does not arm it again before it has gone off.
    """

    __slots__ = ("callbacks",)

    callbacks: Callbacks | None
    _ok = True
    _value = None


class Call(Alarm):
    """A function that will be called once, unless cancelled."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[[], object]) -> None:
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

    arm: Arm
    """`arm(alarm, when_s, callbacks)` lets an alarm go off at `when_s`, handing itself to each of the callbacks."""

    def __init__(self, initial_time: float = 0.0) -> None:
        super().__init__(initial_time)
        self._eid = count()
        self._looks = 0
        self._turns = count()
        self._later = Later(cast("list[Entry]", self._queue), self._turn)
        self.arm = _armer(self)

    if not TYPE_CHECKING:
        now = property(attrgetter("_now"), doc="The time now, in seconds; read in C, since everything reads it.")

    def run(self, until: Any = None) -> None:
        """Run up to a time in seconds, or until nothing is left to happen: SimPy's loop, without a call per event."""
        queue = self._queue
        if until is not None:
            heappush(queue, (until, _URGENT, next(self._eid), _End()))  # type: ignore[misc]
        try:
            while queue:
                self._now, _, _, event = heappop(queue)
                callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
                for callback in callbacks:
                    callback(event)
                if not event._ok and not hasattr(event, "_defused"):
                    raise event._value
        except StopSimulation:
            return

    def pending(self, callbacks: Callbacks) -> list[Any]:
        """Return the alarms armed with these very callbacks, in order of arming; every pending event is looked at."""
        found = [entry for entry in chain(self._queue, self._later) if entry[3].callbacks is callbacks]
        return [entry[3] for entry in sorted(found, key=_number)]

    def call_at(self, when_s: float, function: Callable[[], object]) -> Call:
        """Call `function` at `when_s` (now, if that has passed); the returned Call can be cancelled."""
        call = Call(function)
        self.arm(call, max(when_s, self.now), [call.fire])
        return call

    @property
    def events_fired(self) -> int:
        """How many events have been processed: those created less those still waiting."""
        created = next(self._eid) - self._looks
        self._looks += 1
        waiting = sum(1 for _, priority, _, _ in chain(self._queue, self._later) if priority != _TURN)
        return created - waiting

    def schedule(self, event: Any, priority: Any = _NORMAL, delay: float = 0) -> None:
        """Let a SimPy event go off after `delay` seconds."""
        when_s, queue, later = self._now + delay, self._queue, self._later
        entry: Any = (when_s, priority, next(self._eid), event)
        if when_s < later.from_s or len(queue) < NEAR_EVENTS:
            heappush(queue, entry)
        else:
            later.put(entry, self._now)

    def _turn(self, when_s: float) -> Entry:
        """Return the entry at which the bucket of that time is poured; it is no event of anybody's and has no number."""
        alarm = Alarm()
        alarm.callbacks = [self._pour]
        return (when_s, _TURN, next(self._turns), alarm)

    def _pour(self, _: Alarm) -> None:
        self._later.pour(self._now)


class _End(Alarm):
    """The end of a run."""

    __slots__ = ()

    def __init__(self) -> None:
        self.callbacks = [_stop]


def _stop(_: Alarm) -> None:
    raise StopSimulation


def _armer(clock: Clock) -> Arm:
    """Return the function behind `Clock.arm`: a closure over the event list, since every event passes through it."""
    queue: list[Any] = clock._queue
    next_number, later = clock._eid.__next__, clock._later

    def arm(alarm: Alarm, when_s: float, callbacks: Callbacks) -> None:
        alarm.callbacks = callbacks
        if when_s < later.from_s or len(queue) < NEAR_EVENTS:
            heappush(queue, (when_s, _NORMAL, next_number(), alarm))
        else:
            later.put((when_s, _NORMAL, next_number(), alarm), clock._now)

    return arm


def _number(entry: tuple[float, int, int, Any]) -> int:
    """Return an entry's place in the order of arming."""
    return entry[2]


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
