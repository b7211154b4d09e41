"""A link shared in equal parts, by virtual time: the cost of a flow does not grow with the flows present."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from math import inf
from typing import Any

from anywhere_sim.kernel.clock import Alarm, Clock
from anywhere_sim.kernel.link import Flow, Link
from anywhere_sim.kernel.rate import ConstantRate, Rate

CLOSE = 1e-12  # a timer this close (relatively) to the finish it was armed for counts as on time


class EqualShareLink(Link):
    """Egalitarian processor sharing (Kleinrock 1976), whose caps, if any, do not bind.

    `_virtual` counts the bytes that each present flow has received since the link was last idle: a flow of s bytes that enters at
    virtual time v leaves when it reaches v + s. One timer stands at the head of the heap; an arrival that only
    makes the head later leaves it where it is, and it is armed again when it goes off early.
    """

    __slots__ = (
        "_armed_s", "_constant", "_count", "_current", "_entries", "_fired", "_firing", "_flows", "_virtual",
    )  # fmt: skip

    def __init__(self, clock: Clock, rate: Rate) -> None:
        super().__init__(clock, rate)
        self._constant = _constant(rate)
        self._flows: list[tuple[float, int, Flow]] = []
        self._count = self._entries = 0
        self._virtual = 0.0
        self._current: Alarm | None = None
        self._armed_s = inf
        self._fired = [self._fire]
        self._firing = False

    @property
    def flows(self) -> int:
        """How many flows are present."""
        return self._count

    def send(self, record: Any, size_bytes: float, done: Callable[[Any], None], cap_bytes_per_s: float = inf) -> Flow:
        """Let a flow enter now; `done(record)` is called when its last byte has left."""
        self._advance()
        flow = Flow(record, size_bytes, done, cap_bytes_per_s)
        flow.mark = finish = self._virtual + size_bytes
        self._entries += 1
        self._count += 1
        heappush(self._flows, (finish, self._entries, flow))
        if self._flows[0][2] is flow and not self._firing:
            self._plan()
        return flow

    def remove(self, flow: Flow) -> float:
        """Take a flow out now and return the bytes it had not sent; 0 if it has left already."""
        if flow.gone:
            return 0.0
        self._advance()
        flow.gone = True
        self._count -= 1
        left = max(0.0, flow.mark - self._virtual)
        self._drop_gone()
        if not self._firing:
            self._plan()
        return left

    def set_rate(self, rate: Rate) -> None:
        """Change the rate now; the flows stay."""
        self._advance()
        self._constant = _constant(rate)
        super().set_rate(rate)

    def _advance(self) -> None:
        now = self._clock.now
        if self._count:
            passed_s = now - self._since_s
            moved = passed_s * self._constant if self._constant else self.rate.bytes_between(self._since_s, now)
            self._virtual += moved / self._count
            self._delivered += moved
            self._busy_s += passed_s
        else:
            self._virtual = 0.0
            self._flows.clear()
        self._since_s = now

    def _drop_gone(self) -> None:
        while self._flows and self._flows[0][2].gone:
            heappop(self._flows)

    def _due_s(self) -> float:
        """Return when the flow at the head will have left if nobody comes or goes."""
        if not self._flows:
            return inf
        ahead = (self._flows[0][0] - self._virtual) * self._count
        return self._since_s + ahead / self._constant if self._constant else self.rate.time_after(self._since_s, ahead)

    def _plan(self) -> None:
        """Arm the timer if the head leaves before the time for which it is armed."""
        due_s = self._due_s()
        if due_s < self._armed_s:
            self._current = alarm = Alarm()
            self._armed_s = due_s
            self._clock.arm(alarm, max(due_s, self._clock.now), self._fired)

    def _fire(self, alarm: Alarm) -> None:
        if alarm is not self._current:
            return
        self.timer_events += 1
        self._current, self._armed_s = None, inf
        due_s = self._due_s()
        now = self._clock.now
        if due_s <= now + CLOSE * (1.0 + now):
            self._complete()
        self._plan()

    def _complete(self) -> None:
        """The head leaves: virtual time is set to its finish, so that rounding does not add up."""
        self._advance()
        finish, _, flow = heappop(self._flows)
        self._delivered += (finish - self._virtual) * self._count
        self._virtual = finish
        flow.gone = True
        self._count -= 1
        self.completions += 1
        self._drop_gone()
        self._firing = True
        try:
            flow.done(flow.record)
        finally:
            self._firing = False


def _constant(rate: Rate) -> float:
    """Return the bytes per second of a rate that does not change, 0 for another: the common case saves a call."""
    return rate.bytes_per_s if isinstance(rate, ConstantRate) else 0.0
