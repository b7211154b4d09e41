"""The page of a run says what its traces say."""

from __future__ import annotations

import pandas as pd
import pytest

import anywhere_sim as aw
from anywhere_sim.analysis.limits import loads
from anywhere_sim.analysis.overview import lights, line_use, not_done
from anywhere_sim.analysis.roll_out import first_copies
from anywhere_sim.report.run_page import RunFindings, page, verdict

BRANCH = aw.Scenario.build(
    {
        "why": "two get a copy, the front end crashes",
        "start": "09:00",
        "end": "09:30",
        "servers": {"mbx1": {"role": "mailbox"}, "fe1": {"role": "front_end"}},
        "places": {
            "branch": {"kind": "branch_wan", "down_kbps": 256, "up_kbps": 256},
            "home": {"kind": "cable"},
        },
        "groups": {
            "clerks": {
                "mailboxes": 2, "mode": "online", "server": "mbx1", "mailbox_mb": 10,
                "itinerary": [["08:00", "branch"]],
            },
            "homes": {"mailboxes": 2, "server": "mbx1", "itinerary": [["08:00", "home"]]},
        },
        "events": [
            {"at": "09:02", "do": "roll_out", "group": "clerks"},
            {"at": "09:20", "do": "crash", "server": "fe1", "for_s": 300},
        ],
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def run() -> aw.Run:
    return aw.simulate(BRANCH, seed=7)


def test_a_line_that_copies_fill_is_beyond_its_limit(run: aw.Run) -> None:
    """20 MB at 256 kbit/s take eleven minutes, from 09:02 on: one window lies wholly in them."""
    table = loads(run, BRANCH)
    found = lights(table, BRANCH.end).set_index(["thing", "what"])
    line = found.loc[("branch down", "line")]
    assert line["light"] == "beyond"
    assert (line["reached_s"], line["beyond_s"]) == (BRANCH.start + 300.0, 300.0)
    assert found.loc[("mbx1", "processor"), "light"] == "fine"
    use = line_use(run, BRANCH).set_index(["place", "direction"])
    down = run.links[(run.links["place"] == "branch") & (run.links["direction"] == "down")]
    assert use.loc[("branch", "down"), "gigabytes"] == pytest.approx(down["bytes"].sum() / 1e9)
    assert use.loc[("branch", "down"), "users"] == "clerks 100 %"


def test_first_copies_are_counted_and_their_end_is_told_or_forecast(run: aw.Run) -> None:
    """When the run is cut, the forecast is within a factor of the time that it then takes."""
    whole = first_copies(run, BRANCH).set_index("group").loc["clerks"]
    assert (whole["begun"], whole["complete"]) == (2, 2)
    assert whole["last_s"] == whole["forecast_s"]
    cut = BRANCH.with_(end="09:09", events=[BRANCH.events[0].model_dump() | {"at": "09:02"}])
    part = first_copies(aw.simulate(cut, seed=7), cut).set_index("group").loc["clerks"]
    assert part["complete"] < 2
    assert part["forecast_s"] - part["begin_s"] == pytest.approx(
        whole["last_s"] - whole["begin_s"], rel=0.3
    )


def test_the_page_has_verdict_picture_and_tables(run: aw.Run) -> None:
    found = RunFindings.of(run, BRANCH)
    said = verdict(found)
    assert len(said) <= 3
    assert said[0].startswith("The line down of branch was at or beyond 80 %")
    assert "All 2 first copies were complete" in said[1]
    lost = not_done(run)
    crashed = lost[lost["why"] == "server_crash"]
    ends = run.connections["end_reason"].astype(str)
    assert crashed["count"].sum() == ends.eq("server_crash").sum() > 0
    html = page(found, "branch")
    for part in ("data:image/png", "server crash", "nothing was lost in"):
        assert part in html
    assert html.index("The line down of branch") < html.index("<img") < html.index("<table")


def test_a_quiet_run_says_that_nothing_was_beyond() -> None:
    quiet = BRANCH.with_(end="09:02", events=[])
    said = verdict(RunFindings.of(aw.simulate(quiet, seed=7), quiet))
    assert said[0].startswith("Nothing was beyond its limit")
    assert isinstance(first_copies(aw.simulate(quiet, seed=7), quiet), pd.DataFrame)
