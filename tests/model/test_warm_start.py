"""A warm start: the mail of earlier days leaves replies that are due, without being simulated."""

from __future__ import annotations

import pytest

from anywhere_sim.des.random_streams import Streams
from anywhere_sim.scenario import Scenario
from anywhere_sim.simulation.rules import Rules
from anywhere_sim.simulation.site import SiteModel
from anywhere_sim.traces import Recorder, Run
from tests.statements.pairs import small

OFFICE = small(
    start="10:00", end="11:00", beginning="settled", groups__people__mailboxes=20,
    groups__people__itinerary=[["08:00", "office"], ["18:00", "off"]],
)  # fmt: skip


def run(scenario: Scenario, history_days: int, seed: int = 3) -> Run:
    """Return a run whose warm start knows that many days before the one on which it begins."""
    recorder = Recorder("site", 0)
    site = scenario.sites()[0]
    SiteModel(scenario, site, Streams(seed, 0), recorder, Rules(), history_days).run()
    part = recorder.finish()
    audit = part.audit(scenario.end)
    assert audit.ok, str(audit)
    return Run.from_parts([part], audit, {"end_s": scenario.end})


def replies(of: Run) -> int:
    """Return how many replies were written."""
    return int((of.messages["origin"].astype(str) == "reply").sum())


def test_earlier_days_leave_replies_that_are_due() -> None:
    """Half of all replies leave within two hours, a third later than six (measurements A3)."""
    today, week = run(OFFICE, 0), run(OFFICE, 5)
    assert replies(week) > replies(today)


def test_what_earlier_days_have_brought_is_not_simulated() -> None:
    """What is written, received and done in the run itself has the same streams as without
    history.
    """
    today, week = run(OFFICE, 0), run(OFFICE, 5)
    assert (today.messages["written_s"].dropna() >= 0.0).all()
    new = [of.messages[of.messages["origin"].astype(str) != "reply"] for of in (today, week)]
    ids = [set(messages.loc[messages["written_s"] >= OFFICE.start, "message"]) for messages in new]
    assert ids[0] == ids[1]


@pytest.mark.parametrize("days", [0, 2])
def test_the_same_history_leaves_the_same_state(days: int) -> None:
    first, again = run(OFFICE, days), run(OFFICE, days)
    assert first.operations.equals(again.operations)
