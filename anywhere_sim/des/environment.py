"""Simulated time: our own event loop, under SimPy's processes and events.

SimPy gives two things and does them well: processes (generators that yield what they wait for) and
events with callbacks. Its loop makes an Event with a list of callbacks for everything that happens;
most of what happens here is one function called once. So the loop is ours: its event list holds
tuples (`calendar_queue.Entry`), the third field of which is called with the fourth::

    (32400.25, 17, link._fire, token, None)       a plain call: schedule_call
    (32400.25, 18, _process, simpy_event, None)   a SimPy event: schedule

The order is SimPy's: time, then priority, then creation, the last two in one number. Nothing is
drawn at random.

The loop is no subclass of SimPy's Environment, which could not be compiled with it; SimPy's events
ask little of theirs. This is the only file that uses private names of SimPy 4.1. Its processes set
`_active_proc` and read `active_process`, its events call `schedule`. Of an Event, `_ok`, `_value`
and `_defused` are asked, and processes ask the first two of a Signal, which is none of SimPy's.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from math import inf
from typing import Any, Final, cast

import simpy
from mypy_extensions import mypyc_attr
from simpy.core import StopSimulation

from anywhere_sim.des.calendar_queue import PER_PRIORITY, CalendarQueue, Entry

Process = Generator["simpy.Event | Signal", Any, Any]
"""What a process is: a generator of the events it waits for."""

MAX_EVENTS_AT_ONE_INSTANT: Final = 1_000_000
"""So many events in a row at one instant are a loop that never ends.

A mailbox has four at the instant at which it is started, the most that a scenario's own events
bring about: a million are 250,000 mailboxes of one site that start at once. A loop of retries makes
them in 5 to 15 s.
"""

# SimPy's two priorities: at the same instant the lesser goes first
_URGENT: Final = 0
_NORMAL: Final = 1


@mypyc_attr(native_class=False)
class ZeroTimeLoopError(RuntimeError):
    """Events follow one another at one instant, and time would never move on; says when."""


class ScheduledCall:
    """A function that will be called once, unless cancelled."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[[], object]) -> None:
        self._function: Callable[[], object] | None = function

    def cancel(self) -> None:
        """Make the call do nothing; its entry stays in the event list until its time."""
        self._function = None

    def fire(self) -> None:
        """Call the function."""
        if self._function is not None:
            self._function()


class Environment:
    """Simulated time in seconds: SimPy's processes and events, and plain calls.

    A call costs a tuple in a list, a SimPy event its object and a list besides: use processes where
    a story has several steps, calls where one thing happens. A call that may have to be taken back
    is made by `call_at` or a Timer, or has an `owner`.

    SimPy's events and processes use this environment and none of SimPy's stands behind it, so that
    it can be compiled: `now` is then a plain number of the machine.
    """

    __slots__ = ("_active_proc", "_created", "_pending", "now")

    def __init__(self, initial_time: float = 0.0) -> None:
        self.now = initial_time
        self._active_proc: simpy.Process | None = None
        self._pending = CalendarQueue(initial_time)
        self._created = 0

    @property
    def as_simpy(self) -> Any:
        """Itself, for what SimPy says is for one of its own environments."""
        return self

    @property
    def active_process(self) -> simpy.Process | None:
        """The SimPy process that is at work now, if one is."""
        return self._active_proc

    def process(self, generator: Process) -> simpy.Process:
        """Return a SimPy process that runs a generator, from now on."""
        return simpy.Process(self.as_simpy, cast("Generator[simpy.Event, Any, Any]", generator))

    def event(self) -> simpy.Event:
        """Return a SimPy event that has not happened."""
        return simpy.Event(self.as_simpy)

    def timeout(self, delay: float = 0.0, value: object = None) -> simpy.Timeout:
        """Return a SimPy event that happens `delay` seconds from now."""
        return simpy.Timeout(self.as_simpy, delay, value)

    def any_of(self, events: Iterable[simpy.Event]) -> simpy.AnyOf:
        """Return a SimPy event that happens with the first of several."""
        return simpy.AnyOf(self.as_simpy, events)

    def all_of(self, events: Iterable[simpy.Event]) -> simpy.AllOf:
        """Return a SimPy event that happens with the last of several."""
        return simpy.AllOf(self.as_simpy, events)

    def schedule_call(
        self, subject: Any, when_s: float, call: Callable[[Any], object], owner: object = None
    ) -> None:
        """Let `call(subject)` happen at `when_s`.

        A time before now is not checked for: every event of a run passes here. For calls with an
        `owner` see `pending` and `cancel_all`.
        """
        number = self._created
        self._created = number + 1
        self._pending.push(when_s, (when_s, number, call, subject, owner))

    def run(self, until: float | None = None) -> None:
        """Run up to a time in seconds, or until nothing is left to happen.

        Raises ValueError for a time that has passed, and ZeroTimeLoopError after
        MAX_EVENTS_AT_ONE_INSTANT events between which time does not move on: it is looked at after
        so many, so that an event pays nothing for it.
        """
        pending, present = self._pending, self._pending.present
        if until is not None:
            if until < self.now:
                raise ValueError(f"until = {until!r}: give a time from now ({self.now!r}) on")
            self._push(until, _URGENT, _stop, None)
        try:
            while True:
                began_s = self.now
                for _event in range(MAX_EVENTS_AT_ONE_INSTANT):  # `_` would be no machine word
                    if not present and not pending.begin_day():
                        return
                    entry = present.pop()
                    self.now = entry[0]
                    entry[2](entry[3])
                if self.now == began_s:
                    raise ZeroTimeLoopError(_zero_time_loop(self.now))
        except StopSimulation:
            return

    def pending(self, owner: object) -> list[Any]:
        """Return the subjects of an owner's calls, in order of creation.

        Every pending event is looked at, so this is for what happens rarely.
        """
        lists = self._pending.lists()
        owned = [entry for entries in lists for entry in entries if entry[4] is owner]
        return [entry[3] for entry in sorted(owned, key=_order)]

    def cancel_all(self, owner: object) -> list[Any]:
        """Let an owner's calls do nothing; return their subjects, in order of creation."""
        subjects = self.pending(owner)
        for entries in self._pending.lists():
            for index, entry in enumerate(entries):
                if entry[4] is owner:
                    entries[index] = (*entry[:2], _nothing, None, None)
        return subjects

    def call_at(self, when_s: float, function: Callable[[], object]) -> ScheduledCall:
        """Call `function` at `when_s`, or now if that has passed; the result can be cancelled."""
        call = ScheduledCall(function)
        self.schedule_call(call, max(when_s, self.now), ScheduledCall.fire)
        return call

    @property
    def events_fired(self) -> int:
        """How many events have been processed: those created less those still pending."""
        lists = self._pending.lists()
        return self._created - sum(1 for entries in lists for _ in entries)

    def schedule(self, event: Any, priority: Any = _NORMAL, delay: float = 0) -> None:
        """Let a SimPy event be processed after `delay` seconds."""
        self._push(self.now + delay, priority, _process, event)

    def _push(
        self, when_s: float, priority: int, call: Callable[[Any], object], subject: object
    ) -> None:
        """Let `call(subject)` happen at `when_s`, ahead of what has a higher priority."""
        number = self._created
        self._created = number + 1
        order = number + (priority - _NORMAL) * PER_PRIORITY
        self._pending.push(when_s, (when_s, order, call, subject, None))


def _process(event: simpy.Event) -> None:
    """Process a SimPy event as SimPy does; raise a failure that nobody has defused.

    The callbacks are taken off first: an event without any counts as processed.
    """
    callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
    for callback in callbacks:
        callback(event)
    if not event._ok and not hasattr(event, "_defused"):
        raise event._value


@mypyc_attr(allow_interpreted_subclasses=True)
class Signal:
    """What a process waits for until somebody says, once, that it has happened: `yield signal`.

    It is made and processed in a fraction of the time of a SimPy event, and can do less: it does
    not fail, and is no part of a condition (`|`, `&`).
    """

    __slots__ = ("_ok", "_value", "callbacks", "env", "triggered")

    def __init__(self, env: Environment) -> None:
        self.env = env
        self.callbacks: list[Callable[[Any], object]] | None = []
        self.triggered = False
        self._ok = True
        self._value: object = None

    def succeed(self, value: object = None) -> None:
        """It has happened: who waits goes on at this instant, behind all that is due now."""
        self.triggered, self._value = True, value
        self.env.schedule_call(self, self.env.now, _tell)

    def succeed_now(self, value: object = None) -> None:
        """It has happened: who waits goes on at once, ahead of all that is due now.

        While a process is at work it does so like after `succeed`: a process cannot be resumed
        while another runs.
        """
        if self.env.active_process is None:
            self.triggered, self._value = True, value
            _tell(self)
        else:
            self.succeed(value)


def _tell(signal: Signal) -> None:
    """Let those who wait for a signal go on."""
    callbacks, signal.callbacks = signal.callbacks, None
    if callbacks is not None:
        for callback in callbacks:
            callback(signal)


def _zero_time_loop(now_s: float) -> str:
    """Return the text of a ZeroTimeLoopError."""
    hours, rest_s = divmod(now_s, 3600.0)
    time_of_day = f"{hours:02.0f}:{rest_s // 60.0:02.0f}:{rest_s % 60.0:06.3f}"
    return (
        f"simulated time stands still at {time_of_day}: "
        f"{MAX_EVENTS_AT_ONE_INSTANT:,} events in a row at {now_s!r} s; "
        "something is repeated there without a wait: "
        "try a back-off that waits (backoff = 'fixed'), or give your own rule a wait"
    )


def _stop(_: object) -> None:
    raise StopSimulation


def _nothing(_: object) -> None:
    """What a cancelled call does."""


def _order(entry: Entry) -> int:
    """Return an entry's place among those of its instant."""
    order: int = entry[1]
    return order


class Timer:
    """Calls `function()` once at `due_s`, which can be moved or cleared; it can be set again after.

    Moving it later costs nothing until the scheduled call comes: that looks at `due_s` and
    schedules the next. Moving it sooner schedules a new call, and the old one is ignored. So a
    time-out that every message puts off costs one event per expiry, not one per message.
    """

    __slots__ = ("_env", "_function", "_scheduled", "_scheduled_s", "due_s")

    def __init__(self, env: Environment, function: Callable[[], object]) -> None:
        self._env = env
        self._function = function
        self._scheduled: _Expiry | None = None
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
        self._scheduled = expiry = _Expiry(self)
        self._scheduled_s = when_s
        self._env.schedule_call(expiry, max(when_s, self._env.now), _expire)

    def expire(self, expiry: _Expiry) -> None:
        """The call that was scheduled comes, unless another has taken its place."""
        if expiry is not self._scheduled:
            return
        self._scheduled, self._scheduled_s = None, inf
        if self.due_s <= self._env.now:
            self.due_s = inf
            self._function()
        elif self.due_s < inf:
            self._schedule(self.due_s)


class _Expiry:
    """A call that a timer has scheduled; it counts unless the timer has scheduled another."""

    __slots__ = ("timer",)

    def __init__(self, timer: Timer) -> None:
        self.timer = timer


def _expire(expiry: _Expiry) -> None:
    expiry.timer.expire(expiry)
