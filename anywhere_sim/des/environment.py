"""Simulated time: SimPy's environment, whose event list holds plain calls beside SimPy's events; the only file that knows SimPy's private names."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from heapq import heappop, heappush
from itertools import count, repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol

import simpy
from simpy.core import StopSimulation

from anywhere_sim.des.calendar_queue import CalendarQueue, Entry

Process = Generator[simpy.Event, Any, Any]
"""What a process is: a generator of the events it waits for."""

MAX_EVENTS_AT_ONE_INSTANT = 1_000_000
"""So many events in a row at one instant are a loop that never ends.

A mailbox has four at the instant at which it is started, the most that a scenario's own events bring about: a million are
250,000 mailboxes of one site that start at once. A loop of retries makes them in 5 to 15 s.
"""

_TURN, _URGENT, _NORMAL = (
    -1,
    0,
    1,
)  # SimPy's priorities, and one before: at the same instant the least first, then by order of creation


class ZeroTimeLoopError(RuntimeError):
    """Events follow one another at one instant, and simulated time would never move on; the text says when."""


class Arm(Protocol):
    """The type of `Clock.arm`."""

    def __call__(
        self, subject: Any, when_s: float, call: Callable[[Any], object], owner: object = None
    ) -> None:
        """Call `call(subject)` at `when_s`."""


class ScheduledCall:
    """A function that will be called once, unless cancelled."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[[], object]) -> None:
        self._function: Callable[[], object] | None = function

    def cancel(self) -> None:
        """Make the call do nothing."""
        self._function = None

    def fire(self) -> None:
        """Call the function."""
        if self._function is not None:
            self._function()


class Environment(simpy.Environment):
    """Simulated time in seconds: SimPy's processes and events, and calls at absolute times that cost no event object."""

    schedule_call: Arm
    """`arm(subject, when_s, call)` lets `call(subject)` happen at `when_s`; of those with an `owner`, see `pending` and `drop`."""

    __slots__ = ("now",)  # a slot and not SimPy's property, since everything reads it

    if TYPE_CHECKING:
        now: float
    else:
        _now = property(attrgetter("now"), lambda self, now_s: setattr(self, "now", now_s))

    def __init__(self, initial_time: float = 0.0) -> None:
        super().__init__(initial_time)
        self.event = partial(simpy.Event, self)  # type: ignore[method-assign]  # SimPy binds it anew at every look
        self._eid = count()
        self._entries: list[Entry] = self._queue  # type: ignore[assignment]
        self._looks = 0
        self._turns = count()
        self._later = CalendarQueue(self._entries, self._turn)
        self.schedule_call = _armer(self)

    def run(self, until: Any = None) -> None:
        """Run up to a time in seconds, or until nothing is left to happen.

        Raises ZeroTimeLoopError after MAX_EVENTS_AT_ONE_INSTANT events between which time does not move on: it is looked at
        after so many, so that an event pays nothing for it.
        """
        entries = self._entries
        if until is not None:
            heappush(entries, (until, _URGENT, next(self._eid), _stop, None, None))
        try:
            while entries:
                began_s = self.now
                for _ in repeat(None, MAX_EVENTS_AT_ONE_INSTANT):
                    if not entries:
                        return
                    self.now, _, _, call, subject, _ = heappop(entries)
                    call(subject)
                if self.now == began_s:
                    raise ZeroTimeLoopError(_zero_time_loop(self.now))
        except StopSimulation:
            return

    def pending(self, owner: object) -> list[Any]:
        """Return the subjects of an owner's calls, in order of arming; every pending event is looked at."""
        found = [entry for entries in self._lists() for entry in entries if entry[5] is owner]
        return [entry[4] for entry in sorted(found, key=_number)]

    def cancel_all(self, owner: object) -> list[Any]:
        """Let an owner's calls do nothing; return their subjects, in order of arming."""
        found = self.pending(owner)
        for entries in self._lists():
            for place, entry in enumerate(entries):
                if entry[5] is owner:
                    entries[place] = (*entry[:3], _nothing, None, None)
        return found

    def call_at(self, when_s: float, function: Callable[[], object]) -> ScheduledCall:
        """Call `function` at `when_s` (now, if that has passed); the returned Call can be cancelled."""
        call = ScheduledCall(function)
        self.schedule_call(call, max(when_s, self.now), ScheduledCall.fire)
        return call

    @property
    def events_fired(self) -> int:
        """How many events have been processed: those created less those still waiting."""
        created = next(self._eid) - self._looks
        self._looks += 1
        return created - sum(
            1 for entries in self._lists() for entry in entries if entry[1] != _TURN
        )

    def schedule(self, event: Any, priority: Any = _NORMAL, delay: float = 0) -> None:
        """Let a SimPy event go off after `delay` seconds."""
        when_s, entries, later = self.now + delay, self._entries, self._later
        entry: Entry = (when_s, priority, next(self._eid), _process, event, None)
        if when_s < later.from_s or len(entries) < later.room:
            heappush(entries, entry)
        else:
            later.put(entry, self.now)

    def succeed_in(self, event: simpy.Event, delay_s: float, value: object = None) -> None:
        """Let a SimPy event succeed `delay_s` from now; it counts as triggered from here on, as SimPy's Timeout does."""
        event._ok, event._value = True, value
        self.schedule_call(event, self.now + delay_s, _process)

    def trigger_now(self, event: simpy.Event, value: object = None) -> None:
        """Let a SimPy event succeed and be processed at once, ahead of all that is due now; while a process is at work, after it."""
        event._ok, event._value = True, value
        if self._active_proc is None:
            _process(event)
        else:
            self.schedule_call(event, self.now, _process)

    def _lists(self) -> list[list[Entry]]:
        return [self._entries, *self._later.lists()]

    def _turn(self, when_s: float) -> Entry:
        """Return the entry at which the bucket of that time is poured; it is no event of anybody's and has no number."""
        return (when_s, _TURN, next(self._turns), self._later.pour, when_s, None)


def _process(event: simpy.Event) -> None:
    """Process a SimPy event, as SimPy does; a failure that nobody has taken on is raised."""
    callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
    for callback in callbacks:
        callback(event)
    if not event._ok and not hasattr(event, "_defused"):
        raise event._value


def _zero_time_loop(now_s: float) -> str:
    """Return what is said of a loop at one instant."""
    hours, rest_s = divmod(now_s, 3600.0)
    time_of_day = f"{hours:02.0f}:{rest_s // 60.0:02.0f}:{rest_s % 60.0:06.3f}"
    return (
        f"simulated time stands still at {time_of_day}: {MAX_EVENTS_AT_ONE_INSTANT:,} events in a row at {now_s!r} s; "
        "something is repeated there without a wait: try a back-off that waits (backoff = 'fixed'), or give your own rule a wait"
    )


def _stop(_: object) -> None:
    raise StopSimulation


def _nothing(_: object) -> None:
    """What a dropped call does."""


def _armer(env: Environment) -> Arm:
    """Return the function behind `Clock.arm`: a closure over the event list, since every event passes through it."""
    entries, next_number, later = env._entries, env._eid.__next__, env._later

    def schedule_call(
        subject: Any, when_s: float, call: Callable[[Any], object], owner: object = None
    ) -> None:
        if when_s < later.from_s or len(entries) < later.room:
            heappush(entries, (when_s, _NORMAL, next_number(), call, subject, owner))
        else:
            later.put((when_s, _NORMAL, next_number(), call, subject, owner), env.now)

    return schedule_call


def _number(entry: Entry) -> int:
    """Return an entry's place in the order of arming."""
    return entry[2]
