"""A link whose flows have caps of their own: max-min fair shares of what there is."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from anywhere_sim.des.environment import Environment, Timer
from anywhere_sim.network.capacity import Rate
from anywhere_sim.network.link import NOT_YET, Flow, Link

CLOSE = 1e-12  # a finish this close (relatively) to now is now


class MaxMinLink(Link):
    """Max-min fairness over the flows present (Bertsekas and Gallager 1992, 6.5.2), for links with few flows.

    Each flow gets an equal share unless its cap (its mark) is lower; what capped flows leave is shared among the others. A
    recorded rate is followed stretch by stretch. No cap holds a message that is one burst, which is
    within its sender's window; a longer one that its cap may hold is held to its end.

    Mostly there are bursts alone. Then the first of them has the whole rate, nothing need be shared out, and its end is one plain call.
    """

    __slots__ = (
        "_awaited",
        "_busy_s",
        "_delivered",
        "_due_s",
        "_ends_s",
        "_firing",
        "_first_left",
        "_fluid",
        "_schedule_call",
        "_timer",
    )

    def __init__(
        self, env: Environment, rate: Rate, name: str = "", moving: dict[str, None] | None = None
    ) -> None:
        super().__init__(env, rate, name, moving)
        self._delivered = self._busy_s = 0.0
        self._fluid: dict[Flow, float] = {}  # the bytes that each has left before its burst
        self._first_left = 0.0
        self._schedule_call = env.schedule_call
        self._awaited: Flow | None = None
        self._due_s = inf
        self._timer = Timer(env, self._fire)
        self._ends_s: dict[Flow, float] = {}
        self._firing = False

    @property
    def flows(self) -> int:
        """How many flows are present."""
        return len(self._fluid) + len(self._queue)

    def send(
        self,
        record: Any,
        size_bytes: float,
        done: Callable[[Any], None],
        cap_bytes_per_s: float = inf,
        burst_bytes: float = 0.0,
    ) -> Flow:
        """Let a flow enter now; `done(record)` is called when its last byte has left."""
        if burst_bytes >= size_bytes:
            flow = Flow(record, done, inf, size_bytes)
            self._send_burst(flow)
            return flow
        self._advance()
        held = cap_bytes_per_s < self.bytes_per_s
        flow = Flow(record, done, cap_bytes_per_s, 0.0 if held else burst_bytes)
        self._moving[self._name] = None
        self._fluid[flow] = size_bytes - flow.burst_bytes
        self._plan()
        return flow

    def _send_burst(self, flow: Flow) -> None:
        """A message in one piece enters; behind others of its kind it changes nothing for them."""
        if self._fluid or self._firing:
            self._advance()
            self._join(flow)
            self._plan()
        elif self._queue:
            self._join(flow)
        else:
            self._since_s = self._env.now
            self._moving[self._name] = None
            self._join(flow)
            self._await_first()

    def _join(self, flow: Flow) -> None:
        """A burst joins the queue."""
        flow.queued_s = self._env.now
        if not self._queue:
            self._first_left = flow.burst_bytes
        self._enqueue(flow)

    def _dequeue_head(self) -> None:
        """The first burst leaves the queue: the next one, if any, is the first."""
        self._queue.popleft()
        self._first_left = self._queue[0].burst_bytes if self._queue else 0.0

    def remove(self, flow: Flow) -> float:
        """Take a flow out now and return the bytes it had not sent; 0 if it has left already."""
        if flow.gone:
            return 0.0
        self._advance()
        flow.gone = True
        if flow.queued_s == NOT_YET:
            left = self._fluid.pop(flow, 0.0) + flow.burst_bytes
        elif self._queue[0] is flow:
            left = self._first_left
            self._dequeue_head()
        else:
            left = flow.burst_bytes
            self._queue.remove(flow)
        self._plan()
        return left

    def add_untimed_bytes(self, size_bytes: float) -> None:
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
        now = self._env.now
        passed_s = now - self._since_s
        if passed_s > 0.0 and (self._queue or self._fluid):
            available = self.rate.bytes_between(self._since_s, now)
            if self._fluid:
                shares, available = self._shares(available, passed_s)
                for flow, share in shares.items():
                    sent = min(share, self._fluid[flow])
                    self._fluid[flow] -= sent
                    self._delivered += sent
            if self._queue:
                sent = min(available, self._first_left)
                self._first_left -= sent
                self._delivered += sent
            self._busy_s += passed_s
        self._since_s = now

    def _plan(self) -> None:
        """See to it that something happens at the next finish if nobody comes or goes, or at the next change of the rate before it."""
        if self._firing:
            return
        self._awaited = None
        if self._fluid:
            self._timer.set(self._next_end_s())
        else:
            self._timer.clear()
            if self._queue:
                self._await_first()

    def _await_first(self) -> None:
        """There are bursts alone: the first ends when the rate has let through what it has left."""
        self._awaited = first = self._queue[0]
        self._due_s = self.rate.time_after(self._since_s, self._first_left)
        if self._due_s < inf:
            self._schedule_call(first, self._due_s, self._first_ends)

    def _first_ends(self, first: Flow) -> None:
        """The end of the first burst, unless that was put off or there is company meanwhile."""
        now = self._env.now
        if first is not self._awaited or now < self._due_s:
            return
        self.timer_events += 1
        self._delivered += self._first_left
        self._busy_s += now - self._since_s
        self._since_s = now
        self._awaited = None
        self._dequeue_head()
        if self._queue:
            self._await_first()
        self._finish(first)

    def _next_end_s(self) -> float:
        """Return when the first of all flows ends at the present rate, or when that changes, if sooner."""
        ends_s = self._ends_s
        ends_s.clear()
        bytes_per_s, until_s = self.rate.steady_from(self._since_s)
        shares, pooled = self._shares(bytes_per_s, 1.0)
        for flow, share in shares.items():
            if share > 0.0:
                ends_s[flow] = self._since_s + self._fluid[flow] / share
        if self._queue and pooled > 0.0:
            ends_s[self._queue[0]] = self._since_s + self._first_left / pooled
        return min(until_s, min(ends_s.values(), default=inf))

    def _fire(self) -> None:
        """Some end, which may be none: the rate has changed."""
        now = self._env.now
        self.timer_events += 1
        self._advance()
        ended = [flow for flow, end_s in self._ends_s.items() if end_s <= now + CLOSE * (1.0 + now)]
        left = self._depart(ended)
        self._firing = True
        try:
            for flow in left:
                self._finish(flow)
        finally:
            self._firing = False
        self._plan()

    def _depart(self, ended: list[Flow]) -> list[Flow]:
        """Let out what has ended, before anybody hears of it; return what has left: the others are bursts from now on."""
        left = []
        for flow in ended:
            if flow.queued_s == NOT_YET:
                self._delivered += self._fluid.pop(flow)
                if flow.burst_bytes:
                    self._join(flow)
                    continue
            else:
                self._delivered += self._first_left
                self._dequeue_head()
            flow.gone = True
            left.append(flow)
        return left

    def _shares(self, available: float, over_s: float) -> tuple[dict[Flow, float], float]:
        """Return how many of `available` bytes each flow of the fluid gets in `over_s` seconds, and what is left for the bursts: water-filling over the caps."""
        shares: dict[Flow, float] = {}
        left, count = available, len(self._fluid) + len(self._queue)
        for flow in sorted(self._fluid, key=_cap):
            shares[flow] = share = min(flow.mark * over_s, left / count)
            left -= share
            count -= 1
        return shares, left


def _cap(flow: Flow) -> float:
    return flow.mark
