"""Pending events that are not due soon, kept out of the event list: a calendar queue.

The event list is a heap, and a heap of ten thousand entries costs several times one of a few
thousand (it no longer fits the processor's cache), although most of them are time-outs that are far
off. Brown (1988) sorts events into the days of a calendar. Here only the days to come are one;
today is the heap::

    now         from_s
     |            |
     |  heap      |  bucket 7   |  bucket 8   |             |  bucket 10  |
     |  e e ee  e |  ee e e e   |  e  e       |             |  e ee       |
     |            |             |             |             |             |
     +------------+-------------+-------------+-------------+-------------+--> time
                  `- bucket event: its entries join the heap (`advance`)

Buckets are plain lists: an entry is appended, and sorted only when its bucket's time has begun.
Every entry in a bucket is later than every entry before its bucket event, so events come in the
same order as from one heap.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, Final

Entry = tuple[float, int, int, Callable[[Any], object], Any, object]
"""A pending event: time, priority and number as SimPy orders them; function, argument, owner."""

BUCKET_S: Final = 0.25  # a power of two, so the bounds of buckets are exact
HEAP_ONLY_BELOW: Final = 4096  # an event list of so few entries needs no buckets
HEAP_AT_LEAST: Final = 256  # once there are buckets, so many stay in the heap however far off


class CalendarQueue:
    """Buckets of a quarter of a second beside the event list that is handed in.

    An entry may be put here if it is due at or after `from_s` and the event list has `threshold`
    entries or more; all others belong in the event list. Both are attributes and no method, since
    every event of a run asks. `bucket_event(when_s)` returns the entry that calls `advance`.

    Cost: O(1) to put, O(log n) to advance an entry, n being the entries of the near future.
    """

    __slots__ = ("_bucket_event", "_buckets", "_numbers", "_queue", "from_s", "threshold")

    def __init__(self, queue: list[Entry], bucket_event: Callable[[float], Entry]) -> None:
        self.from_s = 0.0
        self.threshold = HEAP_ONLY_BELOW
        self._queue = queue
        self._bucket_event = bucket_event
        self._buckets: dict[int, list[Entry]] = {}
        self._numbers: list[int] = []  # a heap of the numbers of the buckets

    def lists(self) -> list[list[Entry]]:
        """Return the buckets."""
        return [*self._buckets.values()]

    def put(self, entry: Entry, now_s: float) -> None:
        """Keep an entry until its bucket's time; if that has begun, put it into the event list."""
        if self.threshold == HEAP_ONLY_BELOW:
            self._begin(now_s)
        number = int(entry[0] / BUCKET_S)
        bucket = self._buckets.get(number)
        if bucket is not None:
            bucket.append(entry)
        elif number * BUCKET_S <= now_s:
            heappush(self._queue, entry)
        else:
            self._buckets[number] = [entry]
            heappush(self._numbers, number)
            if self._numbers[0] == number:
                heappush(self._queue, self._bucket_event(number * BUCKET_S))

    def _begin(self, now_s: float) -> None:
        """The event list has become long: put all but the next entries into buckets."""
        self.threshold = HEAP_AT_LEAST
        entries = sorted(self._queue)
        self._queue[:] = entries[:HEAP_AT_LEAST]
        for entry in entries[HEAP_AT_LEAST:]:
            self.put(entry, now_s)

    def advance(self, now_s: float) -> None:
        """Move the entries of the bucket that begins now to the event list; schedule the next."""
        number = int(now_s / BUCKET_S)
        bucket = self._buckets.pop(number, None)
        if bucket is None:
            return  # a bucket event that an earlier bucket has overtaken
        heappop(self._numbers)
        for entry in bucket:
            heappush(self._queue, entry)
        self.from_s = (number + 1) * BUCKET_S
        if self._numbers:
            heappush(self._queue, self._bucket_event(self._numbers[0] * BUCKET_S))
