"""A link shared in equal parts, by virtual time: a flow's cost does not grow with their number.

*Virtual time* V counts the bytes that each present fluid flow has received since the link was last
idle.
It runs fast while few are present and slowly while many are; a flow of s bytes that enters at V = v
leaves when V = v + s, whoever else comes or goes, so its finish is known when it enters::

    6 |                        *    A (6 bytes, entered at V = 0) leaves
    5 |                     *
    4 |                  *          B (2 bytes, entered at V = 2) leaves
    3 |            *
    2 |      *                      B enters: V rises half as fast
    1 |   *
    0 |*
    V +0  1  2  3  4  5  6  7  8  t, at 1 byte a second

The flow with the least finish leaves first (a heap), and the next departure from now is
(finish - V) x flows present / rate away: one timer for the link. While a burst leaves, V stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from math import fsum, inf
from typing import Any, Final

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Environment
from anywhere_sim.network.link import NEVER_S, Flow, Link, Rate
from anywhere_sim.network.tcp_model import SendWindow

CLOSE: Final = 1e-12  # a timer this close (relatively) to the finish it is armed for is on time


@mypyc_attr(allow_interpreted_subclasses=True)
class ProcessorSharingLink(Link):
    """Egalitarian processor sharing (Kleinrock 1976); caps are ignored.

    `_virtual` is virtual time in bytes. Bursts have a clock of their own: `_served` counts the
    bytes that their queue has received, and a burst leaves when that reaches its mark; `_tail` is
    the mark of the last. `_fluid` counts the fluid flows present, `_count` all.

    Cost: a flow is O(log n) for n present. One timer stands at the next departure. An arrival that
    only makes it later leaves the timer where it is (`_late`), and it is armed again when it
    expires early; one that makes it sooner arms a new one, and the old one is ignored (`_timer` is
    the token of the one that counts). While departures are reported (`_firing`) what they cause is
    planned once.
    """

    __slots__ = (
        "_accepted", "_armed_s", "_begun_s", "_busy_s", "_count", "_entries", "_firing", "_flows",
        "_fluid", "_late", "_on_timer", "_served", "_tail", "_timer", "_virtual",
    )  # fmt: skip

    def __init__(
        self, env: Environment, rate: Rate, name: str = "", moving: dict[str, None] | None = None,
        rtt_s: float = 0.0, queue_bytes: float = inf,
    ) -> None:  # fmt: skip
        super().__init__(env, rate, name, moving, rtt_s, queue_bytes)
        self._flows: list[tuple[float, int, Flow]] = []
        self._count = self._fluid = self._entries = 0
        self._virtual = self._served = self._tail = self._accepted = 0.0
        self._begun_s = self._busy_s = 0.0
        self._timer = object()
        self._on_timer = self._fire  # bound once: it is scheduled for each message
        self._armed_s = inf
        self._firing = self._late = False

    @property
    def flows(self) -> int:
        """How many flows are present."""
        return self._count

    def send(
        self, record: Any, size_bytes: float, done: Callable[[Any], None],
        cap_bytes_per_s: float = inf, burst_bytes: float = 0.0, window: SendWindow | None = None,
    ) -> Flow:  # fmt: skip
        """Let a flow enter now; `done(record)` is called when its last byte has left."""
        if self._count:
            self._advance()
        else:
            self._begin_busy_period()
        self._count += 1
        self._entries += 1
        self._accepted += size_bytes
        flow = Flow(record, done, 0.0, burst_bytes, size_bytes, window, self._entries)
        if burst_bytes >= size_bytes:
            flow.burst_bytes = size_bytes
            self._join_queue(flow)
            if self._count > 1 and not self._fluid:
                return flow  # behind bursts alone it changes nothing for them
        else:
            if window and self._fluid:
                flow.ahead_s = self._ahead_s()
            self._fluid += 1
            flow.mark = self._virtual + size_bytes - burst_bytes
            heappush(self._flows, (flow.mark, self._entries, flow))
            if self._flows[0][2] is not flow:
                self._late = True
                return flow
        if not self._firing:
            self._plan()
        return flow

    def _begin_busy_period(self) -> None:
        """The first flow comes: virtual time begins at 0 again, so that it stays exact."""
        self._flows.clear()
        self._moving[self._name] = None
        self._virtual = self._served = self._drained = 0.0
        self._begun_s = self._since_s = self._env.now

    def _join_queue(self, flow: Flow) -> None:
        """Let a burst join the queue."""
        flow.queued_s = self._since_s
        self._tail = (self._tail if self._queue.length else self._served) + flow.burst_bytes
        flow.mark = self._tail
        self._enqueue(flow, self._ahead(flow) if self._fluid else 0.0)

    def _fluids(self) -> Iterator[tuple[Flow, float]]:
        """Yield the fluid flows and the bytes that each has left, its burst included."""
        for finish, _, flow in self._flows:
            if finish == flow.mark and not flow.gone:
                yield flow, max(0.0, finish - self._virtual) + flow.burst_bytes

    def _waiting_bytes(self) -> float:
        """Return the bytes of the bursts in the queue that have not left."""
        return self._tail - self._served if self._queue.length else 0.0

    def _keep_fluid(self, flow: Flow, fluid_bytes: float) -> None:
        """Let so many of the bytes that a fluid flow has left be fluid, and the rest its burst.

        The flow gets another place in the heap; the one before is stale.
        """
        left = flow.mark - self._virtual + flow.burst_bytes
        flow.mark = self._virtual + fluid_bytes
        flow.burst_bytes = max(0.0, left - fluid_bytes)
        self._entries += 1
        heappush(self._flows, (flow.mark, self._entries, flow))

    def remove(self, flow: Flow) -> float:
        """Take a flow out now and return the bytes it had not sent; 0 if it has left already."""
        if flow.gone:
            return 0.0
        self._advance()
        flow.gone = True
        if flow.queued_s > NEVER_S:
            left = self._cancel_queued(flow)
        else:
            left = max(0.0, flow.mark - self._virtual) + flow.burst_bytes
            self._less_fluid()
        self._depart()
        self._accepted -= left
        if not self._firing:
            self._plan()
        return left

    def _cancel_queued(self, flow: Flow) -> float:
        """Take a burst out of the queue; those behind it move up. Return the bytes it had left."""
        left = min(flow.burst_bytes, max(0.0, flow.mark - self._served))
        for other in self._queue:
            if other.mark > flow.mark:
                other.mark -= left
        self._tail -= left
        self._queue.remove(flow)
        return left

    def add_untimed_bytes(self, size_bytes: float) -> None:
        """Count bytes that passed while the link rested and delayed nobody, and their time."""
        self._moving[self._name] = None
        self._advance()
        self._accepted += size_bytes
        self._busy_s += size_bytes / self.bytes_per_s

    def delivered_bytes(self) -> float:
        """Return the bytes that have left up to now: those accepted less those still to pass."""
        self._advance()
        shared = fsum(left for _, left in self._fluids())
        return self._accepted - shared - self._waiting_bytes()

    def busy_s(self) -> float:
        """Return for how many seconds there was at least one flow, up to now."""
        return self._busy_s + (self._env.now - self._begun_s if self._count else 0.0)

    def _advance(self) -> None:
        """Move on by what has passed: the queue's clock while a burst leaves, else virtual time."""
        now = self._env.now
        if self._count:
            passed = self.rate.bytes_between(self._since_s, now)
            if not self._fluid or self._is_bursting():
                self._served += passed
            else:
                self._drained += passed
                self._virtual += passed / self._fluid
        self._since_s = now

    def _is_bursting(self) -> bool:
        """Whether a burst has the rate: nothing ahead of the queue's first one is left."""
        first = self._queue.first
        return first is not None and (not self._fluid or first.behind <= self._drained)

    def _less_fluid(self) -> None:
        """One fluid flow less; after the last one nothing is ahead of the bursts that wait."""
        self._fluid -= 1
        last = self._queue.last
        if not self._fluid and last is not None:
            self._drained = max(self._drained, last.behind)

    def _depart(self) -> None:
        """One flow less; the last one ends a busy period."""
        self._count -= 1
        if not self._count:
            self._busy_s += self._env.now - self._begun_s

    def _due_s(self) -> float:
        """Return when the next flow finishes, or a burst begins to leave, if none enters or leaves.

        Infinite without any.
        """
        first = self._queue.first
        if first is not None and self._is_bursting():
            return self.rate.time_after(self._since_s, first.mark - self._served)
        if not self._fluid:
            return inf
        ahead = (self._first_fluid()[0] - self._virtual) * self._fluid
        if first is not None:
            ahead = min(ahead, first.behind - self._drained)
        return self.rate.time_after(self._since_s, ahead)

    def _first_fluid(self) -> tuple[float, Flow]:
        """Return the fluid flow that finishes first, and its finish; stale places are dropped."""
        flows = self._flows
        while True:
            finish, _, flow = flows[0]
            if finish == flow.mark and not flow.gone:
                return finish, flow
            heappop(flows)

    def _plan(self) -> None:
        """Arm the timer if the next finish is sooner than the time for which it is armed."""
        due_s = self._due_s()
        if due_s >= self._armed_s:
            self._late = True
            return
        if self._armed_s < inf:
            self._timer = object()
        self._armed_s = due_s
        self._late = False
        now = self._env.now
        self._env.schedule_call(self._timer, due_s if due_s > now else now, self._on_timer)

    def _fire(self, timer: object) -> None:
        """The timer expires: the first flow finishes, if it is its time."""
        if timer is not self._timer:
            return
        self.timer_events += 1
        armed_s, self._armed_s = self._armed_s, inf
        if self._late and self._due_s() > armed_s * (1.0 + CLOSE):
            self._plan()
            return
        self._complete()
        if self._count:
            self._plan()

    def _complete(self) -> None:
        """Let the first flow leave, or go on as a burst; or let the first burst begin.

        Virtual time is set to its finish, not computed, so that rounding does not add up.
        """
        first = self._queue.first
        self._since_s = self._env.now
        if self._is_bursting():
            flow = self._queue.pop_first()
            self._served = flow.mark
        else:
            finish, flow = self._first_fluid()
            drained = self._drained + (finish - self._virtual) * self._fluid
            if first is not None and first.behind <= drained:
                self._virtual += (first.behind - self._drained) / self._fluid
                self._drained = first.behind
                return
            self._drained, self._virtual = drained, finish
            heappop(self._flows)
            self._less_fluid()
            if flow.burst_bytes:
                self._join_queue(flow)
                return
        self._depart()
        self._firing = True
        try:
            self._finish(flow)
        finally:
            self._firing = False
