"""The page of a run names what people met, and what changes beside another run."""

from __future__ import annotations

from dataclasses import replace

import anywhere_sim as aw
from anywhere_sim.report.side_by_side import SideBySide, side_by_side_said
from tests.analysis.test_run_page import BRANCH

WIDE = BRANCH.with_(end="09:03", events=[], groups__homes__mailboxes=4)


def test_a_light_that_turns_amber_is_told_at_the_head() -> None:
    """The same open requests of 100 are green, of fewer amber; people notice nothing of it."""
    run = aw.simulate(WIDE.with_(servers__fe1__request_limit=100), seed=7)
    most = run.servers.loc[run.servers["server"] == "fe1", "http_sessions"].max()
    limit = int(most / 0.75)
    near = aw.simulate(WIDE.with_(servers__fe1__request_limit=limit), seed=7)
    both = SideBySide.of(run, near, "wide")
    told = side_by_side_said(both)[0]
    assert (
        "better not, stay with wide. People notice nothing, but its load comes near limits that "
        f"wide stays far from: the open requests of fe1 (from {most} to "
    ) in told
    assert told.endswith(f", limit {limit}).")
    assert (
        "no difference that anybody notices"
        in side_by_side_said(SideBySide.of(near, run, "near"))[0]
    )
    gone = replace(both, gone=both.nearer)
    assert "take this one. It keeps" in side_by_side_said(gone)[0]
    assert "; its load comes near" in side_by_side_said(gone)[0]
