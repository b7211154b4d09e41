"""Every run ends, whatever the back-off and however the link goes away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import anywhere_sim as aw
from tests.statements.pairs import small

BACKOFFS = ["none", "fixed", "doubling"]
REPRODUCTION = """
why = "a cut of ten minutes, and clients that try again at each poll of the network"
start = "08:00"
end = "10:00"
beginning = "cold"
servers = { mbx1 = { role = "mailbox" }, fe1 = { role = "front_end" } }
places = { p = { kind = "cable" } }
groups = { g = { mailboxes = 10, server = "mbx1", itinerary = [["08:05", "p"]], policy = { backoff = "none" } } }
events = [{ at = "09:00", do = "cut", place = "p", for_s = 600 }]
"""  # noqa: E501


def _ends(scenario: aw.Scenario, seed: int) -> None:
    """Run to the end (a run that stays at one instant raises) with accounts that balance."""
    run = aw.simulate(scenario, seed)
    assert run.audit().ok, str(run.audit())
    assert run.states["end_s"].max() == scenario.end


@pytest.mark.parametrize("seed", [1, 2, 3, 6])
def test_a_client_without_back_off_waits_for_the_next_poll_of_a_dead_link(
    tmp_path: Path, seed: int
) -> None:
    file = tmp_path / "cut.toml"
    file.write_text(REPRODUCTION, encoding="utf-8")
    _ends(aw.Scenario.load(file), seed)


def _scenario(
    backoff: str,
    events: list[dict[str, Any]],
    cut_every_s: float | None,
    mailboxes: int,
    link_poll_s: float,
) -> aw.Scenario:
    here = (
        {"kind": "cable"}
        if cut_every_s is None
        else {"kind": "cable", "cut_every_s": cut_every_s, "cut_for_s": 60}
    )
    return small(
        end="09:00",
        beginning="cold",
        places={"here": here},
        events=events,
        groups__people__mailboxes=mailboxes,
        groups__people__policy={"backoff": backoff, "link_poll_s": link_poll_s},
    )


CUTS = st.fixed_dictionaries(
    {
        "at": st.integers(10, 50).map(lambda minute: f"08:{minute}"),
        "do": st.just("cut"),
        "place": st.just("here"),
        "for_s": st.integers(1, 1200),
    }
)


@pytest.mark.parametrize("backoff", BACKOFFS)
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    events=st.lists(CUTS, min_size=0, max_size=2),
    cut_every_s=st.sampled_from([None, 60.0, 300.0, 900.0]),
    mailboxes=st.integers(1, 8),
    link_poll_s=st.floats(0.1, 60.0),
    seed=st.integers(0, 2**32),
)
def test_every_run_ends(
    backoff: str,
    events: list[dict[str, Any]],
    cut_every_s: float | None,
    mailboxes: int,
    link_poll_s: float,
    seed: int,
) -> None:
    _ends(_scenario(backoff, events, cut_every_s, mailboxes, link_poll_s), seed)
