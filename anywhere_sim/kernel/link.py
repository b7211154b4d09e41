"""One direction of a link: flows enter, share its rate, leave when their last byte has gone."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any, Protocol

from anywhere_sim.kernel.rate import Rate


class Flow:
    """Some bytes on their way through a link, for a record that `done` is called with."""

    __slots__ = ("cap_bytes_per_s", "done", "gone", "mark", "record", "size_bytes")

    def __init__(self, record: Any, size_bytes: float, done: Callable[[Any], None], cap_bytes_per_s: float) -> None:
        self.record = record
        self.size_bytes = size_bytes
        self.done = done
        self.cap_bytes_per_s = cap_bytes_per_s
        self.mark = 0.0
        self.gone = False


class Link(Protocol):
    """What the two disciplines have in common."""

    rate: Rate
    timer_events: int
    completions: int

    def send(self, record: Any, size_bytes: float, done: Callable[[Any], None], cap_bytes_per_s: float = inf) -> Flow:
        """Let a flow enter now; `done(record)` is called when its last byte has left."""

    def remove(self, flow: Flow) -> float:
        """Take a flow out now and return the bytes it had not sent; 0 if it has left already."""

    def set_rate(self, rate: Rate) -> None:
        """Change the rate now; the flows stay."""

    def stall(self) -> None:
        """Let nothing pass from now on."""

    def resume(self) -> None:
        """Let bytes pass again at the rate of before `stall`."""

    @property
    def flows(self) -> int:
        """How many flows are present."""

    @property
    def bytes_per_s(self) -> float:
        """The typical rate, for estimates."""

    def delivered_bytes(self) -> float:
        """Return the bytes that have left up to now."""

    def busy_s(self) -> float:
        """Return for how many seconds there was at least one flow, up to now."""
