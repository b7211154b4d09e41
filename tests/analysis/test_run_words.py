"""The page of a run in its words: what overlaps, what one server less would do, several days."""

from __future__ import annotations

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import anywhere_sim as aw
from anywhere_sim.analysis.limits import NOT_DONE, REFUSED, WAIT, loads
from anywhere_sim.analysis.live_mail import without_mail, without_mail_per_hour_s
from anywhere_sim.analysis.moment import moment
from anywhere_sim.analysis.recovery import recoveries, touched_by, without_one
from anywhere_sim.analysis.roll_out import BOOK_OF_ENTRY, first_copies, roll_out_steps, whole_books
from anywhere_sim.cli.pages import print_verdict
from anywhere_sim.cli.progress import RunProgress, _pace
from anywhere_sim.figures.overview import _of_groups, run_overview
from anywhere_sim.figures.sheet import show_time_of_day
from anywhere_sim.report.copies_words import books_said, copies_said
from anywhere_sim.report.findings import RunFindings, clock
from anywhere_sim.report.moments import moment_said, moment_text
from anywhere_sim.report.reasons import events_told, why
from anywhere_sim.report.run_page import _rest_said, page
from anywhere_sim.report.side_by_side import SideBySide, side_by_side_said
from anywhere_sim.report.verdict import (
    beyond,
    recoveries_said,
    verdict,
    without_one_said,
)
from tests.analysis.test_run_page import BRANCH, BUSY, QUIET, waits_of, with_tables

FULL = BRANCH.with_(
    end="09:04", events=[], servers__fe1__request_limit=4, groups__homes__mailboxes=4
)
CUT = BRANCH.with_(
    end="09:15", groups__clerks__activity=BUSY,
    events=[{"at": "09:02", "do": "cut", "place": "branch", "for_s": 600}],
)  # fmt: skip


@pytest.mark.parametrize(
    ("lights", "says"),
    [
        ([], "These are all limits."),
        (["near"], "1 more limit is used less; it stands in the appendix, not red."),
        (["beyond"], "1 more limit is used less; it stands in the appendix, red."),
        (["near", "beyond"], "2 more limits are used less; they stand in the appendix, 1 of them "
         "red."),
    ],
)  # fmt: skip
def test_the_limits_that_the_first_sheet_leaves_out_are_counted(
    lights: list[str], says: str
) -> None:
    assert _rest_said(pd.DataFrame({"light": lights})) == says


@pytest.fixture(scope="module")
def full() -> aw.Run:
    return aw.simulate(FULL, seed=7)


def test_limits_that_each_of_two_runs_passes_alone_are_both_said(full: aw.Run) -> None:
    wide = aw.simulate(FULL.with_(servers__fe1__request_limit=100), seed=7)
    both = SideBySide.of(wide, full, "wide")
    other = SideBySide.of(full, wide, "full")
    told = side_by_side_said(replace(both, gone=other.gone))[0]
    assert "it depends. This run passes limits that wide keeps: the open requests of fe1" in told
    assert "and it keeps limits that wide passes: the open requests of fe1" in told


def test_refusals_have_their_time(full: aw.Run) -> None:
    table = loads(full, FULL)
    assert set(table.loc[table["what"] == REFUSED, "unit"]) == {"per 100 users in 5 min"}
    short = loads(full, FULL, window_s=120.0)
    assert set(short.loc[short["what"] == REFUSED, "unit"]) == {"per 100 users in 2 min"}
    told = side_by_side_said(
        SideBySide.of(
            aw.simulate(FULL.with_(servers__fe1__request_limit=100), seed=7), full, "wide"
        )
    )
    assert "per 100 users in 5 min, limit 1)" in told[0]


def test_an_instant_within_a_cut_names_it_and_has_no_wait_of_what_failed() -> None:
    """All actions of the branch fail at once: a median wait of 0 s would look like a good one."""
    run = aw.simulate(CUT, seed=7)
    found = moment(run, CUT, CUT.start + 360.0)
    clerks = found.people.set_index("group").loc["clerks"]
    assert clerks["failed"] == clerks["actions"] > 0
    assert np.isnan(clerks["p50_s"])
    assert moment_said(found).startswith("At 09:06, during the cut of branch (09:02 to 09:12), 2 ")
    assert not moment(run, CUT, CUT.start + 720.0).events
    assert max(map(len, moment_text(found).splitlines())) <= 80


def test_an_instant_beside_an_event_says_that_lights_are_of_five_minutes() -> None:
    run = aw.simulate(CUT, seed=7)
    note = "lights are those of whole five minutes"
    near, far = (moment(run, CUT, CUT.start + shift_s) for shift_s in (100.0, 400.0))
    assert note in " ".join(moment_text(near).split())
    assert note not in " ".join(moment_text(far).split())


def test_counts_that_overlap_are_said_to() -> None:
    slow = waits_of(*[9.0] * 10, *[0.1])
    actions = slow.operations.assign(
        kind=["send"] * 7 + ["read"] * 4, served_by=["server"] * 4 + ["copy"] * 7
    )
    found = RunFindings.of(with_tables(slow, operations=actions), QUIET)
    (red,) = (row for row in beyond(found) if row["what"] == WAIT)
    assert (
        "7 of them to send a message, 6 of them from the copy on the person's disk "
        "(partly the same)" in why(found, red)
    )


def test_what_one_front_end_less_would_need_is_counted_in_the_readings() -> None:
    pool = ["fe1", "fe2"]
    content = BRANCH.written() | {"events": [], "end": "09:04"}
    content["servers"] = dict(content["servers"], fe2={"role": "front_end", "request_limit": 12})
    content["servers"]["fe1"] = {"role": "front_end", "request_limit": 14}
    content["groups"] = {
        name: dict(group, front_end=pool, mailboxes=5) for name, group in content["groups"].items()
    }
    two = aw.Scenario.build(content)
    run = aw.simulate(two, seed=7)
    sessions = run.servers[run.servers["server"].isin(pool)].groupby("time_s")["http_sessions"]
    most = sessions.sum().max()
    assert most > 0
    (row,) = without_one(run, two).to_dict("records")
    assert (row["pool"], row["open"], row["limit"]) == (("fe1", "fe2"), most, 12.0)
    (said,) = without_one_said(RunFindings.of(run, two))
    assert said.startswith(
        "Without one of fe1 and fe2 from the beginning on, the other would need "
        f"{100 * most / 12:.0f} % of its open requests ({most:,} of 12, 09:0"
    )
    crash = [{"at": "09:02", "do": "crash", "server": "fe1", "for_s": 60}]
    assert without_one(run, two.with_(events=crash)).empty  # the run shows it
    wide = two.with_(servers__fe1__request_limit=4000, servers__fe2__request_limit=4000)
    assert not [*without_one_said(RunFindings.of(aw.simulate(wide, seed=7), wide))]
    assert without_one(aw.simulate(BRANCH.with_(end="09:01", events=[]), seed=7), BRANCH).empty


def test_few_without_any_connection_and_many_in_want_of_one_are_told_apart() -> None:
    """The same few mailboxes are told without the remark."""
    found = RunFindings.of(aw.simulate(FULL, seed=7), FULL)
    text = " ".join(verdict(found))
    assert "clients were without a connection at once" in text
    assert "most of them with another connection" not in text
    vain = found.unserved.copy()
    vain.attrs["mailboxes"] = 40
    told = " ".join(verdict(replace(found, unserved=vain)))
    assert "(40 mailboxes, most of them with another connection; " in told


def test_an_axis_of_several_days_names_them() -> None:
    figure = Figure(figsize=(10.5, 2.0))
    axis = figure.subplots()
    for low_h, high_h, first, apart in ((20.0, 57.5, "00:00\nTue", 6), (8.0, 11.0, "08:00", 0.5)):
        axis.set_xlim(3600.0 * low_h, 3600.0 * high_h)
        show_time_of_day(axis)
        ticks = [
            tick
            for tick in axis.xaxis.get_majorticklocs()
            if 3600.0 * low_h <= tick <= 3600.0 * high_h
        ]
        labels = [axis.xaxis.get_major_formatter()(tick, 0) for tick in ticks]
        assert labels[0] == first
        assert np.diff(ticks) == pytest.approx(3600.0 * apart)
    assert mpl.get_backend()


def test_a_group_has_the_same_colour_whichever_waits_longest() -> None:
    rows = pd.DataFrame({
        "thing": ["a", "b", "a", "b"], "what": [WAIT, WAIT, NOT_DONE, NOT_DONE], "limit": 2.0,
        "value": [1.0, 9.0, 0.0, 0.0],
    })  # fmt: skip
    other = rows.assign(value=[9.0, 1.0, 0.0, 0.0])
    assert _of_groups(rows) == _of_groups(other)


def test_a_night_is_less_of_a_run_than_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    days = BRANCH.with_(
        start="08:00", end="56:00", events=[],
        **{f"groups__{name}__days": ["mon", "tue"] for name in BRANCH.groups},
        groups__clerks__itinerary=[["08:00", "branch"], ["18:00", "off"]],
        groups__homes__itinerary=[["08:00", "home"], ["18:00", "off"]],
    )  # fmt: skip
    hours_s, done = _pace(days)
    at = dict(zip(hours_s, done, strict=True))
    night = at[28 * 3600.0] - at[20 * 3600.0]
    day = at[18 * 3600.0] - at[10 * 3600.0]
    assert (at[8 * 3600.0], at[56 * 3600.0]) == (0.0, pytest.approx(1.0))
    assert 0.05 < night < 0.5 * day
    assert done == sorted(done)
    progress = RunProgress(days, "days", 1, every_s=0.0)
    progress.watch(days.sites()[0].name, 33 * 3600.0)
    assert ", Tue 09:00 of 08:00 to Wed 08:00: " in capsys.readouterr().err


def test_a_dead_connection_is_none_before_its_client_notices() -> None:
    """The clerk's connection dies with fe1 at 09:05 and is missed at 09:09; the next is of 09:10.
    That of the other leads to fe2 and lives.
    """
    pool = ["fe1", "fe2"]
    crash = {"at": "09:05", "do": "crash", "server": "fe1", "for_s": 120}
    content = BRANCH.written() | {"events": [crash], "end": "09:15"}
    content["servers"] = dict(content["servers"], fe2={"role": "front_end"})
    content["groups"] = {
        name: dict(group, front_end=pool) for name, group in content["groups"].items()
    }
    two = aw.Scenario.build(content)
    begin_s = two.start
    mail = {"service": "mail", "group": "clerks", "place": "branch"}
    made = pd.DataFrame([
        mail | {"mailbox": "clerks/0", "server": "fe1", "start_s": begin_s,
                "end_s": begin_s + 540.0, "end_reason": "server_crash"},
        mail | {"mailbox": "clerks/0", "server": "fe2", "start_s": begin_s + 600.0,
                "end_s": begin_s + 900.0, "end_reason": "unfinished"},
        mail | {"mailbox": "clerks/1", "server": "fe2", "start_s": begin_s,
                "end_s": begin_s + 900.0, "end_reason": "unfinished"},
    ])  # fmt: skip
    states = pd.DataFrame({
        "mailbox": ["clerks/0", "clerks/1"], "group": "clerks", "place": "branch",
        "state": "connected", "start_s": begin_s, "end_s": begin_s + 900.0,
    })  # fmt: skip
    run = aw.simulate(two, seed=7)
    made_up = with_tables(run, connections=made, states=states)
    rows = without_mail(made_up, two)
    spans = [*zip(rows["start_s"] - begin_s, rows["end_s"] - begin_s, rows["noticed"], strict=True)]
    assert spans == [(300.0, 540.0, False), (540.0, 600.0, True)]
    assert without_mail_per_hour_s(made_up, two) == pytest.approx(3600.0 * 300.0 / 1800.0)
    at = moment(made_up, two, begin_s + 400.0)
    clerks = at.people.set_index("group").loc["clerks"]
    assert (clerks["connected"], clerks["without"], clerks["unnoticed"]) == (1, 1, 1)
    assert "1 without a connection that they want (1 of them has not noticed yet)" in (
        moment_said(at)
    )
    both = SideBySide.of(with_tables(made_up, connections=made.iloc[2:]), made_up, "other")
    assert both.table.loc["without a connection", "second"] == pytest.approx(600.0)
    panel = run_overview(made_up).axes[1]
    assert "dead, not noticed" in [text.get_text() for text in panel.get_legend().get_texts()]


def test_who_has_a_new_connection_is_back_whatever_dead_one_is_still_held() -> None:
    """The store is down from 09:05 to 09:07. Of the two connections of a clerk one is missed at
    once, the other at 09:14, long after the new one of 09:08; the other clerk never misses hers.
    """
    crash = {"at": "09:05", "do": "crash", "server": "mbx1", "for_s": 120}
    down = BRANCH.with_(events=[crash], end="09:15", groups__clerks__mailboxes=2)
    begin_s = down.start
    spans = [
        ("clerks/0", "mbx1", 0.0, 310.0, "server_crash"),
        ("clerks/0", "mbx1", 0.0, 840.0, "server_crash"),
        ("clerks/0", "mbx1", 480.0, 900.0, "unfinished"),
        ("clerks/1", "mbx1", 0.0, 900.0, "unfinished"),
        ("clerks/1", "mbx1", 600.0, 900.0, "unfinished"),
    ]
    names = ("mailbox", "server", "start_s", "end_s", "end_reason")
    made = pd.DataFrame(spans, columns=[*names]).assign(
        service="mail", group="clerks", place="branch"
    )
    made[["start_s", "end_s"]] += begin_s
    run = aw.simulate(down, seed=7)
    row = recoveries(with_tables(run, connections=made), down).iloc[0]
    assert (row["lost"], row["back"], row["closed"]) == (2, 2, 0)
    assert (row["median_s"], row["last_s"]) == (120.0, 180.0)
    assert row["without_s"] == (180.0 + 300.0) / 2.0


def test_a_roll_out_to_closed_outlooks_is_told_and_only_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Clerks have Outlook open from 09:00 on: nothing is copied in a night that ends before."""
    plan = {"to": "cached", "per_day": 1, "between": ["02:00", "03:00"], "days": ["mon", "tue"]}
    night = BRANCH.with_(
        start="01:00", end="04:00", events=[], groups__clerks__roll_out=plan,
        groups__clerks__itinerary=[["09:00", "branch"]],
    )  # fmt: skip
    run = aw.simulate(night, seed=7)
    found = RunFindings.of(run, night)
    none = (
        "None of 2 first copies was begun before the end of the run: Outlook was closed for 1 of "
        "the 1 of step 1 of clerks from 02:00 to 03:00; their copies begin when it is opened."
    )
    assert verdict(found)[0] == none
    assert "can't be told: none begun" in page(found, "night")
    print_verdict(found)
    printed = " ".join(capsys.readouterr().out.split())
    assert printed.count("None of 2 first copies") == 1
    assert "step 1, from 02:00: 1 to come (Outlook of 1 is closed in that time), none begun." in (
        printed
    )


@pytest.mark.parametrize(("lengths_s", "median"), [([60, 120], "2 min"), ([60], "")])
def test_how_long_half_of_the_copies_take_is_told(lengths_s: list[int], median: str) -> None:
    """Two or one of three are done; the others go on for half an hour and count as that long."""
    day = BRANCH.with_(end="09:30", events=[], groups__clerks__mailboxes=3)
    ends_s = [*lengths_s, *[1800] * (3 - len(lengths_s))]
    copies = pd.DataFrame({
        "group": "clerks", "mailbox": ["clerks/1", "clerks/2", "clerks/3"], "kind": "first",
        "place": "branch", "start_s": day.start, "end_s": day.start + np.array(ends_s, float),
        "bytes": 1e6, "folder": "inbox", "direction": "down", "trigger": "roll_out",
        "outcome": ["done" if each < 1800 else "unfinished" for each in ends_s],
    })  # fmt: skip
    run = with_tables(aw.simulate(day, seed=7), syncs=copies)
    (said,) = copies_said(first_copies(run, day), roll_out_steps(run, day))
    assert ("half of those begun within 2 min of their begin" in said) is (median == "2 min")
    assert ("half of those" in said) is bool(median)


@pytest.mark.parametrize(
    ("last", "days", "until"),
    [
        (["18:00", "off"], [], "14:15"),
        (["12:00", "off"], [], "Tue 10:15"),
        (["12:00", "asleep"], ["mon", "fri"], "Fri 10:15"),
    ],
)
def test_a_copy_goes_on_while_outlook_is_open(last: list[str], days: list[str], until: str) -> None:
    """1 MB of 10.5 came in half an hour, until 09:30: the rest takes four hours and 45 minutes."""
    content = BRANCH.written() | {"end": "09:30", "events": []}
    clerks = content["groups"]["clerks"] | {
        "mailboxes": 1, "mailbox_mb": 10, "itinerary": [["08:00", "branch"], last], "days": days,
    }  # fmt: skip
    content["groups"] = content["groups"] | {"clerks": clerks}
    day = aw.Scenario.build(content)
    copy = pd.DataFrame({
        "group": "clerks", "mailbox": ["clerks/1"], "kind": "first", "place": "branch",
        "start_s": day.start, "end_s": day.end, "bytes": 1e6, "folder": "inbox",
        "direction": "down", "trigger": "roll_out", "outcome": "unfinished",
    })  # fmt: skip
    run = with_tables(aw.simulate(day, seed=7), syncs=copy)
    table = first_copies(run, day)
    (said,) = copies_said(table, roll_out_steps(run, day))
    assert said.endswith(f"the last of the 1 will be at {until}.")
    assert ("in the hours in which Outlook is open" in said) is (until != "14:15")


def test_whole_address_books_are_counted_and_the_last_is_forecast() -> None:
    """3 MB for each of two over 256 kbit/s take some four minutes; cut short, half as long."""
    event = {"at": "09:02", "do": "whole_book", "group": "clerks"}
    books = BRANCH.with_(
        end="09:20", events=[event], groups__clerks__mode="cached", directory_entries=3_000
    )
    run = aw.simulate(books, seed=7)
    (whole,) = whole_books(run, books).to_dict("records")
    assert (whole["begun"], whole["complete"]) == (2, 2)
    moved = run.syncs.loc[run.syncs["kind"].astype(str) == "address_book", "bytes"]
    assert moved.mean() == pytest.approx(3_000 * BOOK_OF_ENTRY, rel=0.03)
    assert [*books_said(whole_books(run, books))] == [
        f"All 2 whole address books of clerks were complete by {clock(whole['last_s'])[:5]}."
    ]
    short = books.with_(end="09:04")
    found = RunFindings.of(aw.simulate(short, seed=7), short)
    (part,) = whole_books(found.run, short).to_dict("records")
    assert (part["begun"], part["complete"], part["pauses"]) == (2, 0, False)
    assert part["last_s"] == pytest.approx(whole["last_s"], abs=30.0)
    assert "Of 2 whole address books of clerks 0 were complete" in " ".join(verdict(found))


def test_who_never_had_a_connection_is_told_before_all() -> None:
    """At home without a way to the front ends: no name is resolved, no port is open."""
    shut = BRANCH.with_(end="09:15", events=[], places__home__web="none")
    said = verdict(RunFindings.of(aw.simulate(shut, seed=7), shut))
    assert said[0] == (
        "All 2 of homes never had a connection to their mailbox, in 30 min with Outlook open."
    )
    assert len(said) == 3
    late = shut.with_(end="09:04")  # too short to tell
    assert "never had" not in verdict(RunFindings.of(aw.simulate(late, seed=7), late))[0]


@pytest.mark.parametrize("mode", ["cached", "online"])
def test_mail_that_stood_still_is_told_of_who_keeps_a_copy(mode: str) -> None:
    """The branch is cut from 09:05 to 09:07; two messages wait for it, and one in the Outbox."""
    cut = {"at": "09:05", "do": "cut", "place": "branch", "for_s": 120}
    down = BRANCH.with_(events=[cut], end="09:15", groups__clerks__mode=mode)
    begin_s = down.start
    made = pd.DataFrame({
        "mailbox": ["clerks/1", "clerks/1"], "start_s": [0.0, 440.0], "end_s": [310.0, 900.0],
        "end_reason": ["link_cut", "unfinished"],
    }).assign(server="mbx1", service="mail", group="clerks", place="branch")  # fmt: skip
    spans = [  # delivered, reached: the first is there before the cut, the last comes after it
        ("clerks/2", "clerks/1", 190.0, 195.0, 200.0, 230.0),
        ("clerks/2", "clerks/1", 325.0, 326.0, 330.0, 450.0),
        ("outside", "clerks/1", 390.0, 395.0, 400.0, 470.0),
        ("clerks/1", "clerks/2", 350.0, 445.0, 446.0, 447.0),
        ("clerks/1", "outside", 350.0, 445.0, np.nan, np.nan),
        ("clerks/2", "clerks/1", 490.0, 495.0, 500.0, 560.0),
    ]
    steps = ["written_s", "sent_s", "delivered_s", "reached_s"]
    mail = pd.DataFrame(spans, columns=["sender", "recipient", *steps])
    mail = mail.assign(message=[1, 2, 3, 4, 4, 5])
    made[["start_s", "end_s"]] += begin_s
    mail[steps] += begin_s
    states = pd.DataFrame({
        "mailbox": ["clerks/1", "clerks/2"], "group": "clerks", "place": "branch", "mode": mode,
        "state": "connected", "start_s": begin_s, "end_s": begin_s + 900.0,
    })  # fmt: skip
    run = with_tables(aw.simulate(down, seed=7), connections=made, messages=mail, states=states)
    (said,) = recoveries_said(recoveries(run, down), down)
    told = (
        "; to 1 inbox with a copy no mail came (2 messages, up to 2 min late, the last there at "
        "09:07:50); 1 message waited in the Outbox, until 09:07:25."
    )
    assert said.endswith(told) is (mode == "cached")
    assert ("Outbox" in said) is (mode == "cached")
    late = mail.assign(reached_s=mail["reached_s"].where(mail["message"] != 3))
    late["sent_s"] = late["sent_s"].where(late["message"] != 4)
    still = with_tables(run, messages=late)
    (said,) = recoveries_said(recoveries(still, down), down)
    told = (
        "; to 1 inbox with a copy no mail came (2 messages, some not there at the end of the run); "
        "1 message waited in the Outbox, some at the end of the run still."
    )
    assert said.endswith(told) is (mode == "cached")


@pytest.mark.parametrize(
    ("served_by", "kind", "server", "told"),
    [
        ("copy", "view_folder", "gc1", False),
        ("server", "send", "gc1", False),
        ("server", "look_up", "gc1", True),
        ("copy", "view_folder", "mbx1", False),
        ("server", "send", "mbx1", True),
    ],
)
def test_an_event_is_no_reason_for_actions_that_cannot_meet_it(
    served_by: str, kind: str, server: str, told: bool
) -> None:
    """A copy serves without any server, and a directory server only tells names."""
    content = BRANCH.written() | {"end": "09:10"}
    content["servers"] = content["servers"] | {"gc1": {"role": "directory"}}
    content["events"] = [{"at": "09:01", "do": "crash", "server": server, "for_s": 240}]
    down = aw.Scenario.build(content)
    run = aw.simulate(down, seed=7)
    actions = pd.DataFrame({
        "group": "clerks", "mailbox": "clerks/1", "kind": kind, "served_by": served_by, "rpcs": 1,
        "state": "trying", "outcome": "done", "start_s": down.start + np.arange(0.0, 300.0, 10.0),
        "wait_s": 9.0, "place": "branch", "bytes": 0,
    })  # fmt: skip
    found = RunFindings.of(with_tables(run, operations=actions), down)
    (red,) = (row for row in beyond(found) if row["what"] == WAIT)
    assert bool(events_told(found, red)) is told


def test_who_sleeps_is_told_at_an_instant() -> None:
    nap = BRANCH.with_(
        end="09:10", events=[], groups__homes__itinerary=[["08:00", "home"], ["09:02", "asleep"]],
        groups__homes__itinerary_spread_s=0,
    )  # fmt: skip
    run = aw.simulate(nap, seed=7)
    assert "2 have Outlook closed (2 of them asleep)" in moment_said(moment(run, nap, nap.end - 60))
    assert "asleep" not in moment_said(moment(run, nap, nap.start + 30))


def test_a_cut_that_outlasts_the_run_is_told_as_one() -> None:
    """ "0 of 2 are back" was said of a cut that had an hour to go."""
    cut = [{"at": "09:02", "do": "cut", "place": "branch", "for_s": 3600}]
    down = BRANCH.with_(events=cut, end="09:10")
    (said,) = recoveries_said(recoveries(aw.simulate(down, seed=7), down), down)
    assert said.startswith(
        "The cut of branch (09:02 to 10:02) lasts beyond the end of the run: 2 lost their mailbox, "
        "none of them had it back by then"
    )
    assert "at the end of the run;" not in said


def test_an_event_is_no_reason_for_those_who_never_meet_it() -> None:
    """Clerks go directly; only the people at home come by way of the front end that is down."""
    crash = [{"at": "09:00", "do": "crash", "server": "fe1", "for_s": 240}]
    down = BRANCH.with_(end="09:05", events=crash)
    run = aw.simulate(down, seed=7)
    assert set(run.attempts.loc[run.attempts["group"] == "clerks", "path"].astype(str)) <= {"tcp"}
    met = {group: touched_by(down.events[0], group, run, down) for group in down.groups}
    assert met == {"clerks": False, "homes": True}
    found = RunFindings.of(run, down)
    row = {"what": WAIT, "limit": 2.0, "reached_s": down.start, "until_s": down.end}
    for group, told in met.items():
        text = " ".join(events_told(found, row | {"thing": group, "things": [group]}))
        assert ("crash of fe1" in text) is told
