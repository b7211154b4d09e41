"""The utilisation law on the table of links."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support import build, simulate


def test_bytes_are_busy_time_times_rate_in_every_window_of_a_link() -> None:
    """What passes without an event of its own (keep-alives, lone acknowledgements, UDP) counts."""
    people = {"mailboxes": 2, "client": "outlook2003", "server": "mbx1"}
    run = simulate(
        build(
            {
                "why": "test",
                "start": "08:00",
                "end": "09:00",
                "servers": {
                    "mbx1": {"role": "mailbox", "profile": "exchange2003"},
                    "fe1": {"role": "front_end", "profile": "iis6"},
                },
                "places": {"branch": {"kind": "branch_wan"}, "home": {"kind": "dsl"}},
                "groups": {
                    "inside": people | {"mode": "online", "itinerary": [["08:05", "branch"]]},
                    "outside": people | {"mode": "cached", "itinerary": [["08:05", "home"]]},
                },
            }
        ),
        1,
    )
    kbps = {
        ("branch", "up"): 2000, ("branch", "down"): 2000, ("home", "up"): 384,
        ("home", "down"): 1500,
    }  # fmt: skip
    links = run.links
    rates = np.array(
        [kbps[where] for where in zip(links["place"], links["direction"], strict=True)]
    )
    assert len(links) > 100
    assert (links["bytes"] / links["busy_s"] / 125.0 / rates).to_numpy() == pytest.approx(1.0)
