"""A row of the facts, and the day that most of them are judged on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from anywhere_sim.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Fact:
    """A published figure, what the model gives, and how the two are related."""

    standing: str
    what: str
    unit: str
    published: float
    model: float
    source: str
    remark: str


def day(place: dict[str, Any] | None = None, **changes: Any) -> Scenario:
    """Return a day of twenty medium people with messages of exactly 50 KB, as the published table
    has them.
    """
    group = {
        "mailboxes": 20,
        "client": "outlook2007",
        "mode": "cached",
        "activity": "medium",
        "server": "mbx1",
        "itinerary": [["06:00", "here"]],
    }
    content = {
        "why": "a published figure",
        "start": "06:00",
        "end": "22:00",
        "places": {"here": place or {"kind": "lan"}},
        "groups": {"people": group | changes},
        "servers": {
            "mbx1": {"role": "mailbox", "profile": "exchange2003"},
            "fe1": {"role": "front_end", "profile": "iis7.5-r2"},
        },
        "communities": {"everybody": {"size_sigma": 0.0, "activity_sigma": 0.0}},
    }
    return Scenario.build(content)
