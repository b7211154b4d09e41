"""One direction of a link: flows enter, share its rate, leave when their last byte has gone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from math import inf
from typing import Any

from anywhere_sim.des.environment import Environment
from anywhere_sim.network.capacity import NoRate, Rate
from anywhere_sim.scenario.quantities import BYTES_PER_KBIT

NOT_YET = -1.0


class Flow:
    """Some bytes on their way through a link, for a record that `done` is called with; `mark` is what its discipline knows it by.

    The last `burst_bytes` of them leave in one piece, behind the bursts that joined the queue before; they did at `queued_s`.
    """

    __slots__ = ("burst_bytes", "done", "gone", "mark", "queued_s", "record")

    def __init__(
        self, record: Any, done: Callable[[Any], None], mark: float, burst_bytes: float
    ) -> None:
        self.record = record
        self.done = done
        self.mark = mark
        self.burst_bytes = burst_bytes
        self.queued_s = NOT_YET
        self.gone = False


EMPTY_QUEUE: deque[Flow] = deque()
"""The queue of every link on which no burst has been yet: an empty one takes more room than all the rest of a link."""


class Link(ABC):
    """What the two disciplines have in common: a rate that can change or stall.

    Each flow has a share of its own. What of a message is a burst, the last window that its sender had, goes as a real queue lets it:
    the bursts present pool their shares and leave in the order in which they came. The rest is shared as a fluid.

    A discipline says how a flow enters and leaves, how bytes pass up to now (`_advance`), when to look again (`_plan`), and
    keeps accounts of bytes and busy time. A link that was idle and gets a flow puts its name into `moving`, for those who look at many.
    """

    __slots__ = (
        "_env", "_moving", "_name", "_normal", "_past", "_queue", "_since_s", "completions", "rate", "resumed_s", "stalled_s", "timer_events",
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
        self.stalled_s = self.resumed_s = NOT_YET
        self.timer_events = self.completions = 0

    @abstractmethod
    def send(
        self,
        record: Any,
        size_bytes: float,
        done: Callable[[Any], None],
        cap_bytes_per_s: float = inf,
        burst_bytes: float = 0.0,
    ) -> Flow:
        """Let a flow enter now; `done(record)` is called when its last byte has left."""

    @abstractmethod
    def remove(self, flow: Flow) -> float:
        """Take a flow out now and return the bytes it had not sent; 0 if it has left already."""

    @abstractmethod
    def add_untimed_bytes(self, size_bytes: float) -> None:
        """Count bytes that have passed in a rest and held nobody up."""

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
        """Let pass what has passed since the last look."""

    @abstractmethod
    def _plan(self) -> None:
        """See to it that the timer goes off at the next finish."""

    def _enqueue(self, flow: Flow) -> None:
        """A burst goes behind those that came before."""
        if self._queue is EMPTY_QUEUE:
            self._queue = deque()
        self._queue.append(flow)

    def _finish(self, flow: Flow) -> None:
        """The last byte of a flow has left."""
        flow.gone = True
        self.completions += 1
        flow.done(flow.record)

    @property
    def bytes_per_s(self) -> float:
        """The typical rate, for estimates."""
        return self._normal.typical_bytes_per_s

    @property
    def is_stalled(self) -> bool:
        """Whether nothing passes now: a gap."""
        return self.rate.steady_from(self._env.now)[0] == 0.0

    def mean_kbps(self, from_s: float, to_s: float) -> float:
        """Return the mean rate between two instants up to now, in kbit/s; when nothing passed counts too."""
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
