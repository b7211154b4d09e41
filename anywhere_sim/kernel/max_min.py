"""A link whose flows have caps of their own: max-min fair shares of what there is."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from anywhere_sim.kernel.clock import Clock, Deadline
from anywhere_sim.kernel.link import Flow, Link
from anywhere_sim.kernel.rate import ConstantRate, Rate

CLOSE = 1e-12  # a finish this close (relatively) to now is now
A_BYTE = 1.0
STEP_S = 1.0  # under a recorded rate and a binding cap the shares are worked out again at least this often


class MaxMinLink(Link):
    """Max-min fairness over the flows present (Bertsekas and Gallager 1992, 6.5.2), for links with few flows.

    Each flow gets an equal share unless its cap is lower; what capped flows leave is shared among the others. Under a
    recorded rate the cap is compared with the mean rate of the step ahead.
    """

    __slots__ = ("_busy_s", "_delivered", "_ends_s", "_left", "_timer")

    def __init__(self, clock: Clock, rate: Rate) -> None:
        super().__init__(clock, rate)
        self._delivered = self._busy_s = 0.0
        self._left: dict[Flow, float] = {}
        self._ends_s: dict[Flow, float] = {}
        self._timer = Deadline(clock, self._fire)

    @property
    def flows(self) -> int:
        """How many flows are present."""
        return len(self._left)

    def send(self, record: Any, size_bytes: float, done: Callable[[Any], None], cap_bytes_per_s: float = inf) -> Flow:
        """Let a flow enter now; `done(record)` is called when its last byte has left."""
        self._advance()
        flow = Flow(record, done, cap_bytes_per_s)
        self._left[flow] = size_bytes
        self._plan()
        return flow

    def remove(self, flow: Flow) -> float:
        """Take a flow out now and return the bytes it had not sent; 0 if it has left already."""
        self._advance()
        left = self._left.pop(flow, 0.0)
        self._plan()
        return left

    def delivered_bytes(self) -> float:
        """Return the bytes that have left up to now."""
        self._advance()
        return self._delivered

    def busy_s(self) -> float:
        """Return for how many seconds there was at least one flow, up to now."""
        self._advance()
        return self._busy_s

    def _advance(self) -> None:
        """Let the flows receive what has passed since the last look: capped ones their cap, the others equal parts."""
        now = self._clock.now
        passed_s = now - self._since_s
        if self._left and passed_s > 0.0:
            amounts = _shares(self._left, self.rate.bytes_between(self._since_s, now), passed_s)
            for flow, amount in amounts.items():
                sent = min(amount, self._left[flow])
                self._left[flow] -= sent
                self._delivered += sent
            self._busy_s += passed_s
        self._since_s = now

    def _plan(self) -> None:
        """Set the timer to the next finish; under a recorded rate at most a step ahead while a cap can bind."""
        due_s = self._next_finish_s()
        if due_s < inf:
            self._timer.set(due_s)
        else:
            self._timer.clear()

    def _next_finish_s(self) -> float:
        """Return when to look again: the first finish if nobody comes or goes, or the end of a step."""
        self._ends_s.clear()
        if not self._left:
            return inf
        now = self._since_s
        if isinstance(self.rate, ConstantRate):
            self._end_at(now, self.rate.bytes_per_s, 1.0)
            return min(self._ends_s.values(), default=inf)
        return self._look_ahead(now)

    def _look_ahead(self, now: float) -> float:
        """Under a changing rate: plan the finishes that lie in the step ahead."""
        equal_s = min(self.rate.time_after(now, left * len(self._left)) for left in self._left.values())
        capped_s = min(now + left / flow.cap_bytes_per_s for flow, left in self._left.items())
        ahead_s = min(max(equal_s, capped_s), max(now, self.rate.time_after(now, A_BYTE)) + STEP_S)
        if ahead_s == inf:
            return inf
        step_s = max(ahead_s - now, CLOSE * (1.0 + now))
        self._end_at(now, self.rate.bytes_between(now, now + step_s), step_s)
        limit_s = ahead_s + CLOSE * (1.0 + now)
        self._ends_s = {flow: end_s for flow, end_s in self._ends_s.items() if end_s <= limit_s}
        return min((ahead_s, *self._ends_s.values()))

    def _end_at(self, now: float, available: float, over_s: float) -> None:
        """Plan when each flow finishes if shares stay as they are over the next `over_s` seconds."""
        for flow, share in _shares(self._left, available, over_s).items():
            if share > 0.0:
                self._ends_s[flow] = now + over_s * self._left[flow] / share

    def _fire(self) -> None:
        self.timer_events += 1
        now = self._clock.now
        finished = [flow for flow, end_s in self._ends_s.items() if end_s <= now + CLOSE * (1.0 + now)]
        self._advance()
        for flow in finished:
            self._delivered += self._left.pop(flow)
            flow.gone = True
            self.completions += 1
        for flow in finished:
            flow.done(flow.record)
        self._plan()


def _shares(flows: dict[Flow, float], available: float, over_s: float) -> dict[Flow, float]:
    """Return how many of `available` bytes each flow gets in `over_s` seconds: water-filling over the caps."""
    shares: dict[Flow, float] = {}
    left, count = available, len(flows)
    for flow in sorted(flows, key=_cap):
        shares[flow] = min(flow.cap_bytes_per_s * over_s, left / count)
        left -= shares[flow]
        count -= 1
    return shares


def _cap(flow: Flow) -> float:
    return flow.cap_bytes_per_s
