"""The state of a client is that of its connections, at every instant."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest

from anywhere_sim.traces.columns import covered
from tests.statements.pairs import run, small, words

LINE_OF_CUTS = {
    "beginning": "cold",
    "servers__mbx1__profile": "exchange2007",
    "places__here": {"kind": "cable", "cut_every_s": 60, "cut_for_s": 30},
    "groups__people__client": "outlook2007",
    "groups__people__mode": "online",
    "groups__people__mailboxes": 5,
    "groups__people__policy": {"roh_flags": 0x2B, "media_sense_s": 0.0, "link_poll_s": 60.0},
}


def test_states_follow_connections_where_one_of_two_is_lost_at_a_time() -> None:
    """Calls find one connection dead while the line is away; the other is still counted, and in
    its time a second one comes. The audit, which `run` asks, compares states and connections.
    """
    made = run(small(**LINE_OF_CUTS), seed=1)
    assert "disconnected" in words(made.states["state"])
    assert made.connections["end_reason"].eq("link_cut").sum() > 10


def test_what_follows_alike_is_one_interval() -> None:
    made = run(
        small(
            groups__people__client="outlook2002",
            groups__people__mode="offline_ost",
            groups__people__itinerary=[["08:05", "office"], ["08:40", "here"], ["09:00", "off"]],
        )
    )
    for _, rows in made.states.astype({"state": str, "place": str}).groupby("mailbox"):
        keys = list(zip(rows["state"], rows["place"], strict=True))
        assert all(before != after for before, after in pairwise(keys)), keys


@pytest.mark.parametrize(
    ("starts", "ends", "covers"),
    [
        ([], [], [0.0, 0.0, 0.0, 0.0]),
        ([1.0], [3.0], [0.0, 1.0, 2.0, 2.0]),
        ([4.0, 1.0, 1.5], [9.0, 3.0, 2.0], [0.0, 1.0, 2.0, 7.0]),
        ([0.0, 1.0], [1.0, 2.0], [1.0, 2.0, 2.0, 2.0]),
    ],
)
def test_how_much_intervals_cover(
    starts: list[float], ends: list[float], covers: list[float]
) -> None:
    times = pd.Series([1.0, 2.0, 4.0, 12.0]).to_numpy()
    given = (pd.Series(values, dtype=float).to_numpy() for values in (starts, ends))
    assert covered(*given, times).tolist() == covers
