"""A roll-out in steps: which mailboxes of a group get another mode in which night."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, NamedTuple, Self, get_args

from pydantic import Field, WithJsonSchema, model_validator

from anywhere_sim.scenario.quantities import DAY_S, TimeOfDay, format_time
from anywhere_sim.scenario.spec import WEEKDAYS, Mode, Spec, Weekday


class Step(NamedTuple):
    """A window of time, and which of a group's mailboxes get the mode in it (from 0, end out)."""

    begin_s: float
    end_s: float
    first: int
    last: int

    def at_s(self, share: float) -> float:
        """Return the time at a share of the window, 0 its begin and 1 its end."""
        return self.begin_s + share * (self.end_s - self.begin_s)


class RollOut(Spec):
    """A group gets the mode `to`, `per_day` mailboxes in each window, in the order of their names.

    A window lasts from the first time of `between` to the second (of the next day, if that is the
    earlier one) and begins on each of `days`, where the first day of a run is a Monday. Each client
    is restarted at a time drawn evenly over its window, as by the event `roll_out`; one that is
    closed then has the mode when it is opened.
    """

    to: Annotated[Mode | str, WithJsonSchema({"type": "string", "enum": list(get_args(Mode))})] = (
        "cached"
    )
    per_day: Annotated[int, Field(ge=1, le=1_000_000)]
    between: tuple[TimeOfDay, TimeOfDay]
    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = WEEKDAYS

    @model_validator(mode="after")
    def _check(self) -> Self:
        begin_s, end_s = self.between
        shown = " to ".join(format_time(time_s, seconds=False) for time_s in self.between)
        if begin_s == end_s or max(begin_s, end_s) >= DAY_S:
            raise ValueError(
                f'between = {shown} is no window; give two times before 24:00, such as ["20:00", '
                '"06:00"]'
            )
        if len(set(self.days)) < len(self.days):
            raise ValueError(f"days = {list(self.days)} names a day twice; once is enough")
        return self

    def steps(self, mailboxes: int, start_s: float) -> Iterator[Step]:
        """Yield the windows that begin at `start_s` or later, until all mailboxes have their turn.

        >>> plan = RollOut(per_day=200, between=("20:00", "06:00"), days=("mon", "wed"))
        >>> [(step.begin_s / 3600, step.first, step.last) for step in plan.steps(300, 0.0)]
        [(20.0, 0, 200), (68.0, 200, 300)]
        """
        begin_s, end_s = self.between
        length_s = (end_s - begin_s) % DAY_S
        day = int(start_s // DAY_S)
        first = 0
        while first < mailboxes:
            at_s = day * DAY_S + begin_s
            if at_s >= start_s and WEEKDAYS[day % len(WEEKDAYS)] in self.days:
                last = min(mailboxes, first + self.per_day)
                yield Step(at_s, at_s + length_s, first, last)
                first = last
            day += 1
