"""A link shared in equal parts, by virtual time: the cost of a flow does not grow with the flows present."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from math import inf
from typing import Any

from anywhere_sim.kernel.clock import Clock
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
        "_accepted", "_arm", "_armed_s", "_begun_s", "_busy_s", "_constant", "_count", "_entries", "_firing", "_flows", "_late", "_timer",
        "_virtual",
    )  # fmt: skip

    def __init__(self, clock: Clock, rate: Rate, name: str = "", moving: dict[str, None] | None = None) -> None:
        super().__init__(clock, rate, name, moving)
        self._constant = _constant(rate)
        self._flows: list[tuple[float, int, Flow]] = []
        self._count = self._entries = 0
        self._virtual = self._accepted = 0.0
        self._begun_s = self._busy_s = 0.0
        self._arm = clock.arm
        self._timer = object()
        self._armed_s = inf
        self._firing = self._late = False

    @property
    def flows(self) -> int:
        """How many flows are present."""
        return self._count

    def send(self, record: Any, size_bytes: float, done: Callable[[Any], None], cap_bytes_per_s: float = inf) -> Flow:
        """Let a flow enter now; `done(record)` is called when its last byte has left."""
        now = self._clock.now
        flows = self._flows
        if self._count:
            moved = (now - self._since_s) * self._constant if self._constant else self.rate.bytes_between(self._since_s, now)
            self._virtual += moved / self._count
        else:
            flows.clear()
            self._moving[self._name] = None
            self._virtual, self._begun_s = 0.0, now
        self._since_s = now
        self._count += 1
        self._entries += 1
        self._accepted += size_bytes
        finish = self._virtual + size_bytes
        flow = Flow(record, done, finish)
        heappush(flows, (finish, self._entries, flow))
        if flows[0][2] is not flow:
            self._late = True
        elif not self._firing:
            self._plan()
        return flow

    def remove(self, flow: Flow) -> float:
        """Take a flow out now and return the bytes it had not sent; 0 if it has left already."""
        if flow.gone:
            return 0.0
        self._advance()
        flow.gone = True
        self._leave()
        left = max(0.0, flow.mark - self._virtual)
        self._accepted -= left
        if not self._firing:
            self._plan()
        return left

    def set_rate(self, rate: Rate) -> None:
        """Change the rate now; the flows stay."""
        self._advance()
        self._constant = _constant(rate)
        super().set_rate(rate)

    def pass_by(self, size_bytes: float) -> None:
        """Count bytes that have passed in a rest and held nobody up."""
        self._advance()
        self._accepted += size_bytes

    def delivered_bytes(self) -> float:
        """Return the bytes that have left up to now: those accepted less what the flows present still have before them."""
        self._advance()
        return self._accepted - sum(finish - self._virtual for finish, _, flow in self._flows if not flow.gone)

    def busy_s(self) -> float:
        """Return for how many seconds there was at least one flow, up to now."""
        return self._busy_s + (self._clock.now - self._begun_s if self._count else 0.0)

    def _advance(self) -> None:
        now = self._clock.now
        if self._count:
            self._virtual += self.rate.bytes_between(self._since_s, now) / self._count
        self._since_s = now

    def _leave(self) -> None:
        """One flow less; the last one ends a busy period."""
        self._count -= 1
        if not self._count:
            self._busy_s += self._clock.now - self._begun_s

    def _due_s(self) -> float:
        """Return when the flow at the head will have left if nobody comes or goes; flows taken out are dropped on the way."""
        flows = self._flows
        while flows and flows[0][2].gone:
            heappop(flows)
        if not flows:
            return inf
        ahead = (flows[0][0] - self._virtual) * self._count
        return self._since_s + ahead / self._constant if self._constant else self.rate.time_after(self._since_s, ahead)

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
        now = self._clock.now
        self._arm(self._timer, due_s if due_s > now else now, self._fire)

    def _fire(self, timer: object) -> None:
        """The head leaves, if it is its time; virtual time is set to its finish, so that rounding does not add up."""
        if timer is not self._timer:
            return
        self.timer_events += 1
        armed_s, self._armed_s = self._armed_s, inf
        if self._late and self._due_s() > armed_s * (1.0 + CLOSE):
            self._plan()
            return
        self._virtual, _, flow = heappop(self._flows)
        self._since_s = self._clock.now
        self._leave()
        self.completions += 1
        flow.gone = self._firing = True
        try:
            flow.done(flow.record)
        finally:
            self._firing = False
        if self._count:
            self._plan()


def _constant(rate: Rate) -> float:
    """Return the bytes per second of a rate that does not change, 0 for another: the common case saves a call."""
    return rate.bytes_per_s if isinstance(rate, ConstantRate) else 0.0
