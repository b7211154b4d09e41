"""The page of a run says what its traces say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import anywhere_sim as aw
from anywhere_sim.analysis.labels import percent_parts, quantity
from anywhere_sim.analysis.limits import NOT_DONE, UNDONE, WAIT, loads, undone
from anywhere_sim.analysis.measures import waited_per_open_hour_s
from anywhere_sim.analysis.moment import moment
from anywhere_sim.analysis.overview import lights, line_use, not_done, unserved
from anywhere_sim.analysis.recovery import recoveries
from anywhere_sim.analysis.roll_out import first_copies
from anywhere_sim.cli.arguments import instants_s
from anywhere_sim.cli.progress import RunProgress
from anywhere_sim.figures.overview import overview
from anywhere_sim.report.findings import EXPLAINED, SYMPTOMS, RunFindings, clock, named
from anywhere_sim.report.moments import moment_said
from anywhere_sim.report.reasons import why
from anywhere_sim.report.run_page import page
from anywhere_sim.report.verdict import (
    beyond,
    beyond_said,
    few_actions_said,
    recoveries_said,
    verdict,
)
from anywhere_sim.scenario.activity import ACTIVITIES
from anywhere_sim.traces import Audit
from tests.commands import command
from tests.statements.pairs import small

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


def test_a_wall_is_full_from_reading_to_reading_not_in_whole_windows() -> None:
    """Six people at home come within five minutes and go at 09:12; six connections fill the front
    end from the first of its readings at 09:01 to that at 09:11:45, in three windows.
    """
    full = BRANCH.with_(
        end="09:20", events=[], servers__fe1__request_limit=12, groups__homes__mailboxes=6,
        groups__homes__itinerary=[["09:01", "home"], ["09:12", "off"]],
        groups__homes__itinerary_spread_s=300,
    )  # fmt: skip
    crowd = aw.simulate(full, seed=7)
    own = crowd.servers[crowd.servers["server"].astype(str) == "fe1"]
    times_s = own.loc[own["http_sessions"] == 12, "time_s"]
    assert len(times_s) == 1 + (times_s.max() - times_s.min()) / 15.0  # no gap
    found = RunFindings.of(crowd, full)
    wall = found.lights.set_index(["thing", "what"]).loc[("fe1", "open requests")]
    assert wall["reached_s"] == times_s.min() == full.start + 60.0
    assert wall["beyond_s"] == 15.0 * len(times_s) == 645.0
    assert (wall["until_s"], wall["spells"]) == (times_s.max() + 15.0, 1)
    windows = lights(found.loads, full.end).set_index(["thing", "what"])
    assert windows.loc[("fe1", "open requests"), "beyond_s"] == 900.0
    assert "full (12) from 09:01 to 09:11:45" in verdict(found)[1]


def test_what_comes_later_is_no_reason() -> None:
    """The front end is full from 09:01 on; the cut of another place at 09:10 did not do it."""
    cut = [{"at": "09:10", "do": "cut", "place": "branch", "for_s": 60}]
    full = BRANCH.with_(
        end="09:15", events=cut, servers__fe1__request_limit=4, groups__homes__mailboxes=6,
        groups__homes__itinerary=[["09:01", "home"]],
    )  # fmt: skip
    found = RunFindings.of(aw.simulate(full, seed=7), full)
    wall = next(row for row in beyond(found) if row["what"] == "open requests")
    assert wall["reached_s"] < full.start + 120.0 < full.start + 600.0 < wall["until_s"]
    assert "ut of branch" not in why(found, wall)
    assert "ut of branch" in why(found, wall | {"reached_s": full.start + 600.0})


QUIET = BRANCH.with_(end="09:06", events=[])


def with_tables(run: aw.Run, **tables: pd.DataFrame) -> aw.Run:
    """The run with other tables than those that were recorded."""
    changed = aw.Run(run._parts, run.manifest)
    columns = {name: getattr(run, name).columns for name in tables}
    own = {name: table.reindex(columns=columns[name]) for name, table in tables.items()}
    changed._frames = run._frames | own
    return changed


def waits_of(*waits_s: float) -> aw.Run:
    """A run of one group whose actions, all begun in the first five minutes, waited so long."""
    actions = pd.DataFrame({
        "group": "clerks", "mailbox": "clerks/1", "kind": "send", "served_by": "server",
        "state": "connected", "outcome": "done", "wait_s": waits_s,
        "start_s": BRANCH.start + np.linspace(1.0, 290.0, len(waits_s)),
    })  # fmt: skip
    return with_tables(aw.simulate(QUIET, seed=7), operations=actions)


@pytest.mark.parametrize(
    ("quick", "slow", "value_s"),
    [
        (11, 1, 0.1),  # one in twelve is more than five in a hundred
        (25, 2, 0.1),
        (95, 5, 0.1),
        (94, 6, 9.0),
        (0, 6, 9.0),
        (0, 5, None),
        (191, 10, 0.1),
        (190, 11, 9.0),
    ],
)
def test_a_percentile_rests_on_enough_actions(quick: int, slow: int, value_s: float | None) -> None:
    """Five slow actions or fewer turn no light red; how a few are judged is said."""
    found = RunFindings.of(waits_of(*[0.1] * quick, *[9.0] * slow), QUIET)
    waits = found.loads[found.loads["what"] == WAIT]["value"]
    assert [*waits.round(3)] == ([] if value_s is None else [value_s])
    assert [row["what"] for row in beyond(found)] == [WAIT] * (value_s == 9.0)
    said = [*few_actions_said(found)]
    assert len(said) == (quick + slow < 100)
    assert not said or said[0].endswith("make no light red: clerks in 1 of 1 windows.")


@pytest.mark.parametrize(("slow", "red"), [(20, True), (4, False)])
def test_a_group_of_few_actions_is_judged_over_the_whole_run(slow: int, red: bool) -> None:
    """Ten actions in each of six windows of five minutes; of 60 in all 20, or 4, take 9 s, never
    six of a window: a third is more than one in twenty beyond chance, a fifteenth is not.
    """
    day = BRANCH.with_(end="09:30", events=[])
    starts_s = day.start + np.arange(0.0, 1800.0, 30.0)
    number = np.arange(60)
    actions = pd.DataFrame({
        "group": "clerks", "mailbox": "clerks/1", "kind": "send", "served_by": "server",
        "state": "connected", "outcome": "done", "start_s": starts_s,
        "wait_s": np.where(number % 3 < (slow == 20), 9.0, np.where(number < slow % 20, 9.0, 0.1)),
    })  # fmt: skip
    assert (actions["wait_s"] > 2.0).sum() == slow
    run = with_tables(aw.simulate(day, seed=7), operations=actions.assign(place="branch", rpcs=0))
    found = RunFindings.of(run, day)
    rows = [row for row in beyond(found) if row["what"] == WAIT]
    assert len(rows) == red
    if red:
        (said,) = (each for each in beyond_said(found) if each.startswith("The wait of clerks"))
        assert said.startswith(
            "The wait of clerks (2 people): from 09:00 to 09:30, 95 % of the actions take up to 9 s"
        )
        assert "20 actions took longer, all to send a message" in said
        told = next(few_actions_said(found))
        assert "Of the 60 actions of clerks in the whole run 20 took longer" in told
        assert "(at least 23.3 %, with 95 % confidence)" in told  # binomial, k = 20, n = 60


def test_one_undone_action_of_a_few_turns_no_light_red() -> None:
    for failed, red in ((1, False), (2, True)):
        few = waits_of(*[0.1] * 12)
        outcomes = ["failed"] * failed + ["done"] * (12 - failed)
        few = with_tables(few, operations=few.operations.assign(outcome=outcomes))
        assert bool(len(beyond(RunFindings.of(few, QUIET)))) is red


def copies_from(begin_s: float, slow_from_s: float) -> RunFindings:
    """Findings of a run whose actions are slow from a time on, and its copies fetched from one."""
    long = BRANCH.with_(end="09:30", events=[])
    run = aw.simulate(long, seed=7)
    starts_s = long.start + np.arange(0.0, 1800.0, 2.0)
    actions = pd.DataFrame({
        "group": "clerks", "mailbox": "clerks/1", "kind": "send", "served_by": "server",
        "state": "connected", "outcome": "done", "start_s": starts_s,
        "wait_s": np.where(starts_s >= long.start + slow_from_s, 9.0, 0.1),
    })  # fmt: skip
    copies = pd.DataFrame({
        "group": "clerks", "mailbox": ["clerks/1"], "kind": "first", "place": "branch",
        "start_s": long.start + begin_s, "end_s": long.start + 1800.0, "bytes": 1e6,
        "direction": "down", "trigger": "roll_out", "outcome": "done",
    })  # fmt: skip
    return RunFindings.of(with_tables(run, operations=actions, syncs=copies), long)


@pytest.mark.parametrize("begin_s", [0.0, 310.0, 900.0])
def test_copies_that_begin_after_a_light_are_no_reason(begin_s: float) -> None:
    """The wait is red from 09:05 on; the copies explain it if they had begun by 09:10."""
    found = copies_from(begin_s, slow_from_s=300.0)
    (red,) = (row for row in beyond(found) if row["what"] == WAIT)
    assert red["reached_s"] == found.scenario.start + 300.0
    assert ("first copy is fetched" in why(found, red)) is (begin_s < 600.0)


def test_a_line_that_fills_after_a_light_is_no_reason() -> None:
    """A line that is full from 09:15 on is none for a wait that is red from 09:05 on."""
    found = copies_from(1790.0, slow_from_s=300.0)
    (red,) = (row for row in beyond(found) if row["what"] == WAIT)
    for since_s, told in ((900.0, False), (300.0, True)):
        loads = found.loads
        own = (loads["thing"] == "branch down") & (loads["what"] == "line")
        full = own & (loads["time_s"] >= found.scenario.start + since_s)
        table = loads.assign(value=loads["value"].where(~full, 100.0))
        text = why(replace(found, loads=table), red)
        assert ("he line down of branch at 100 % (limit 80 %) then" in text) is told


def test_of_a_light_on_and_off_the_longest_part_is_explained() -> None:
    """Slow for five minutes, well for five, then slow for a quarter of an hour with the copies."""
    found = copies_from(600.0, slow_from_s=600.0)
    actions = found.run.operations
    early = actions["start_s"] < found.scenario.start + 290.0
    slow = actions.assign(wait_s=actions["wait_s"].where(~early, 9.0))
    run = with_tables(found.run, operations=slow)
    again = RunFindings.of(run, found.scenario)
    (red,) = (row for row in beyond(again) if row["what"] == WAIT)
    assert (red["reached_s"], red["spells"]) == (found.scenario.start, 2)
    assert "From 09:10 to 09:30, the longest part: 1 first copy" in why(again, red)


def test_an_instant_beside_an_event_has_only_what_is_on_its_side(folder: Path) -> None:
    outages, cut_s = aw.Run.load(folder), OUTAGES.start + 300.0
    before, after = (moment(outages, OUTAGES, cut_s + shift_s) for shift_s in (-20.0, 0.0))
    assert (before.begin_s, before.end_s) == (cut_s - 170.0, cut_s)
    assert (after.begin_s, after.end_s) == (cut_s, cut_s + 120.0)
    assert before.people.set_index("group").loc["clerks", "failed"] == 0
    assert f"{clock(before.begin_s)} to {clock(cut_s)}" in moment_said(before)


def test_who_never_opens_outlook_is_not_in_a_mean_per_open_hour() -> None:
    shut = BRANCH.with_(end="09:25", events=[], groups__homes__itinerary=[["12:00", "home"]])
    quiet = aw.simulate(shut, seed=7)
    waited_s = waited_per_open_hour_s(quiet)
    assert sorted({name.partition("/")[0] for name in waited_s.index}) == ["clerks"]
    assert f"People waited {quantity(float(waited_s.mean()), 's')} per hour" in " ".join(
        verdict(RunFindings.of(quiet, shut))
    )


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


@pytest.mark.parametrize("end", ["15:00", "32:30"])
def test_copies_are_forecast_in_the_hours_in_which_outlook_is_open(end: str) -> None:
    """Cut on Monday or Tuesday, the forecast of Tuesday is within half an hour of the run's."""
    week = BRANCH.with_(
        start="13:00",
        end="37:00",
        events=[{"at": "13:05", "do": "roll_out", "group": "clerks"}],
        groups__clerks__mailboxes=6,
        groups__clerks__mailbox_mb=100,
        groups__clerks__itinerary=[["08:00", "branch"], ["17:00", "off"]],
        groups__clerks__days=["mon", "tue"],
    )
    whole = first_copies(aw.simulate(week, seed=7), week).set_index("group").loc["clerks"]
    assert (whole["complete"], whole["pauses"]) == (6, False)
    cut = week.with_(end=end)
    part = first_copies(aw.simulate(cut, seed=7), cut).set_index("group").loc["clerks"]
    assert part["complete"] < 6
    assert part["forecast_s"] == pytest.approx(whole["last_s"], abs=1800.0)


def test_the_page_has_verdict_picture_and_tables(run: aw.Run) -> None:
    found = RunFindings.of(run, BRANCH)
    said = verdict(found)
    assert len(said) <= 3
    assert said[0].startswith("First to give way was the line down of branch, from 09:05 to 09:10")
    assert "roll out of clerks at 09:02" in said[0]
    assert "All 2 first copies were complete" in said[1]
    lost = not_done(run)
    crashed = lost[lost["why"] == "server_crash"]
    ends = run.connections["end_reason"].astype(str)
    assert crashed["count"].sum() == ends.eq("server_crash").sum() > 0
    html = page(found, "branch")
    assert html.count('class="beyond"') == len(found.lights[found.lights["light"] == "beyond"])
    few = "make no light red: clerks in "
    for part in ("data:image/png", "server crash", "nothing was lost in", few):
        assert part in html
    assert html.index("the line down of branch") < html.index("<img") < html.index("<table")


def test_an_audit_with_findings_is_said_before_all_else(
    run: aw.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = RunFindings.of(run, BRANCH)
    assert "The audit of this run" not in page(found, "two-copies")
    broken = Audit(checks=3)
    broken.expect(np.zeros(2, np.bool_), "states", "states", "leaves a gap or overlaps")
    monkeypatch.setattr(aw.Run, "audit", lambda _: broken)
    text = page(found, "two-copies")
    first = text.index('<p class="verdict')
    assert text[first:].startswith('<p class="verdict wrong">The audit of this run has 1 finding (')
    assert ".wrong { color: #c00000;" in text
    assert "leaves a gap or overlaps (rows 0, 1)" in text[text.index("<h2>Provenance</h2>") :]


def test_findings_of_the_audit_are_printed_and_are_an_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is written all the same; each finding has one line."""
    broken = Audit(checks=3)
    for table in ("states", "syncs"):
        broken.expect(np.zeros(2, np.bool_), table, table, "leaves a gap or overlaps")
    monkeypatch.setattr(aw.Run, "audit", lambda _: broken)
    words = ("run", "office-day", "--set", "end=08:01", "--report", "--out", str(tmp_path / "one"))
    told = [command(*words), command("report", str(tmp_path / "one"))]
    for each in told:
        assert each.returncode == 3
        lines = each.stdout.splitlines()
        first = lines.index("audit: 2 findings")
        assert lines[first + 1 : first + 3] == [
            f"  {table}: leaves a gap or overlaps (rows 0, 1)" for table in ("states", "syncs")
        ]
        assert lines[-1].startswith("Report: ")
        assert "Traceback" not in each.stderr
    assert (tmp_path / "one" / "report.html").is_file()
    two = command(
        "run", "office-day", "--set", "end=08:01", "--replications", "2", "--report", "--out",
        str(tmp_path / "two"),
    )  # fmt: skip
    assert two.returncode == 3
    for number in (0, 1):
        assert f"- replication {number}: Nothing was beyond its limit" in two.stdout
    assert "replication 1: audit: 2 findings" in two.stdout
    monkeypatch.undo()
    assert command("report", str(tmp_path / "one")).returncode == 0


def test_a_quiet_run_says_that_nothing_was_beyond() -> None:
    quiet = BRANCH.with_(end="09:02", events=[])
    said = verdict(RunFindings.of(aw.simulate(quiet, seed=7), quiet))
    assert said[0].startswith("Nothing was beyond its limit")
    assert isinstance(first_copies(aw.simulate(quiet, seed=7), quiet), pd.DataFrame)


BUSY = ACTIVITIES["heavy"].model_dump() | {"folder_views": 1500.0}
"""Some thirty actions in five minutes of two people."""
OUTAGES = BRANCH.with_(
    end="09:30",
    groups__clerks__activity=BUSY,
    events=[
        {"at": "09:05", "do": "cut", "place": "branch", "for_s": 120},
        {"at": "09:20", "do": "crash", "server": "fe1", "for_s": 300},
    ],
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("runs") / "outages"
    aw.simulate(OUTAGES, seed=7, folder=target)
    return target


def test_who_lost_the_mailbox_and_was_back_when_is_counted_in_the_traces(folder: Path) -> None:
    outages = aw.Run.load(folder)
    cut, crash = recoveries(outages, OUTAGES).to_dict("records")
    made = outages.connections
    mail = made[(made["service"] == "mail") & (made["group"] == "clerks")]
    back_s = mail[mail["start_s"] > cut["end_s"]].groupby("mailbox", observed=True)["start_s"].min()
    assert (cut["target"], cut["connected"], cut["lost"], cut["back"]) == ("branch", 2, 2, 2)
    assert cut["last_s"] == pytest.approx(back_s.max() - cut["end_s"])
    assert (crash["lost"], crash["back"]) == (2, 2)  # those at home
    said = [*recoveries_said(recoveries(outages, OUTAGES), OUTAGES)]
    assert said[0].startswith("After the cut of branch (09:05 to 09:07) 2 of 2 are back, the last ")


def test_who_is_moved_to_another_store_is_told_to_be_back() -> None:
    move = {"at": "09:02", "do": "move_mailbox", "group": "homes", "spread_s": 60}
    moved = BRANCH.with_(end="09:05", events=[move])
    table = recoveries(aw.simulate(moved, seed=7), moved)
    row = table.iloc[0]
    assert (row["target"], row["lost"], row["back"]) == ("homes", 2, 2)
    assert 0.0 < row["without_s"] < 60.0
    said = next(recoveries_said(table, moved))
    assert said.startswith("After the move mailbox of homes (09:02 to 09:03) 2 of 2 are back")


def test_what_failed_names_the_event_that_was_going_on(folder: Path) -> None:
    table = not_done(aw.Run.load(folder), OUTAGES)
    of = table.set_index(["why", "event"])["count"]
    assert ("link_cut", 0) in of.index
    assert {event for why, event in of.index if why == "server_crash"} == {1}
    refused = table[table["why"] == "resolve"]  # no name at home: the front end is tried next
    assert refused["went_on"].sum() == refused["count"].sum() > 0


def test_each_red_light_is_explained_and_in_the_verdict(folder: Path) -> None:
    found = RunFindings.of(aw.Run.load(folder), OUTAGES)
    red = found.lights[found.lights["light"] == "beyond"]
    said = [*beyond_said(found)]
    assert len(said) == len(red) > 0
    assert verdict(found)[0].startswith("Nothing was full")
    assert "undone actions of clerks" in verdict(found)[0]
    assert any("ut of branch at 09:05" in sentence for sentence in said)


def agree(found: RunFindings) -> None:
    """The verdict's first sentence, the list below it and the table name the same limits."""
    red = found.lights[found.lights["light"] == "beyond"]
    first, said, rows = verdict(found)[0], [*beyond_said(found)], beyond(found)
    assert sum(len(row["things"]) for row in rows) == len(red)
    assert len(said) == len(rows)
    assert first.startswith("Nothing was beyond its limit") == red.empty
    of_service = bool(len(red)) and red["what"].isin(SYMPTOMS).all()
    assert first.startswith("Nothing was full") == of_service
    assert "No server" not in first
    more = len(rows) - 1
    assert more < 1 or f"; {more} more limit" in first
    for row in rows[:5]:
        name = named({"what": row["what"], "thing": row["thing"]})
        assert name in first or name.rpartition(" of ")[0] in first


def test_verdict_list_and_table_never_contradict_each_other(run: aw.Run, folder: Path) -> None:
    agree(RunFindings.of(run, BRANCH))
    found = RunFindings.of(aw.Run.load(folder), OUTAGES)
    agree(found)
    own = {"wait": "clerks", NOT_DONE: "clerks", "line": "branch down"}
    quiet = {
        "unit": "%", "limit": 10.0, "busiest": 1.0, "time_s": OUTAGES.start, "share": 0.1,
        "light": "fine", "beyond_s": 0.0, "spells": 0,
    }  # fmt: skip
    red = {
        "light": "beyond", "busiest": 20.0, "share": 2.0, "reached_s": OUTAGES.start,
        "until_s": OUTAGES.start + 300.0, "beyond_s": 300.0, "spells": 1,
    }  # fmt: skip
    every = [quiet | {"what": what, "thing": own.get(what, "fe1")} for what in EXPLAINED]
    for chosen in [*EXPLAINED, "wait"]:  # each limit passed alone, then with the wait
        table = [row | red if row["what"] in (chosen, "wait") else row for row in every]
        agree(replace(found, lights=pd.DataFrame(table)))


def test_a_wish_that_no_path_serves_is_counted_once(folder: Path) -> None:
    """At home the store's name is unknown, and a front end that is full refuses: two attempts."""
    full = BRANCH.with_(
        end="09:04", events=[], servers__fe1__request_limit=4, groups__homes__mailboxes=4
    )
    crowd = aw.simulate(full, seed=7)
    tries = crowd.attempts.astype({"mailbox": str, "service": str, "outcome": str})
    rounds: dict[tuple[str, int, str], list[str]] = {}
    for row in tries.itertuples():
        rounds.setdefault((row.mailbox, row.round, row.service), []).append(row.outcome)
    vain = [ends for ends in rounds.values() if "connected" not in ends and ends[-1] == "failed"]
    table = unserved(crowd, full)
    assert table["count"].sum() == len(vain) > 0
    assert sum(map(len, vain)) > len(vain)
    assert table["share"].sum() == pytest.approx(len(vain) / len(rounds))
    said = " ".join(verdict(RunFindings.of(crowd, full)))
    assert f"{len(vain):,} of {len(rounds):,} times that Outlook wanted a connection" in said
    people = {mailbox for (mailbox, _, _), ends in rounds.items() if ends in vain}
    assert f"no path gave one ({len(people)} mailbox" in said
    assert "over HTTPS the front end refused the channels" in said
    assert "over TCP the name was not resolved" in said


def test_a_cut_is_told_as_the_time_in_which_people_could_do_nothing(folder: Path) -> None:
    outages = aw.Run.load(folder)
    cut = recoveries(outages, OUTAGES).to_dict("records")[0]
    actions = outages.operations
    lost = actions["outcome"].isin(UNDONE)
    own = actions[(actions["group"] == "clerks") & lost]
    mail = outages.connections[outages.connections["service"] == "mail"]
    later = mail[(mail["group"] == "clerks") & (mail["start_s"] > cut["end_s"])]
    back_s = later.groupby(later["mailbox"].astype(str))["start_s"].min()
    until_s = own["mailbox"].astype(str).map(back_s)
    within = own[(own["start_s"] >= cut["at_s"]) & (own["start_s"] < until_s)]
    assert cut["undone"] == len(within) > 0
    assert 60.0 < cut["without_s"] < 180.0
    table = undone(outages, OUTAGES)
    window = table[(table["thing"] == "clerks") & (table["time_s"] == cut["at_s"])].iloc[0]
    begun = actions[
        (actions["group"] == "clerks")
        & actions["start_s"].between(cut["at_s"], cut["at_s"] + 300.0, inclusive="left")
    ]
    assert window["value"] == pytest.approx(100.0 * lost[begun.index].mean())
    said = " ".join(verdict(RunFindings.of(outages, OUTAGES)))
    assert "came to nothing" in said
    assert "of clerks at branch" in said


def test_the_picture_draws_no_wait_where_nothing_is_done(folder: Path) -> None:
    """A group that is cut off has a gap in its wait, a band, and a panel of what it can't do."""
    outages = aw.Run.load(folder)
    readings = pd.concat([loads(outages, OUTAGES), undone(outages, OUTAGES)], ignore_index=True)
    own = readings[(readings["thing"] == "clerks") & (readings["what"] == NOT_DONE)]
    readings.loc[own.index, "value"] = [100.0, *[0.0] * (len(own) - 1)]
    axes = overview(outages, readings, []).axes
    assert len(axes) == 4
    waits = next(line for line in axes[2].lines if line.get_label() == "clerks")
    assert np.isnan(np.asarray(waits.get_ydata())[0])
    waited = readings[(readings["thing"] == "clerks") & (readings["what"] == WAIT)].index[0]
    assert readings.loc[waited, "value"] == 0.0  # what fails at once is not told as a wait
    assert "clerks: nearly nothing is done" in {text.get_text().strip() for text in axes[2].texts}
    readings.loc[waited, "value"] = 3.0
    said = "clerks: nearly nothing is done; waits up to 3 s"
    again = overview(outages, readings, []).axes
    assert said in {text.get_text().strip() for text in again[2].texts}


def test_a_run_in_which_nobody_does_anything_has_a_page() -> None:
    open_at_night = small(
        start="22:00",
        end="22:10",
        beginning="settled",
        groups__people__itinerary=[["08:00", "here"]],
    )
    found = RunFindings.of(aw.simulate(open_at_night, seed=1), open_at_night)
    assert found.run.operations.empty
    assert found.loads["value"].dtype == float
    text = page(found, "night")
    assert "Nobody did anything with mail in this time." in text
    assert "The books balance" in text


def test_parts_of_a_whole_add_up_to_a_hundred() -> None:
    assert sum(percent_parts({"a": 64.6, "b": 23.7, "c": 11.7}).values()) == 100
    assert percent_parts({}) == {}


def test_a_saved_run_is_asked_for_its_page_and_an_instant(folder: Path) -> None:
    told = command("report", str(folder), "--at", "mon 09:06")
    assert told.returncode == 0, told.stderr
    people = next(line for line in told.stdout.splitlines() if line.split()[:1] == ["clerks"])
    assert people.split()[1:4] == ["2", "0", "2"]  # mailboxes, connected, without
    assert max(map(len, told.stdout.partition("At 09:06")[2].splitlines())) <= 80
    html = (folder / "report.html").read_text(encoding="utf-8")
    for part in ("At 09:06</h2>", "Cut of branch at 09:05", "crash of fe1 (09:20 to 09:25)"):
        assert part in html
    late = command("report", str(folder), "--at", "tue 09:00")
    assert late.returncode == 2
    assert "is not in the run" in late.stderr
    assert "try --at 09:00" in late.stderr
    assert command("report", str(folder), "--at", "noon").returncode == 2
    with pytest.raises(aw.ScenarioError, match="is no time"):
        instants_s(["tuexyz 09:06"], small())


def test_how_far_a_run_is_stands_in_a_line_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A run tells its site and time from the beginning on, and the line says what share that is."""
    seen: list[tuple[str, float]] = []
    short = BRANCH.with_(end="09:02", events=[])
    aw.simulate(short, seed=7, watch=lambda site, time_s: seen.append((site, time_s)))
    site, time_s = seen[0]
    assert short.start <= time_s <= short.end
    progress = RunProgress(short, "branch", 2, every_s=0.0)
    progress.finished(1)
    progress.watch(site, short.start + 60.0)
    progress.finished(2)
    progress.close()
    *_, last_run, end = capsys.readouterr().err.splitlines()
    assert last_run.startswith("branch, run 2 of 2, 09:01 of 09:00 to 09:02: 75 % after ")
    assert end.startswith("branch: simulated after ")
