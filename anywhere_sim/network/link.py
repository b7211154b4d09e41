"""One direction of a link: flows enter, share its rate, leave when their last byte has gone.

The router has one queue, first in, first out. A window-limited sender keeps its window in the
network; what is not on the path (rate x round trip) stands in that queue, for as long as the
transfer lasts: the standing queue of Nichols and Jacobson (2012). The link is so a closed network
of one FIFO station and a delay: its senders share the rate by their windows, and what arrives
from elsewhere waits behind all that stands::

    window of A  |#### on the path ####|###### stands in the queue ######|
                                        ------------------------------- call ->

So the link has two phases. A message of several windows is a *fluid*: fluids share the rate. One
in a single window, or the last window of a long one, is a *burst*: it joins the queue complete,
at a mark that `ahead` of it stands, and once so many bytes of the fluids have left (they alone
have the rate until then) it has the whole rate to its end; fluids wait::

    fluids  ~~~~~~~~~~~~~~~~~~~~~~~~~|         |~~~~~~~~|     |~~~~~~~~~~
    bursts            joins          |== all ==| joins  |=====|
                      |--- ahead --->|         |-ahead->|

A message is first fluid, then a burst (`Flow.burst_bytes`); mostly it fits into one window and is
a burst only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from math import fsum, inf
from typing import Any, Final

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Environment
from anywhere_sim.network.tcp_model import SendWindow
from anywhere_sim.scenario.quantities import BYTES_PER_KBIT

NEVER_S: Final = -inf


@mypyc_attr(allow_interpreted_subclasses=True)
class Rate(ABC):
    """The capacity of a link over time; times are simulated seconds."""

    __slots__ = ()

    @abstractmethod
    def bytes_between(self, from_s: float, to_s: float) -> float:
        """Return how many bytes can pass between two instants."""

    @abstractmethod
    def time_after(self, from_s: float, amount_bytes: float) -> float:
        """Return the instant at which `amount_bytes` have passed since `from_s`; inf if never."""

    @abstractmethod
    def steady_from(self, time_s: float) -> tuple[float, float]:
        """Return the rate that holds from an instant on, in bytes per second, and its end.

        The end is infinite if it holds for good.
        """

    @abstractmethod
    def mean_kbps(self, from_s: float, to_s: float) -> float:
        """Return the mean rate between two instants, in kbit/s."""

    @property
    @abstractmethod
    def typical_bytes_per_s(self) -> float:
        """Return the mean rate in bytes per second."""


@mypyc_attr(allow_interpreted_subclasses=True)
class ConstantRate(Rate):
    """A rate that does not change; it has no state, so links that are as fast can share one.

    Raises ValueError for a rate below 0.
    """

    __slots__ = ("bytes_per_s",)

    def __init__(self, bytes_per_s: float) -> None:
        if bytes_per_s < 0:
            raise ValueError(f"bytes_per_s = {bytes_per_s:g}: a rate is 0 or more bytes per second")
        self.bytes_per_s = bytes_per_s

    def bytes_between(self, from_s: float, to_s: float) -> float:
        """Return rate times time."""
        return (to_s - from_s) * self.bytes_per_s

    def time_after(self, from_s: float, amount_bytes: float) -> float:
        """Return `from_s` plus the time the amount takes."""
        if amount_bytes <= 0.0:
            return from_s
        return from_s + amount_bytes / self.bytes_per_s if self.bytes_per_s else inf

    def steady_from(self, time_s: float) -> tuple[float, float]:
        """Return the rate, which holds for good."""
        return self.bytes_per_s, inf

    def mean_kbps(self, from_s: float, to_s: float) -> float:
        """Return the rate in kbit/s."""
        return self.bytes_per_s / BYTES_PER_KBIT

    @property
    def typical_bytes_per_s(self) -> float:
        """Return the rate."""
        return self.bytes_per_s


NO_RATE = ConstantRate(0.0)
"""A link that is away or stalled: nothing passes."""


class Flow:
    """Some bytes on their way through a link, for a record that `done` is called with.

    The last `burst_bytes` of them leave in one piece, behind the bursts that joined the queue
    before; these did at `queued_s` (NEVER_S: not yet). `gone`: the flow has left or was taken out.
    `mark` is the discipline's own: a finish in virtual time, or a cap. A burst waits until the
    link's fluids have sent up to `behind` bytes, and knows the one after it (`next_queued`);
    `ahead_s` is how long what stood ahead of the flow when it entered takes to leave. `window` is
    None where none keeps the flow's bytes. Fluids are numbered as they enter.
    """

    __slots__ = (
        "ahead_s", "behind", "burst_bytes", "done", "gone", "mark", "next_queued", "number",
        "queued_s", "record", "size_bytes", "window",
    )  # fmt: skip

    def __init__(
        self, record: Any, done: Callable[[Any], None], mark: float, burst_bytes: float,
        size_bytes: float = 0.0, window: SendWindow | None = None, number: int = 0,
    ) -> None:  # fmt: skip
        self.record = record
        self.done = done
        self.mark = mark
        self.burst_bytes = burst_bytes
        self.size_bytes = size_bytes
        self.window = window
        self.number = number
        self.queued_s = NEVER_S
        self.behind = self.ahead_s = 0.0
        self.gone = False
        self.next_queued: Flow | None = None


class BurstQueue:
    """The bursts that wait at a link, first in, first out; each knows the one after it, so that an
    idle link keeps no deque (760 bytes).
    """

    __slots__ = ("first", "last", "length")

    def __init__(self) -> None:
        self.first: Flow | None = None
        self.last: Flow | None = None
        self.length = 0

    def __iter__(self) -> Iterator[Flow]:
        """Yield the bursts, the first one first."""
        flow = self.first
        while flow is not None:
            yield flow
            flow = flow.next_queued

    def append(self, flow: Flow) -> None:
        """Let a burst wait behind the last."""
        if self.last is None:
            self.first = flow
        else:
            self.last.next_queued = flow
        self.last = flow
        self.length += 1

    def pop_first(self) -> Flow:
        """Take the first burst out and return it; there has to be one."""
        flow = self.first
        assert flow is not None
        self.first, flow.next_queued = flow.next_queued, None
        if self.first is None:
            self.last = None
        self.length -= 1
        return flow

    def remove(self, flow: Flow) -> None:
        """Take out a burst that waits anywhere."""
        before = None
        for other in self:
            if other is flow:
                break
            before = other
        if before is None:
            self.pop_first()
            return
        before.next_queued, flow.next_queued = flow.next_queued, None
        if self.last is flow:
            self.last = before
        self.length -= 1


@mypyc_attr(allow_interpreted_subclasses=True)
class Link(ABC):
    """What the disciplines have in common: a rate that can change or stall, a queue of bursts.

    A discipline says how a flow enters and leaves, how bytes pass up to now (`_advance`), when to
    look again (`_plan`), and keeps accounts of bytes and busy time. Nothing is computed while
    nobody asks and no flow enters or leaves: a flow costs one or two events, whatever its size.

    A link that was idle and gets a flow puts its name into `moving`, for those who look at many.
    `stalled_s` and `resumed_s` are when it last stalled and resumed. `rtt_s` is the round trip of
    those who send through it, `queue_bytes` what fits into the router's queue before it (drop
    tail). `_drained` counts the bytes of fluids that have left; the queue's first burst waits until
    that reaches its `behind`. `recorded_bytes` and `recorded_busy_s` are what its last row said.
    """

    __slots__ = (
        "_drained", "_env", "_moving", "_name", "_normal", "_past", "_queue", "_since_s",
        "completions", "queue_bytes", "rate", "recorded_busy_s", "recorded_bytes", "resumed_s",
        "rtt_s", "stalled_s", "timer_events",
    )  # fmt: skip

    def __init__(
        self, env: Environment, rate: Rate, name: str = "", moving: dict[str, None] | None = None,
        rtt_s: float = 0.0, queue_bytes: float = inf,
    ) -> None:  # fmt: skip
        self._env = env
        self._name = name
        self._moving = {} if moving is None else moving
        self.rate = self._normal = rate
        self._past: tuple[tuple[float, Rate], ...] = ()
        self.recorded_bytes = self.recorded_busy_s = 0.0
        self._queue = BurstQueue()
        self._since_s = env.now
        self.rtt_s = rtt_s
        self.queue_bytes = queue_bytes
        self._drained = 0.0
        self.stalled_s = self.resumed_s = NEVER_S
        self.timer_events = self.completions = 0

    @abstractmethod
    def send(
        self, record: Any, size_bytes: float, done: Callable[[Any], None],
        cap_bytes_per_s: float = inf, burst_bytes: float = 0.0, window: SendWindow | None = None,
    ) -> Flow:  # fmt: skip
        """Let a flow enter now; `done(record)` is called when its last byte has left.

        `cap_bytes_per_s` bounds its share where the discipline knows caps. The last `burst_bytes`
        are a burst; as many as `size_bytes`, or more, mean all of them. `window` is what keeps the
        others in the network; None: they keep nothing in the queue.
        """

    @abstractmethod
    def remove(self, flow: Flow) -> float:
        """Take a flow out now and return the bytes it had not sent; 0 if it has left already."""

    @abstractmethod
    def add_untimed_bytes(self, size_bytes: float) -> None:
        """Count bytes that passed while the link rested and delayed nobody, and their time."""

    @property
    @abstractmethod
    def flows(self) -> int:
        """How many flows are present."""

    @abstractmethod
    def delivered_bytes(self) -> float:
        """Return the bytes that have left up to now."""

    @abstractmethod
    def busy_s(self) -> float:
        """Return for how many seconds something passed or stood in the queue, up to now."""

    @abstractmethod
    def _advance(self) -> None:
        """Account for the bytes that have passed since `_since_s`, which becomes now."""

    @abstractmethod
    def _plan(self) -> None:
        """See to it that an event is scheduled at the next finish."""

    @abstractmethod
    def _fluids(self) -> Iterable[tuple[Flow, float]]:
        """Return the fluid flows and the bytes that each has left, its burst included."""

    @abstractmethod
    def _keep_fluid(self, flow: Flow, fluid_bytes: float) -> None:
        """Let so many of the bytes that a fluid flow has left be fluid, and the rest its burst."""

    @property
    def path_bytes(self) -> float:
        """The bytes that are on the path when the link is busy: rate x round-trip time."""
        return (self.rate.steady_from(self._since_s)[0] or self.bytes_per_s) * self.rtt_s

    def _windows(self) -> tuple[list[tuple[Flow, float, float]], float]:
        """Return the fluid flows with their windows and what each has left, and the windows' sum.

        Where not all of them fit into path and queue, they are those of after the losses that
        follow. None where all of them fit on the path: nothing stands in the queue then.
        """
        path = self.path_bytes
        windows = [
            (flow, flow.window.after(flow.size_bytes - left), left)
            for flow, left in self._fluids()
            if flow.window
        ]
        total = fsum(window for _, window, _ in windows)
        if total <= path:
            return [], 0.0
        if total > path + self.queue_bytes:
            room = (path + self.queue_bytes) / len(windows)
            windows = [
                (flow, flow.window.after_losses(flow.size_bytes - left, room), left)
                for flow, _, left in windows
                if flow.window
            ]
            total = fsum(window for _, window, _ in windows)
        return windows, total

    def _standing(self) -> list[tuple[Flow, float, float]]:
        """Return the fluid flows, what each keeps in the queue, and what it has left.

        Each its window less its share of the path, at most what it has left.
        """
        windows, total = self._windows()
        queued = 1.0 - min(1.0, self.path_bytes / total) if windows else 0.0
        return [(flow, min(window * queued, left), left) for flow, window, left in windows]

    def _ahead_s(self) -> float:
        """Return how long what fluids keep in the queue takes to leave."""
        return fsum(standing for _, standing, _ in self._standing()) / self.bytes_per_s

    def _ahead(self, flow: Flow) -> float:
        """Return the bytes of fluids that leave before a burst which joins now.

        A message that has just come waits behind all that stands. A last window keeps its place in
        the round: windows do not mix on the way, they follow each other in the order in which their
        messages began (Zhang, Shenker and Clark 1991), so those that began earlier have another
        window ahead of it.
        """
        if flow.burst_bytes >= flow.size_bytes:
            places = self._standing()
        else:
            places = [
                (other, min(window, left), left)
                for other, window, left in self._windows()[0]
                if other.number < flow.number
            ]
        ahead = 0.0
        for other, standing, left in places:
            if left - other.burst_bytes < standing:  # also what is of its last window
                self._keep_fluid(other, standing)
            ahead += standing
        return ahead

    def dropped_bytes(self, size_bytes: float) -> float:
        """Return how many bytes of a message in one piece find no room in the queue (drop tail)."""
        if not self.flows:
            return 0.0
        self._advance()
        queued = fsum(standing for _, standing, _ in self._standing()) + self._waiting_bytes()
        return min(size_bytes, max(0.0, queued + size_bytes - self.queue_bytes))

    @abstractmethod
    def _waiting_bytes(self) -> float:
        """Return the bytes of the bursts in the queue that have not left."""

    def _enqueue(self, flow: Flow, ahead: float) -> None:
        """Let a burst wait behind those that came before, and behind the bytes ahead of it."""
        last = self._queue.last
        flow.behind = self._drained + ahead
        if last is not None and last.behind > flow.behind:
            flow.behind = last.behind
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
        self._past += ((self._env.now, self.rate),)
        self.rate = rate
        self._plan()

    def stall(self) -> None:
        """Let nothing pass from now on."""
        self.stalled_s = self._env.now
        self.set_rate(NO_RATE)

    def resume(self) -> None:
        """Let bytes pass again at the rate of before `stall`."""
        self.resumed_s = self._env.now
        self.set_rate(self._normal)
