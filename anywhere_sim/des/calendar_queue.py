"""The event list: a calendar queue, whose present day is a sorted list.

Most events of a run are due within milliseconds, most of those that are pending at a time within
minutes or hours. In a heap of all of them each of the many would have to pass those few hundred.
Brown (1988) sorts events into the days of a calendar; a day is a quarter of a second here::

    now              ends_s
     |                 |
     |  present        |             |             |             |
     |   e e ee  e     |  ee e e e   |  e  e       |             |  e ee
     |                 |             |             |             |
     +-----------------+-------------+-------------+-------------+-------------+--> time

The days to come are plain lists: an entry is appended, and sorted only when its day begins. In the
present day, of which few are left, an entry is put at its place at once: at the end, from where
entries are taken, if it is due first, as nine of ten are in a site of 200 mailboxes. Days with few
entries are taken together; a crowded day is parted in sixteen.
"""

from __future__ import annotations

from heapq import heappop, heappush
from operator import itemgetter
from typing import Any, Final

Entry = tuple[Any, ...]
"""A pending event: time and order; function, argument, owner.

What is due at one instant goes by its order, which no other has. The types are left open for
compiled code, which would unpack it at each look.
"""

TICKS_PER_S: Final = 64.0  # days are numbered by the tick they begin with: a power of two is exact
TICKS: Final = 16  # of a day; a part of a crowded day is one
PER_PRIORITY: Final = 2**56  # orders of a priority, more than the events of any run: most from 0 on
LAST_S: Final = 2.0**50  # all that is due later, or never, is in one day
FEW: Final = 32  # so few entries need no days of their own
CROWDED: Final = 256  # of more entries those that are due last are put off

_due_s: Final = itemgetter(0)


class CalendarQueue:
    """Pending entries; what is due first is at the end of `present`, unless that is empty.

    Take entries from there; when there are none, `begin_day` brings the next. No entry may be due
    before one that has been taken.

    Cost: O(1) to push an entry of a day to come, or one that is due first; O(log n) comparisons
    else, n being the entries of the day.
    """

    __slots__ = ("_begins", "_days", "_ends_s", "_mixed", "_parted_until", "present")

    def __init__(self, now_s: float) -> None:
        self.present: list[Entry] = []  # of the present day, from the last to the first
        self._ends_s = now_s
        self._parted_until = 0
        self._days: dict[int, list[Entry]] = {}
        self._mixed: set[int] = set()  # those that hold another priority than most
        self._begins: list[int] = []  # a heap of the ticks with which the days to come begin

    def lists(self) -> list[list[Entry]]:
        """Return the entries of the present day, and of each day to come."""
        return [self.present, *self._days.values()]

    def push(self, when_s: float, entry: Entry) -> None:
        """Add an entry that is due at `when_s`."""
        if when_s >= self._ends_s:
            self._put_off(when_s, entry)
            return
        present = self.present
        if present:
            first_s: float = present[-1][0]
            if when_s >= first_s:
                self._insert(when_s, entry)
                return
        present.append(entry)

    def _put_off(self, when_s: float, entry: Entry) -> None:
        """Add an entry that is due after the present day."""
        begins = int(min(when_s, LAST_S) * TICKS_PER_S)
        if begins >= self._parted_until:
            begins -= begins % TICKS
        day = self._days.get(begins)
        if day is not None:
            day.append(entry)
        elif self._begins or len(self.present) >= FEW:
            self._days[begins] = [entry]
            heappush(self._begins, begins)
        else:
            self._ends_s = self._end_s(begins)
            self._insert(when_s, entry)
            return
        order: int = entry[1]
        if order < 0 or order >= PER_PRIORITY:
            self._mixed.add(begins)

    def _insert(self, when_s: float, entry: Entry) -> None:
        """Put an entry at its place in the present day (`bisect` knows only the other order)."""
        present = self.present
        first, end = 0, len(present)
        while first < end:
            middle = (first + end) >> 1
            other = present[middle]
            other_s: float = other[0]
            if when_s < other_s or (when_s == other_s and entry < other):
                first = middle + 1
            else:
                end = middle
        present.insert(first, entry)
        if len(present) > CROWDED:
            self._part()

    def begin_day(self) -> bool:
        """Go on to the next day that has entries, when `present` is empty; False if none has.

        Where days have few entries several are taken as one: what comes in their time then needs no
        day of its own, and the list is seldom so short that it gives its memory back.
        """
        present, mixed = self.present, False
        if not self._begins:
            return False
        while self._begins and len(present) < FEW:
            begins = self._begins[0]
            if present and len(present) + len(self._days[begins]) > CROWDED:
                break  # else what is parted would be put together again, for ever
            heappop(self._begins)
            present += self._days.pop(begins)
            if begins in self._mixed:
                self._mixed.remove(begins)
                mixed = True
            self._ends_s = self._end_s(begins)
        if mixed:
            present.sort(reverse=True)
        else:
            present.reverse()
            present.sort(key=_due_s, reverse=True)  # what is due together stays in its order
        if len(present) > CROWDED:
            self._part()
        return bool(present) or self.begin_day()

    def _part(self) -> None:
        """Put the present entries, which are many, into parts of a day, if one holds not all."""
        entries = self.present[::-1]
        first_s: float = entries[0][0]
        last_s: float = entries[-1][0]
        if last_s - first_s > 1.0 / TICKS_PER_S:
            self.present.clear()
            self._ends_s = first_s
            self._parted_until = (int(first_s * TICKS_PER_S) // TICKS + 1) * TICKS
            for entry in entries:
                self.push(entry[0], entry)

    def _end_s(self, begins: int) -> float:
        """Return when the day to come ends that begins with a tick."""
        ticks = 1 if begins < self._parted_until else TICKS
        return (begins + ticks) / TICKS_PER_S
