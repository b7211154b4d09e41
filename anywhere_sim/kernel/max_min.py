"""A link whose flows have caps of their own: max-min fair shares of what there is."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import fsum, inf
from typing import Any

from anywhere_sim.kernel.clock import Clock, Deadline
from anywhere_sim.kernel.link import NOT_YET, Flow, Link
from anywhere_sim.kernel.rate import Rate

CLOSE = 1e-12  # a finish this close (relatively) to now is now


class MaxMinLink(Link):
    """Max-min fairness over the flows present (Bertsekas and Gallager 1992, 6.5.2), for links with few flows.

    Each flow gets an equal share unless its cap (its mark) is lower; what capped flows leave is shared among the others. A
    recorded rate is followed stretch by stretch. No cap holds a message that is one burst, which is
    within its sender's window; a longer one that its cap may hold is held to its end.

    Mostly there are bursts alone. Then the first of them has the whole rate and nothing need be shared out.
    """

    __slots__ = ("_busy_s", "_delivered", "_ends_s", "_firing", "_left", "_queue", "_timer")

    def __init__(self, clock: Clock, rate: Rate, name: str = "", moving: dict[str, None] | None = None) -> None:
        super().__init__(clock, rate, name, moving)
        self._delivered = self._busy_s = 0.0
        self._left: dict[Flow, float] = {}
        self._ends_s: dict[Flow, float] = {}
        self._queue: deque[Flow] = deque()
        self._timer = Deadline(clock, self._fire)
        self._firing = False

    @property
    def flows(self) -> int:
        """How many flows are present."""
        return len(self._left)

    def send(
        self, record: Any, size_bytes: float, done: Callable[[Any], None], cap_bytes_per_s: float = inf, burst_bytes: float = 0.0
    ) -> Flow:
        """Let a flow enter now; `done(record)` is called when its last byte has left."""
        if burst_bytes >= size_bytes:
            return self._send_burst(Flow(record, done, inf, size_bytes))
        self._advance()
        held = cap_bytes_per_s < self.bytes_per_s
        flow = Flow(record, done, cap_bytes_per_s, 0.0 if held else burst_bytes)
        self._moving[self._name] = None
        self._left[flow] = size_bytes - flow.burst_bytes
        self._plan()
        return flow

    def _send_burst(self, flow: Flow) -> Flow:
        """A message in one piece enters; behind others of its kind it changes nothing for them."""
        behind = bool(self._queue) and self._only_bursts
        if not behind:
            self._advance()
            self._moving[self._name] = None
        self._join(flow)
        if not behind:
            self._plan()
        return flow

    @property
    def _only_bursts(self) -> bool:
        return len(self._queue) == len(self._left)

    def _join(self, flow: Flow) -> None:
        """A burst joins the queue."""
        flow.queued_s = self._clock.now
        flow.mark = inf
        self._left[flow] = flow.burst_bytes
        self._queue.append(flow)

    def remove(self, flow: Flow) -> float:
        """Take a flow out now and return the bytes it had not sent; 0 if it has left already."""
        self._advance()
        left = self._left.pop(flow, 0.0)
        if flow in self._queue:
            self._queue.remove(flow)
        elif not flow.gone:
            left += flow.burst_bytes
        flow.gone = True
        self._plan()
        return left

    def pass_by(self, size_bytes: float) -> None:
        """Count bytes that have passed in a rest and held nobody up."""
        self._moving[self._name] = None
        self._advance()
        self._delivered += size_bytes

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
            available = self.rate.bytes_between(self._since_s, now)
            if self._only_bursts:
                self._pass(self._queue[0], available)
            else:
                for flow, amount in self._given(available, passed_s).items():
                    self._pass(flow, amount)
            self._busy_s += passed_s
        self._since_s = now

    def _pass(self, flow: Flow, amount: float) -> None:
        """Let a flow receive at most that many bytes."""
        sent = min(amount, self._left[flow])
        self._left[flow] -= sent
        self._delivered += sent

    def _plan(self) -> None:
        """Set the timer to the next finish if nobody comes or goes, or to the next change of the rate before it."""
        if self._firing:
            return
        if not self._left:
            due_s = inf
        elif self._only_bursts:
            due_s = self.rate.time_after(self._since_s, self._left[self._queue[0]])
        else:
            self._ends_s.clear()
            bytes_per_s, until_s = self.rate.steady_from(self._since_s)
            for flow, share in self._given(bytes_per_s, 1.0).items():
                if share > 0.0:
                    self._ends_s[flow] = self._since_s + self._left[flow] / share
            due_s = min(until_s, min(self._ends_s.values(), default=inf))
        if due_s < inf:
            self._timer.set(due_s)
        else:
            self._timer.clear()

    def _fire(self) -> None:
        self.timer_events += 1
        finished = [self._first_ends()] if self._only_bursts else self._some_end()
        self._firing = True
        try:
            for flow in finished:
                self._go_on(flow)
        finally:
            self._firing = False
        self._plan()

    def _first_ends(self) -> Flow:
        """There are bursts alone, and all that the first had left has passed."""
        first = self._queue.popleft()
        now = self._clock.now
        self._delivered += self._left.pop(first)
        self._busy_s += now - self._since_s
        self._since_s = now
        return first

    def _some_end(self) -> list[Flow]:
        """Return the flows whose time it is, which may be none: the rate has changed."""
        now = self._clock.now
        finished = [flow for flow, end_s in self._ends_s.items() if end_s <= now + CLOSE * (1.0 + now)]
        self._advance()
        for flow in finished:
            self._delivered += self._left.pop(flow)
            if flow.queued_s >= 0.0:
                self._queue.remove(flow)
        return finished

    def _go_on(self, flow: Flow) -> None:
        """A flow has left, or is only a burst from now on."""
        if flow.burst_bytes and flow.queued_s == NOT_YET:
            self._join(flow)
            return
        flow.gone = True
        self.completions += 1
        flow.done(flow.record)

    def _given(self, available: float, over_s: float) -> dict[Flow, float]:
        """Return how many of `available` bytes each flow gets: the shares of all bursts go to the first of them."""
        shares = _shares(self._left, available, over_s)
        pooled = fsum(shares[flow] for flow in self._queue)
        shares.update(dict.fromkeys(self._queue, 0.0))
        if self._queue:
            shares[self._queue[0]] = pooled
        return shares


def _shares(flows: dict[Flow, float], available: float, over_s: float) -> dict[Flow, float]:
    """Return how many of `available` bytes each flow gets in `over_s` seconds: water-filling over the caps."""
    shares: dict[Flow, float] = {}
    left, count = available, len(flows)
    for flow in sorted(flows, key=_cap):
        shares[flow] = min(flow.mark * over_s, left / count)
        left -= shares[flow]
        count -= 1
    return shares


def _cap(flow: Flow) -> float:
    return flow.mark
