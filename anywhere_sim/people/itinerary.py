"""Where a person is when: the itinerary of a group, shifted for one of its people."""

from __future__ import annotations

from math import inf

from mypy_extensions import mypyc_attr

from anywhere_sim.des.random_streams import Streams
from anywhere_sim.scenario.group import ASLEEP, CLOSED, OFF, Group
from anywhere_sim.scenario.quantities import DAY_S
from anywhere_sim.scenario.spec import WEEKDAYS


@mypyc_attr(allow_interpreted_subclasses=True, acyclic=True)
class Itinerary:
    """One person's moves, day by day; the run starts at `start_s`."""

    __slots__ = ("_group", "_shift_s", "_start_s")

    def __init__(self, group: Group, streams: Streams, name: str, start_s: float) -> None:
        self._group = group
        self._start_s = start_s
        draws = streams.stream(f"itinerary/{name}")
        self._shift_s = (draws.uniform() - 0.5) * group.itinerary_spread_s

    def moves(self, day: int = 0) -> list[tuple[float, str]]:
        """Return when the person is where: the group's itinerary, shifted for this person.

        It is followed on its weekdays, day 0 being a Monday, or on that day alone.
        """
        days = self._group.days
        if WEEKDAYS[day % len(WEEKDAYS)] not in days if days else day:
            return []
        return [(day * DAY_S + time_s, place) for time_s, place in self.usual_moves()]

    def usual_moves(self) -> list[tuple[float, str]]:
        """Return when the person is where on a day on which the itinerary is followed."""
        moves = self._group.itinerary
        return [(max(0.0, time_s + self._shift_s), place) for time_s, place in moves]

    def _moves_so_far(self) -> list[tuple[float, str]]:
        """Return the moves up to the start, in order."""
        days = range(int(self._start_s // DAY_S) + 1)
        moves = [move for day in days for move in self.moves(day)]
        return [(time_s, place) for time_s, place in moves if time_s <= self._start_s]

    def place_at_start(self) -> str:
        """Return where the person is when the run starts, "off" while Outlook is closed.

        A machine that sleeps then is taken as one that is off.
        """
        at = next((place for _, place in reversed(self._moves_so_far())), OFF)
        return OFF if at == ASLEEP else at

    def there_since_s(self) -> float:
        """Return since when the person is at the place of the start; infinite when nowhere."""
        since_s, at = inf, OFF
        for time_s, place in self._moves_so_far():
            if place != at:
                since_s, at = time_s, place
        return since_s

    def open_since_s(self) -> float:
        """Return when the Outlook that is open at the start was opened.

        Infinite when it is closed.
        """
        opened_s = inf
        for time_s, place in self._moves_so_far():
            opened_s = inf if place in CLOSED else min(opened_s, time_s)
        return opened_s
