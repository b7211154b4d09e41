"""A link shared in equal parts, by virtual time: the cost of a flow does not grow with the flows present."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from math import fsum, inf
from typing import Any

from anywhere_sim.des.environment import Environment
from anywhere_sim.network.capacity import ConstantRate, Rate
from anywhere_sim.network.link import Flow, Link

CLOSE = 1e-12  # a timer this close (relatively) to the finish it was armed for counts as on time


class ProcessorSharingLink(Link):
    """Egalitarian processor sharing (Kleinrock 1976), whose caps, if any, do not bind.

    `_virtual` counts the bytes that each present flow has received since the link was last idle: a flow of s bytes that enters at
    virtual time v leaves when it reaches v + s. One timer stands at the head of the heap; an arrival that only
    makes the head later leaves it where it is, and it is armed again when it goes off early.

    Bursts wait in a queue of their own: `_served` counts the bytes that it has received, as many shares as bursts are in it, and a
    burst leaves when that reaches its mark.
    """

    __slots__ = (
        "_accepted",
        "_armed_s",
        "_begun_s",
        "_busy_s",
        "_constant",
        "_count",
        "_entries",
        "_firing",
        "_flows",
        "_late",
        "_schedule_call",
        "_served",
        "_tail",
        "_timer",
        "_virtual",
    )  # fmt: skip

    def __init__(
        self, env: Environment, rate: Rate, name: str = "", moving: dict[str, None] | None = None
    ) -> None:
        super().__init__(env, rate, name, moving)
        self._constant = _constant(rate)
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
        self,
        record: Any,
        size_bytes: float,
        done: Callable[[Any], None],
        cap_bytes_per_s: float = inf,
        burst_bytes: float = 0.0,
    ) -> Flow:
        """Let a flow enter now; `done(record)` is called when its last byte has left."""
        now = self._env.now
        flows = self._flows
        if self._count:
            moved = (
                (now - self._since_s) * self._constant
                if self._constant
                else self.rate.bytes_between(self._since_s, now)
            )
            each = moved / self._count
            self._virtual += each
            self._served += each * len(self._queue)
        else:
            flows.clear()
            self._moving[self._name] = None
            self._virtual = self._served = 0.0
            self._begun_s = now
        self._since_s = now
        self._count += 1
        self._entries += 1
        self._accepted += size_bytes
        flow = Flow(record, done, 0.0, burst_bytes)
        if burst_bytes >= size_bytes:
            flow.burst_bytes = size_bytes
            waiting = len(self._queue)
            self._join(flow)
            if self._count == waiting + 1 and waiting:
                return flow
        else:
            flow.mark = self._virtual + size_bytes - burst_bytes
            heappush(flows, (flow.mark, self._entries, flow))
            if flows[0][2] is not flow:
                self._late = True
                return flow
        if not self._firing:
            self._plan()
        return flow

    def _join(self, flow: Flow) -> None:
        """A burst joins the queue."""
        flow.queued_s = self._since_s
        flow.mark = self._tail = (self._tail if self._queue else self._served) + flow.burst_bytes
        self._enqueue(flow)

    def remove(self, flow: Flow) -> float:
        """Take a flow out now and return the bytes it had not sent; 0 if it has left already."""
        if flow.gone:
            return 0.0
        self._advance()
        flow.gone = True
        left = (
            self._cancel_queued(flow)
            if flow.queued_s >= 0.0
            else max(0.0, flow.mark - self._virtual) + flow.burst_bytes
        )
        self._leave()
        self._accepted -= left
        if not self._firing:
            self._plan()
        return left

    def _cancel_queued(self, flow: Flow) -> float:
        """A burst leaves the queue before its turn; those behind it move up. Return the bytes it had not sent."""
        left = min(flow.burst_bytes, max(0.0, flow.mark - self._served))
        for other in self._queue:
            if other.mark > flow.mark:
                other.mark -= left
        self._tail -= left
        self._queue.remove(flow)
        return left

    def set_rate(self, rate: Rate) -> None:
        """Change the rate now; the flows stay."""
        self._advance()
        self._constant = _constant(rate)
        super().set_rate(rate)

    def add_untimed_bytes(self, size_bytes: float) -> None:
        """Count bytes that have passed in a rest and held nobody up."""
        self._moving[self._name] = None
        self._advance()
        self._accepted += size_bytes

    def delivered_bytes(self) -> float:
        """Return the bytes that have left up to now: those accepted less what the flows present still have before them."""
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
        now = self._env.now
        if self._count:
            each = self.rate.bytes_between(self._since_s, now) / self._count
            self._virtual += each
            self._served += each * len(self._queue)
        self._since_s = now

    def _leave(self) -> None:
        """One flow less; the last one ends a busy period."""
        self._count -= 1
        if not self._count:
            self._busy_s += self._env.now - self._begun_s

    def _due_s(self) -> float:
        """Return when the first will have left if nobody comes or goes; flows taken out are dropped on the way."""
        flows, queue = self._flows, self._queue
        while flows and flows[0][2].gone:
            heappop(flows)
        if not flows and not queue:
            return inf
        ahead = (flows[0][0] - self._virtual) * self._count if flows else inf
        if queue:
            ahead = min(ahead, (queue[0].mark - self._served) * self._count / len(queue))
        return (
            self._since_s + ahead / self._constant
            if self._constant
            else self.rate.time_after(self._since_s, ahead)
        )

    def _plan(self) -> None:
        """Arm the timer if the head leaves before the time for which it is armed; a timer left behind is ignored."""
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
        """The head leaves, if it is its time."""
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
        """The first leaves, or goes on as a burst: virtual time is set to its finish, so that rounding does not add up."""
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
                self._join(flow)
                return
        self._leave()
        self._firing = True
        try:
            self._finish(flow)
        finally:
            self._firing = False


def _constant(rate: Rate) -> float:
    """Return the bytes per second of a rate that does not change, 0 for another: the common case saves a call."""
    return rate.bytes_per_s if isinstance(rate, ConstantRate) else 0.0
