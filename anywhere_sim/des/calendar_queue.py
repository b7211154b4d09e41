"""Pending events that are not due soon, kept out of the event list."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

Entry = tuple[float, int, int, Callable[[Any], object], Any, object]
"""A pending event: time, priority and number as SimPy orders them; what is called, with what; and whose it is, if anybody asks."""

BUCKET_S = 0.25  # a power of two: the bounds of buckets are exact
FEW = 4096  # an event list of so many entries needs no buckets
NEAR = 256  # once there are buckets, so many stay out of them however far off


class CalendarQueue:
    """Buckets of a quarter of a second; each is poured into the event list when its time begins.

    A heap of ten thousand entries costs several times one of a few thousand, and most timers are far off. What is here lies later than
    everything in the event list up to the next `turn`, so the order of events is that of one heap.
    """

    __slots__ = ("_ahead", "_buckets", "_queue", "_turn", "from_s", "room")

    def __init__(self, queue: list[Entry], turn: Callable[[float], Entry]) -> None:
        self.from_s = 0.0
        """From here on entries may be put here; earlier ones belong in the event list."""
        self.room = FEW
        """While the event list has fewer entries than that, all belong in it."""
        self._queue = queue
        self._turn = turn
        self._buckets: dict[int, list[Entry]] = {}
        self._ahead: list[int] = []

    def lists(self) -> list[list[Entry]]:
        """Return the buckets."""
        return [*self._buckets.values()]

    def put(self, entry: Entry, now_s: float) -> None:
        """Keep an entry until its bucket's time; one of the bucket under way goes to the event list."""
        if self.room == FEW:
            self._begin(now_s)
        number = int(entry[0] / BUCKET_S)
        bucket = self._buckets.get(number)
        if bucket is not None:
            bucket.append(entry)
        elif number * BUCKET_S <= now_s:
            heappush(self._queue, entry)
        else:
            self._buckets[number] = [entry]
            heappush(self._ahead, number)
            if self._ahead[0] == number:
                heappush(self._queue, self._turn(number * BUCKET_S))

    def _begin(self, now_s: float) -> None:
        """The event list has become long: all but the next entries go into buckets."""
        self.room = NEAR
        entries = sorted(self._queue)
        self._queue[:] = entries[:NEAR]
        for entry in entries[NEAR:]:
            self.put(entry, now_s)

    def pour(self, now_s: float) -> None:
        """The time of a bucket begins: its entries join the event list, and the next bucket's turn is announced."""
        number = int(now_s / BUCKET_S)
        bucket = self._buckets.pop(number, None)
        if bucket is None:
            return
        heappop(self._ahead)
        for entry in bucket:
            heappush(self._queue, entry)
        self.from_s = (number + 1) * BUCKET_S
        if self._ahead:
            heappush(self._queue, self._turn(self._ahead[0] * BUCKET_S))
