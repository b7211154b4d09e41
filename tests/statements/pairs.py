"""Small scenarios for pairs of runs that differ in one key."""

from __future__ import annotations

from typing import Any

import pandas as pd

import anywhere_sim as aw
from tests.support import build, simulate


def small(**changes: Any) -> aw.Scenario:
    """Return a small scenario: three people at home for 90 minutes, Outlook 2003, cached.

    `changes` are those of `with_`.
    """
    content: dict[str, Any] = {
        "why": "a pair of runs that differ in one key",
        "start": "08:00",
        "end": "09:30",
        "servers": {
            "fe1": {"role": "front_end", "profile": "iis7.5-r2"},
            "mbx1": {"role": "mailbox", "profile": "exchange2003"},
        },
        "places": {"here": {"kind": "cable"}, "office": {"kind": "lan"}},
        "groups": {
            "people": {
                "mailboxes": 3, "client": "outlook2003", "mode": "cached",
                "activity": "very_heavy", "server": "mbx1",
                "itinerary": [["08:10", "here"]], "itinerary_spread_s": 120,
            },
        },
    }  # fmt: skip
    scenario = build(content)
    return scenario.with_(**changes) if changes else scenario


def run(scenario: aw.Scenario, seed: int = 1, rules: aw.Rules | None = None) -> aw.Run:
    """Simulate; every statement is judged on a run whose conservation checks pass."""
    made = simulate(scenario, seed, rules=rules)
    assert made.audit().ok, str(made.audit())
    return made


def words(column: pd.Series) -> list[str]:
    """Return a column of words as plain strings."""
    return [str(word) for word in column]


def first_path(made: aw.Run) -> str:
    """Return the path of the first attempt of the run."""
    return words(made.attempts.sort_values("attempt")["path"])[0]


def paths(made: aw.Run) -> set[str]:
    """Return the paths over which connections were made."""
    return set(words(made.connections["path"]))
