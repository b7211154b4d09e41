"""One direction of a link: flows enter, share its rate, leave when their last byte has gone.

A link is shared in two ways at once. As long as a sender waits for acknowledgements between its
windows, its bytes mix with everybody's: they are a *fluid* that gets a share of the rate. The last
window of a message stands complete in the router's queue: it is a *burst*, and bursts leave in the
order in which they joined. They pool their shares, so the head of the queue has all of them::

    fluid    A ~~~~~~~~~~~~~~~~~~~~~~ 1/5 of the rate ---+
             B ~~~~~~~~~~~~~~~~~~~~~~ 1/5 of the rate ---+==> link
    bursts   EEEE | DD | CCCCCCC ---- 3/5 of the rate ---+
             wait   wait  head of the queue

Five flows are present; D and E get nothing until C has left, and A and B see no difference. A
message is first fluid, then a burst (`Flow.burst_bytes`); mostly it fits into one window and is a
burst only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from math import inf
from typing import Any

from anywhere_sim.des.environment import Environment
from anywhere_sim.network.capacity import NoRate, Rate
from anywhere_sim.scenario.quantities import BYTES_PER_KBIT

NEVER_S = -inf


class Flow:
    """Some bytes on their way through a link, for a record that `done` is called with.

    The last `burst_bytes` of them leave in one piece, behind the bursts that joined the queue
    before; these did at `queued_s` (NEVER_S: not yet). `gone`: the flow has left or was taken out.
    `mark` is the discipline's own: a finish in virtual time, or a cap.
    """

    __slots__ = ("burst_bytes", "done", "gone", "mark", "queued_s", "record")

    def __init__(
        self, record: Any, done: Callable[[Any], None], mark: float, burst_bytes: float
    ) -> None:
        self.record = record
        self.done = done
        self.mark = mark
        self.burst_bytes = burst_bytes
        self.queued_s = NEVER_S
        self.gone = False


EMPTY_QUEUE: deque[Flow] = deque()
"""The queue of every link on which no burst has been yet: a deque of its own takes 760 bytes."""


class Link(ABC):
    """What the disciplines have in common: a rate that can change or stall, a queue of bursts.

    A discipline says how a flow enters and leaves, how bytes pass up to now (`_advance`), when to
    look again (`_plan`), and keeps accounts of bytes and busy time. Nothing is computed while
    nobody asks and no flow enters or leaves: a flow costs one or two events, whatever its size.

    A link that was idle and gets a flow puts its name into `moving`, for those who look at many.
    `stalled_s` and `resumed_s` are when it last stalled and resumed.
    """

    __slots__ = (
        "_env", "_moving", "_name", "_normal", "_past", "_queue", "_since_s", "completions", "rate",
        "resumed_s", "stalled_s", "timer_events",
    )  # fmt: skip

    def __init__(
        self, env: Environment, rate: Rate, name: str = "", moving: dict[str, None] | None = None
    ) -> None:
        self._env = env
        self._name = name
        self._moving = {} if moving is None else moving
        self.rate = self._normal = rate
        self._past: list[tuple[float, Rate]] = []
        self._queue = EMPTY_QUEUE
        self._since_s = env.now
        self.stalled_s = self.resumed_s = NEVER_S
        self.timer_events = self.completions = 0

    @abstractmethod
    def send(
        self, record: Any, size_bytes: float, done: Callable[[Any], None],
        cap_bytes_per_s: float = inf, burst_bytes: float = 0.0,
    ) -> Flow:  # fmt: skip
        """Let a flow enter now; `done(record)` is called when its last byte has left.

        `cap_bytes_per_s` bounds its share where the discipline knows caps. The last `burst_bytes`
        are a burst; as many as `size_bytes`, or more, mean all of them.
        """

    @abstractmethod
    def remove(self, flow: Flow) -> float:
        """Take a flow out now and return the bytes it had not sent; 0 if it has left already."""

    @abstractmethod
    def add_untimed_bytes(self, size_bytes: float) -> None:
        """Count bytes that passed while the link rested and delayed nobody."""

    @property
    @abstractmethod
    def flows(self) -> int:
        """How many flows are present."""

    @abstractmethod
    def delivered_bytes(self) -> float:
        """Return the bytes that have left up to now."""

    @abstractmethod
    def busy_s(self) -> float:
        """Return for how many seconds there was at least one flow, up to now."""

    @abstractmethod
    def _advance(self) -> None:
        """Account for the bytes that have passed since `_since_s`, which becomes now."""

    @abstractmethod
    def _plan(self) -> None:
        """See to it that an event is scheduled at the next finish."""

    def _enqueue(self, flow: Flow) -> None:
        """Let a burst wait behind those that came before."""
        if self._queue is EMPTY_QUEUE:
            self._queue = deque()
        self._queue.append(flow)

    def _finish(self, flow: Flow) -> None:
        """Report that the last byte of a flow has left."""
        flow.gone = True
        self.completions += 1
        flow.done(flow.record)

    @property
    def bytes_per_s(self) -> float:
        """The typical rate, for estimates; a stall does not change it."""
        return self._normal.typical_bytes_per_s

    @property
    def is_stalled(self) -> bool:
        """Whether nothing passes now: a gap."""
        return self.rate.steady_from(self._env.now)[0] == 0.0

    def mean_kbps(self, from_s: float, to_s: float) -> float:
        """Return the mean rate between two instants up to now, in kbit/s, stalls included."""
        passed, begin_s = 0.0, from_s
        for until_s, rate in self._past:
            if until_s > begin_s:
                passed += rate.bytes_between(begin_s, min(until_s, to_s))
                begin_s = until_s
        if begin_s == from_s:
            return self.rate.mean_kbps(from_s, to_s)
        return (passed + self.rate.bytes_between(begin_s, to_s)) / (to_s - from_s) / BYTES_PER_KBIT

    def set_rate(self, rate: Rate) -> None:
        """Change the rate now; the flows stay."""
        self._advance()
        self._past.append((self._env.now, self.rate))
        self.rate = rate
        self._plan()

    def stall(self) -> None:
        """Let nothing pass from now on."""
        self.stalled_s = self._env.now
        self.set_rate(NoRate())

    def resume(self) -> None:
        """Let bytes pass again at the rate of before `stall`."""
        self.resumed_s = self._env.now
        self.set_rate(self._normal)
