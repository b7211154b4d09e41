"""What happens from outside at a given time: outages of servers, of links, a roll-out."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from anywhere_sim.scenario.quantities import TimeOfDay
from anywhere_sim.scenario.spec import Spec
from anywhere_sim.scenario.words import EventKind

_TARGET = {
    "crash": "server",
    "shutdown": "server",
    "restart": "server",
    "cut": "place",
    "gap": "place",
    "roll_out": "group",
}


class Event(Spec):
    """One happening.

    *crash*, *shutdown*, *restart* stop a `server` for `for_s` seconds; *cut* takes the link of a
    `place` away (connections die), *gap* sets its rate to zero (they survive); *roll_out* switches
    a `group` to cached mode, each client at a time drawn within `spread_s`.
    """

    at: TimeOfDay
    do: EventKind
    server: str | None = None
    place: str | None = None
    group: str | None = None
    for_s: Annotated[float, Field(gt=0)] | None = None
    spread_s: Annotated[float, Field(ge=0)] = 0.0

    @model_validator(mode="after")
    def _check_target(self) -> Event:
        wanted = _TARGET[self.do]
        given = {name for name in ("server", "place", "group") if getattr(self, name) is not None}
        if given != {wanted}:
            raise ValueError(
                f"do = {self.do!r} needs `{wanted}` and nothing else; given: "
                f"{', '.join(sorted(given)) or 'nothing'}"
            )
        if self.for_s is None and self.do != "roll_out":
            raise ValueError(f"do = {self.do!r} needs `for_s`, how long it lasts in seconds")
        return self
