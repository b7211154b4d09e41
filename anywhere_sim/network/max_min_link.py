"""A link whose flows have caps of their own: max-min fair shares of what there is.

Shares are found by *water-filling*: all rise together, a flow stops at its cap, and what it leaves
raises the others::

    rate 10, caps 1, 4 and none

    share            +----+
      5 |            |####|      1 + 4 + 5 = 10: whoever is below its cap has at least as much
      4 |      +----+|####|      as anybody, so no share can rise without a smaller one falling
        |      |####||####|
      1 |+----+|####||####|
        +--A-----B-----C---

Sorted by cap, one pass is enough: each takes the lesser of its cap and an equal part of what is
left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import fsum, inf
from typing import Any, Final

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Environment, Timer
from anywhere_sim.network.link import NEVER_S, Flow, Link, Rate
from anywhere_sim.network.tcp_model import SendWindow

CLOSE: Final = 1e-12  # a finish this close (relatively) to now is now


@mypyc_attr(allow_interpreted_subclasses=True)
class MaxMinLink(Link):
    """Max-min fairness over the flows present (Bertsekas and Gallager 1992, 6.5.2).

    A fluid flow's mark is its cap. A message that is one burst lies within its sender's window, so
    no cap holds it; one that its cap may hold is fluid to its end. A recorded rate is followed
    stretch by stretch. `_drained_s` is when what is ahead of the first burst will have left.

    Cost: O(n log n) for each flow that enters or leaves while n fluid ones are present, so it is
    for links with few flows. Mostly there are bursts alone: then no shares are computed, and the
    finish of the first is one scheduled call (`_await_first`).
    """

    __slots__ = (
        "_awaited", "_busy_s", "_delivered", "_drained_s", "_due_s", "_ends_s", "_entries",
        "_firing", "_first_left", "_fluid", "_on_first_end", "_timer",
    )  # fmt: skip

    def __init__(
        self, env: Environment, rate: Rate, name: str = "", moving: dict[str, None] | None = None,
        rtt_s: float = 0.0, queue_bytes: float = inf,
    ) -> None:  # fmt: skip
        super().__init__(env, rate, name, moving, rtt_s, queue_bytes)
        self._delivered = self._busy_s = 0.0
        self._entries = 0
        self._drained_s = inf
        self._fluid: dict[Flow, float] = {}  # the bytes that each has left before its burst
        self._first_left = 0.0  # the bytes that the first burst has left
        self._awaited: Flow | None = None
        self._due_s = inf
        self._on_first_end = self._first_ends  # bound once: it is scheduled for each message
        self._timer = Timer(env, self._fire)
        self._ends_s: dict[Flow, float] = {}
        self._firing = False

    @property
    def flows(self) -> int:
        """How many flows are present."""
        return len(self._fluid) + self._queue.length

    def send(
        self, record: Any, size_bytes: float, done: Callable[[Any], None],
        cap_bytes_per_s: float = inf, burst_bytes: float = 0.0, window: SendWindow | None = None,
    ) -> Flow:  # fmt: skip
        """Let a flow enter now; `done(record)` is called when its last byte has left."""
        if burst_bytes >= size_bytes:
            flow = Flow(record, done, inf, size_bytes, size_bytes)
            self._send_burst(flow)
            return flow
        self._advance()
        is_capped = cap_bytes_per_s < self.bytes_per_s
        burst_bytes = 0.0 if is_capped else burst_bytes
        self._entries += 1
        flow = Flow(record, done, cap_bytes_per_s, burst_bytes, size_bytes, window, self._entries)
        if window and self._fluid:
            flow.ahead_s = self._ahead_s()
        self._moving[self._name] = None
        self._fluid[flow] = size_bytes - burst_bytes
        self._plan()
        return flow

    def _send_burst(self, flow: Flow) -> None:
        """Let a message in one piece enter; behind bursts alone it changes nothing for them."""
        if self._fluid or self._firing:
            self._advance()
            self._join_queue(flow)
            self._plan()
        elif self._queue.length:
            self._join_queue(flow)
        else:
            self._since_s = self._env.now
            self._moving[self._name] = None
            self._join_queue(flow)
            self._await_first()

    def _join_queue(self, flow: Flow) -> None:
        """Let a burst join the queue."""
        flow.queued_s = self._env.now
        if not self._queue.length:
            self._first_left = flow.burst_bytes
        self._enqueue(flow, self._ahead(flow) if self._fluid else 0.0)

    def _fluids(self) -> Iterator[tuple[Flow, float]]:
        """Yield the fluid flows and the bytes that each has left, its burst included."""
        for flow, left in self._fluid.items():
            yield flow, left + flow.burst_bytes

    def _waiting_bytes(self) -> float:
        """Return the bytes of the bursts in the queue that have not left."""
        first = self._queue.first
        if first is None:
            return 0.0
        behind_the_first = fsum(flow.burst_bytes for flow in self._queue) - first.burst_bytes
        return self._first_left + behind_the_first

    def _keep_fluid(self, flow: Flow, fluid_bytes: float) -> None:
        """Let so many of the bytes that a fluid flow has left be fluid, and the rest its burst."""
        left = self._fluid[flow] + flow.burst_bytes
        self._fluid[flow] = fluid_bytes
        flow.burst_bytes = max(0.0, left - fluid_bytes)

    def _take_fluid(self, flow: Flow) -> float:
        """Take out a fluid flow and return what it has left; without any, bursts wait for none."""
        left = self._fluid.pop(flow)
        last = self._queue.last
        if not self._fluid and last is not None:
            self._drained = max(self._drained, last.behind)
        return left

    def _is_bursting(self) -> bool:
        """Whether a burst has the rate: nothing ahead of the queue's first one is left."""
        first = self._queue.first
        return first is not None and (not self._fluid or first.behind <= self._drained)

    def _dequeue_head(self) -> None:
        """Take the first burst out of the queue: the next one, if any, is the first."""
        self._queue.pop_first()
        first = self._queue.first
        self._first_left = first.burst_bytes if first is not None else 0.0

    def remove(self, flow: Flow) -> float:
        """Take a flow out now and return the bytes it had not sent; 0 if it has left already."""
        if flow.gone:
            return 0.0
        self._advance()
        flow.gone = True
        if flow.queued_s == NEVER_S:
            left = (self._take_fluid(flow) if flow in self._fluid else 0.0) + flow.burst_bytes
        elif self._queue.first is flow:
            left = self._first_left
            self._dequeue_head()
        else:
            left = flow.burst_bytes
            self._queue.remove(flow)
        self._plan()
        return left

    def add_untimed_bytes(self, size_bytes: float) -> None:
        """Count bytes that passed while the link rested and delayed nobody, and their time."""
        self._moving[self._name] = None
        self._advance()
        self._delivered += size_bytes
        self._busy_s += size_bytes / self.bytes_per_s

    def delivered_bytes(self) -> float:
        """Return the bytes that have left up to now."""
        self._advance()
        return self._delivered

    def busy_s(self) -> float:
        """Return for how many seconds there was at least one flow, up to now."""
        self._advance()
        return self._busy_s

    def _advance(self) -> None:
        """Let the first burst receive what has passed, or the fluid flows their shares of it."""
        now = self._env.now
        passed_s = now - self._since_s
        if passed_s > 0.0 and (self._queue.length or self._fluid):
            available = self.rate.bytes_between(self._since_s, now)
            if self._is_bursting():
                sent = min(available, self._first_left)
                self._first_left -= sent
                self._delivered += sent
            else:
                for flow, share in self._shares(available, passed_s).items():
                    sent = min(share, self._fluid[flow])
                    self._fluid[flow] -= sent
                    self._delivered += sent
                    self._drained += sent
            self._busy_s += passed_s
        self._since_s = now

    def _plan(self) -> None:
        """Schedule the next finish if no flow enters or leaves, or a rate's change before it."""
        if self._firing:
            return
        self._awaited = None
        if self._fluid:
            self._timer.set(self._next_end_s())
        else:
            self._timer.clear()
            if self._queue.length:
                self._await_first()

    def _await_first(self) -> None:
        """Schedule the finish of the first burst, which has the whole rate: there is no fluid."""
        self._awaited = first = self._queue.first
        self._due_s = self.rate.time_after(self._since_s, self._first_left)
        if self._due_s < inf:
            self._env.schedule_call(first, self._due_s, self._on_first_end)

    def _first_ends(self, first: Flow) -> None:
        """The first burst finishes, unless that was put off or fluid has come meanwhile."""
        now = self._env.now
        if first is not self._awaited or now < self._due_s:
            return
        self.timer_events += 1
        self._delivered += self._first_left
        self._busy_s += now - self._since_s
        self._since_s = now
        self._awaited = None
        self._dequeue_head()
        if self._queue.length:
            self._await_first()
        self._finish(first)

    def _next_end_s(self) -> float:
        """Return when the first flow finishes at the present rate, or that or the phase changes."""
        ends_s = self._ends_s
        ends_s.clear()
        self._drained_s = inf
        first = self._queue.first
        bytes_per_s, until_s = self.rate.steady_from(self._since_s)
        if first is not None and self._is_bursting():
            if bytes_per_s > 0.0:
                ends_s[first] = self._since_s + self._first_left / bytes_per_s
        else:
            shares = self._shares(bytes_per_s, 1.0)
            for flow, share in shares.items():
                if share > 0.0:
                    ends_s[flow] = self._since_s + self._fluid[flow] / share
            if first is not None and (drain := fsum(shares.values())) > 0.0:
                ahead = first.behind - self._drained
                self._drained_s = self._since_s + ahead / drain
                until_s = min(until_s, self._drained_s)
        return min(until_s, min(ends_s.values(), default=inf))

    def _fire(self) -> None:
        """The timer expires: some flows finish, or none where only the rate has changed."""
        now = self._env.now
        self.timer_events += 1
        self._advance()
        if self._drained_s <= now + CLOSE * (1.0 + now):
            first = self._queue.first
            assert first is not None  # it is ahead of that one that bytes drain
            self._drained = max(self._drained, first.behind)
        ended = [flow for flow, end_s in self._ends_s.items() if end_s <= now + CLOSE * (1.0 + now)]
        departed = self._depart(ended)
        self._firing = True
        try:
            for flow in departed:
                self._finish(flow)
        finally:
            self._firing = False
        self._plan()

    def _depart(self, ended: list[Flow]) -> list[Flow]:
        """Take out what has ended before anybody is told; return what has left altogether.

        The others have a burst, which joins the queue.
        """
        departed = []
        for flow in ended:
            if flow.queued_s == NEVER_S:
                rounding = self._take_fluid(flow)
                self._delivered += rounding
                self._drained += rounding
                if flow.burst_bytes:
                    self._join_queue(flow)
                    continue
            else:
                self._delivered += self._first_left
                self._dequeue_head()
            flow.gone = True
            departed.append(flow)
        return departed

    def _shares(self, available: float, over_s: float) -> dict[Flow, float]:
        """Return how many of `available` bytes each fluid flow gets in `over_s` seconds.

        Water-filling over the caps; what already stands in the queue no cap holds.
        """
        shares: dict[Flow, float] = {}
        left, count = available, len(self._fluid)
        if self._queue.length:
            return dict.fromkeys(self._fluid, left / count)
        for flow in sorted(self._fluid, key=_cap):
            shares[flow] = share = min(flow.mark * over_s, left / count)
            left -= share
            count -= 1
        return shares


def _cap(flow: Flow) -> float:
    return flow.mark
