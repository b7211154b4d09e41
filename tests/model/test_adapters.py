"""What becomes of connections when an adapter loses its link (failures 2.3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.statements.pairs import run, small, words

CUT_S = 8 * 3600 + 40 * 60


def lost_s(for_s: float, place: str = "office", **person: Any) -> list[float]:
    """Return how long after a cut of so many seconds each connection that it ends has ended."""
    made = run(
        small(
            end="08:45", groups__people__mailboxes=2, groups__people__mode="online",
            groups__people__itinerary=[["08:10", place]],
            places__modem={"kind": "modem_3g"},
            events=[{"at": "08:40", "do": "cut", "place": place, "for_s": for_s}],
            **{f"groups__people__{name}": value for name, value in person.items()},
        )
    )  # fmt: skip
    ended = made.connections[made.connections["end_reason"].isin(["link_cut", "link_lost"])]
    assert {"unfinished", "closed"} >= set(words(made.connections["end_reason"])) - {"link_cut"}
    return [float(end_s) - CUT_S for end_s in ended["end_s"]]


@pytest.mark.parametrize("stack", ["windows-2000", "windows-xp", "windows-vista"])
def test_an_address_outlives_its_link_by_twenty_seconds(stack: str) -> None:
    """A shorter cut is a gap; a longer one is noticed when the address has gone, at the next look
    at the network.
    """
    assert lost_s(19.0, stack=stack) == []
    ended = lost_s(60.0, stack=stack)
    assert len(ended) > 5
    assert all(20.0 < ended_s <= 35.0 for ended_s in ended)


def test_both_ends_of_what_is_assumed() -> None:
    """At 0 s connections end with the link, however short the cut; Linux keeps them."""
    assert len(lost_s(10.0, policy={"media_sense_s": 0})) > 5
    assert lost_s(60.0, stack="linux") == []


def test_the_address_of_a_dialled_connection_ends_with_it() -> None:
    assert len(lost_s(10.0, "modem")) > 5
