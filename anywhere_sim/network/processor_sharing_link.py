"""A link shared in equal parts, by virtual time: a flow's cost does not grow with their number.

*Virtual time* V counts the bytes that each present flow has received since the link was last idle.
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
(finish - V) x flows present / rate away: one timer for the link.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from math import fsum, inf
from typing import Any

from anywhere_sim.des.environment import Environment
from anywhere_sim.network.capacity import Rate
from anywhere_sim.network.link import NEVER_S, Flow, Link

CLOSE = 1e-12  # a timer this close (relatively) to the finish it was armed for counts as on time


class ProcessorSharingLink(Link):
    """Egalitarian processor sharing (Kleinrock 1976); caps are ignored.

    `_virtual` is virtual time in bytes. Bursts have a clock of their own: `_served` counts the
    bytes that their queue has received, as many shares as bursts are in it, and a burst leaves when
    that reaches its mark; `_tail` is the mark of the last.

    Cost: a flow is O(log n) for n present. One timer stands at the next departure. An arrival that
    only makes it later leaves the timer where it is (`_late`), and it is armed again when it
    expires early; one that makes it sooner arms a new one, and the old one is ignored (`_timer` is
    the token of the one that counts). While departures are reported (`_firing`) what they cause is
    planned once.
    """

    __slots__ = (
        "_accepted", "_armed_s", "_begun_s", "_busy_s", "_count", "_entries", "_firing", "_flows",
        "_late", "_schedule_call", "_served", "_tail", "_timer", "_virtual",
    )  # fmt: skip

    def __init__(
        self, env: Environment, rate: Rate, name: str = "", moving: dict[str, None] | None = None
    ) -> None:
        super().__init__(env, rate, name, moving)
        self._flows: list[tuple[float, int, Flow]] = []
        self._count = self._entries = 0
        self._virtual = self._served = self._tail = self._accepted = 0.0
        self._begun_s = self._busy_s = 0.0
        self._schedule_call = env.schedule_call
        self._timer = object()
        self._armed_s = inf
        self._firing = self._late = False

    @property
    def flows(self) -> int:
        """How many flows are present."""
        return self._count

    def send(
        self, record: Any, size_bytes: float, done: Callable[[Any], None],
        cap_bytes_per_s: float = inf, burst_bytes: float = 0.0,
    ) -> Flow:  # fmt: skip
        """Let a flow enter now; `done(record)` is called when its last byte has left."""
        flows = self._flows
        if self._count:
            self._advance()
        else:
            self._begin_busy_period()
        self._count += 1
        self._entries += 1
        self._accepted += size_bytes
        flow = Flow(record, done, 0.0, burst_bytes)
        if burst_bytes >= size_bytes:
            flow.burst_bytes = size_bytes
            waiting = len(self._queue)
            self._join_queue(flow)
            if waiting and self._count == waiting + 1:
                return flow  # behind bursts alone it changes nothing for them
        else:
            flow.mark = self._virtual + size_bytes - burst_bytes
            heappush(flows, (flow.mark, self._entries, flow))
            if flows[0][2] is not flow:
                self._late = True
                return flow
        if not self._firing:
            self._plan()
        return flow

    def _begin_busy_period(self) -> None:
        """The first flow comes: virtual time begins at 0 again, so that it stays exact."""
        self._flows.clear()
        self._moving[self._name] = None
        self._virtual = self._served = 0.0
        self._begun_s = self._since_s = self._env.now

    def _join_queue(self, flow: Flow) -> None:
        """Let a burst join the queue."""
        flow.queued_s = self._since_s
        self._tail = (self._tail if self._queue else self._served) + flow.burst_bytes
        flow.mark = self._tail
        self._enqueue(flow)

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
        """Count bytes that passed while the link rested and delayed nobody."""
        self._moving[self._name] = None
        self._advance()
        self._accepted += size_bytes

    def delivered_bytes(self) -> float:
        """Return the bytes that have left up to now: those accepted less those still to pass."""
        self._advance()
        shared = fsum(
            finish - self._virtual + flow.burst_bytes
            for finish, _, flow in self._flows
            if not flow.gone
        )
        return self._accepted - shared - (self._tail - self._served if self._queue else 0.0)

    def busy_s(self) -> float:
        """Return for how many seconds there was at least one flow, up to now."""
        return self._busy_s + (self._env.now - self._begun_s if self._count else 0.0)

    def _advance(self) -> None:
        """Move virtual time on by each flow's share of what has passed."""
        now = self._env.now
        if self._count:
            each = self.rate.bytes_between(self._since_s, now) / self._count
            self._virtual += each
            self._served += each * len(self._queue)
        self._since_s = now

    def _depart(self) -> None:
        """One flow less; the last one ends a busy period."""
        self._count -= 1
        if not self._count:
            self._busy_s += self._env.now - self._begun_s

    def _due_s(self) -> float:
        """Return when the next flow finishes if none enters or leaves; infinite without any.

        Flows that were taken out are dropped from the heap on the way.
        """
        flows, queue = self._flows, self._queue
        while flows and flows[0][2].gone:
            heappop(flows)
        if not flows and not queue:
            return inf
        ahead = (flows[0][0] - self._virtual) * self._count if flows else inf
        if queue:
            ahead = min(ahead, (queue[0].mark - self._served) * self._count / len(queue))
        return self.rate.time_after(self._since_s, ahead)

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
        self._schedule_call(self._timer, due_s if due_s > now else now, self._fire)

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
        """Let the first flow leave, or go on as a burst.

        Virtual time is set to its finish, not computed, so that rounding does not add up.
        """
        flows, queue = self._flows, self._queue
        self._since_s = self._env.now
        if queue and (
            not flows or queue[0].mark - self._served <= (flows[0][0] - self._virtual) * len(queue)
        ):
            flow = queue[0]
            self._virtual += (flow.mark - self._served) / len(queue)
            self._served = flow.mark
            queue.popleft()
        else:
            finish, _, flow = heappop(flows)
            self._served += (finish - self._virtual) * len(queue)
            self._virtual = finish
            if flow.burst_bytes:
                self._join_queue(flow)
                return
        self._depart()
        self._firing = True
        try:
            self._finish(flow)
        finally:
            self._firing = False
