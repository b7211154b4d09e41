"""The page of a run names what people met, and what changes beside another run."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import anywhere_sim as aw
from anywhere_sim.analysis.limits import LINE, REQUESTS, WAIT
from anywhere_sim.analysis.overview import lights
from anywhere_sim.cli import progress
from anywhere_sim.report import run_page
from anywhere_sim.report.findings import RunFindings
from anywhere_sim.report.reasons import reasons, why
from anywhere_sim.report.red_times import days_said
from anywhere_sim.report.side_by_side import SideBySide, side_by_side_said
from anywhere_sim.report.verdict import beyond, verdict
from tests.analysis.test_run_page import BRANCH, copies_from, with_tables

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


def test_a_line_is_a_reason_for_its_own_users_before_anything_else() -> None:
    """Clerks fetch their mail over a line that is full from 09:05 on; those at home have another,
    and neither group's wait is explained by who opens Outlook.
    """
    found = copies_from(1790.0, slow_from_s=300.0)
    begin_s = found.scenario.start
    home = found.run.operations.assign(group="homes", mailbox="homes/1")
    both = pd.concat([found.run.operations, home], ignore_index=True)
    again = RunFindings.of(with_tables(found.run, operations=both), found.scenario)
    own = (again.loads["thing"] == "branch down") & (again.loads["what"] == LINE)
    for since_s, when in ((300.0, "then"), (900.0, "from 09:15 on")):
        full = own & (again.loads["time_s"] >= begin_s + since_s)
        table = again.loads.assign(value=again.loads["value"].where(~full, 90.0))
        busy = replace(again, loads=table)
        waits = {row["thing"]: row for row in beyond(busy) if row["what"] == WAIT}
        told = reasons(busy, waits["clerks"])[0]
        assert told == f"the line down of branch at 90 % (limit 80 %) {when}"
        assert "branch" not in why(busy, waits["homes"])


def test_a_slow_shared_line_that_is_full_for_a_while_is_told_as_slow() -> None:
    """All wait 9 s at 256 kbit/s, from 09:05 on, also for 1 kB; one in fifteen moves 100 kB. The
    line is full for five minutes of the 25: then that is no reason for the others, and people come
    first in the verdict. With 10 Mbit/s nothing is told of a slow line.
    """
    found = copies_from(1790.0, slow_from_s=300.0)
    slow = found.run.operations.assign(place="branch", rpcs=2, bytes=1_000)
    slow.loc[::15, "bytes"] = 100_000
    loads, begin_s = found.loads, found.scenario.start
    own = (loads["thing"] == "branch down") & (loads["what"] == LINE)
    full = own & (loads["time_s"] == begin_s + 600.0)
    table = loads.assign(value=loads["value"].where(~own, 20.0).where(~full, 90.0))
    told = {}
    for kbps in (256.0, 10_000.0):
        scenario = found.scenario.with_(places__branch__down_kbps=kbps)
        run = with_tables(found.run, operations=slow)
        busy = replace(
            found, run=run, scenario=scenario, loads=table,
            lights=lights(table, scenario.end),
        )  # fmt: skip
        (red,) = (row for row in beyond(busy) if row["what"] == WAIT)
        told[kbps] = reasons(busy, red)
        first = verdict(busy)[0]
    assert told[256.0][0].startswith("the line of branch is slow (256 kbit/s down")
    assert (
        "one action in twenty there takes 3.1 s of it or more by itself (100 kB)"
        in (told[256.0][0])
    )
    shortly = (
        "the line down of branch came near its limit of 80 % or beyond it (up to 90 %) from 09:10 "
        "to 09:15 only"
    )
    assert shortly == told[256.0][1] == told[10_000.0][0]
    assert first.startswith(
        "The line down of branch came to 90 % (limit 80 %) for 5 min, but the wait of clerks (2 "
        "people) went up to 9 s (limit 2 s) from 09:05 to 09:30: the line down of branch came near"
    )


def test_a_slow_line_of_ones_own_is_a_reason() -> None:
    """Four round trips of 900 ms are most of a wait of 5 s; with 100 ms they are not."""
    found = copies_from(1790.0, slow_from_s=0.0)
    slow = found.run.operations.assign(
        group="homes", mailbox="homes/1", place="home", rpcs=4, bytes=0, wait_s=5.0
    )
    told = {}
    for rtt_ms in (900.0, 100.0):
        scenario = found.scenario.with_(places__home__rtt_ms=rtt_ms)
        again = RunFindings.of(with_tables(found.run, operations=slow), scenario)
        (red,) = (row for row in beyond(again) if row["what"] == WAIT)
        told[rtt_ms] = "the line of home is slow" in reasons(again, red)[0]
    assert told == {900.0: True, 100.0: False}


def test_launches_at_a_line_are_those_of_its_own_users() -> None:
    run = aw.simulate(WIDE, seed=7)
    found = RunFindings.of(run, WIDE)
    launches = pd.DataFrame({
        "mailbox": ["clerks/1", "homes/1", "homes/2"], "group": ["clerks", "homes", "homes"],
        "place": ["branch", "home", "home"], "trigger": "launch", "start_s": WIDE.start + 5.0,
    })  # fmt: skip
    found = replace(found, run=with_tables(run, attempts=launches))
    row = {"what": LINE, "thing": "branch down", "things": ["branch down"], "limit": 80.0,
           "reached_s": WIDE.start, "until_s": WIDE.end}  # fmt: skip
    assert "1 of 2 people open Outlook in this time" in why(found, row)


def test_copies_are_counted_while_a_light_is_red() -> None:
    """Two copies; one is over before the line is red, of the other a third of its time is red."""
    found = copies_from(0.0, slow_from_s=0.0)
    begin_s = found.scenario.start
    copies = pd.DataFrame({
        "group": "clerks", "mailbox": ["clerks/1", "clerks/0"], "kind": "first",
        "place": "branch", "start_s": begin_s, "end_s": begin_s + np.array([900.0, 200.0]),
        "bytes": [9e6, 1e9], "direction": "down", "trigger": "roll_out", "outcome": "done",
    })  # fmt: skip
    loads = found.loads
    own = (loads["thing"] == "branch down") & (loads["what"] == LINE)
    red = own & (loads["time_s"] == begin_s + 300.0)
    table = loads.assign(value=loads["value"].where(~own, 0.0).where(~red, 90.0))
    row = {"what": LINE, "thing": "branch down", "things": ["branch down"], "limit": 80.0,
           "reached_s": begin_s + 300.0, "until_s": begin_s + 600.0}  # fmt: skip
    told = {}
    for moved in (5e6, 7e6):  # while it was red; before, far more than copies
        links = pd.DataFrame({
            "link": "branch", "place": "branch", "direction": "down", "busy_s": 15.0,
            "time_s": begin_s + np.array([300.0, 600.0]), "bytes": [100e6, moved],
        })  # fmt: skip
        run = with_tables(found.run, syncs=copies, links=links)
        told[moved] = why(replace(found, loads=table, run=run), row)
    assert "1 first copy is fetched in this time, 3 MB" in told[5e6]
    assert "first cop" not in told[7e6]


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ([8.25, 8.5], ""),
        ([8.25, 32.5, 56.25], "on Mon, Tue and Wed, each between 08:15 and 08:35 (15 min in all)"),
        ([20.5, 28.0, 44.0, 52.0], "on Mon and Tue, each between 20:00 and 04:05 (20 min in all)"),
        ([8.25, 38.0], "on 2 days (Mon 08:15 to 08:20 and Tue 14:00 to 14:05; 10 min in all)"),
        ([8.0 + 24.0 * day for day in range(5)],
         "on 5 days (Mon to Fri), each between 08:00 and 08:05 (25 min in all)"),
    ],
)  # fmt: skip
def test_what_comes_again_each_day_is_told_by_days(hours: list[float], said: str) -> None:
    """Five minutes of a long wait at each of these hours since midnight of day 1."""
    week = BRANCH.with_(end="120:00", events=[])
    run = aw.simulate(BRANCH.with_(end="09:01", events=[]), seed=7)
    waits = pd.DataFrame({
        "thing": "clerks", "what": WAIT, "unit": "s", "limit": 2.0, "value": 9.0,
        "time_s": 3600.0 * np.array(hours),
    })  # fmt: skip
    found = replace(RunFindings.of(run, BRANCH), scenario=week, loads=waits)
    assert days_said(found, {"things": ["clerks"], "what": WAIT}) == said


def test_a_wall_of_each_day_is_told_by_its_readings() -> None:
    run = aw.simulate(BRANCH.with_(end="09:01", events=[]), seed=7)
    full = pd.DataFrame({
        "thing": ["fe1", "fe2", "fe1"], "what": REQUESTS,
        "from_s": [30_000.0, 30_030.0, 116_400.0], "to_s": [30_060.0, 30_090.0, 116_430.0],
    })  # fmt: skip
    found = replace(RunFindings.of(run, BRANCH), full=full)
    assert days_said(found, {"things": ["fe1", "fe2"], "what": REQUESTS}) == (
        "on Mon and Tue, each between 08:20 and 08:21:30 (2 min in all)"
    )


def test_filling_says_nothing_of_the_pace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """83 s of filling, then 1 s for a tenth of the run: some 10 s are left, not twelve minutes."""
    now_s = [0.0]
    monkeypatch.setattr(progress, "monotonic", lambda: now_s[0])
    day = BRANCH.with_(start="09:00", end="09:10", events=[])
    told = progress.RunProgress(day, "day", 1, every_s=0.0)
    site = day.sites()[0].name
    for after_s, time_s in ((40.0, day.start), (83.0, day.start + 1e-3), (84.0, day.start + 60.0)):
        now_s[0] = after_s
        told.watch(site, time_s)
    lines = capsys.readouterr().err.splitlines()
    assert "left" not in lines[0]
    assert "10 % after 84 s, some 10 s left" in lines[-1]


def test_what_one_front_end_less_needs_stands_in_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Below the table of limits it fell off the first printed page."""
    monkeypatch.setattr(run_page, "without_one_said", lambda _: ["Without one of them."])
    html = run_page.page(RunFindings.of(aw.simulate(WIDE, seed=7), WIDE), "wide")
    assert html.count("Without one of them.") == 1
    assert html.index("Without one of them.") < html.index("<img") < html.index("<table")


def test_nothing_was_full_is_not_said_of_full_lines_of_ones_own() -> None:
    found = copies_from(1790.0, slow_from_s=0.0)
    quiet = found.lights[found.lights["what"] != LINE]
    links = found.run.links
    at_home = links["place"].astype(str) == "home"
    for busy_s, words in ((300.0, "No server or shared line was full"), (0.0, "Nothing was full")):
        full = links.assign(busy_s=links["busy_s"].where(~at_home, busy_s))
        run = with_tables(found.run, links=full)
        assert verdict(replace(found, run=run, lights=quiet))[0].startswith(words)


@pytest.mark.parametrize("every_s", [120, 0])
def test_requests_of_connections_that_are_over_are_told_where_they_fill_a_front_end(
    every_s: int,
) -> None:
    """Links at home are cut each two minutes; the front end keeps what it hears nothing of.

    The two at the branch use TCP, so that their Outlook that opens is no reason.
    """
    home = {"kind": "modem_3g"} | ({"cut_every_s": every_s, "cut_for_s": 30} if every_s else {})
    full = BRANCH.with_(
        end="09:20", events=[], servers__fe1__request_limit=24 if every_s else 8,
        groups__homes__mailboxes=4, places__home=home,
    )  # fmt: skip
    found = RunFindings.of(aw.simulate(full, seed=7), full)
    row = next(row for row in beyond(found) if row["what"] == REQUESTS)
    parts = reasons(found, row)
    left = re.fullmatch(
        r"(\d+) % of the requests are of connections that are over for the client, most of them by "
        r"cut links: a front end that hears nothing keeps them until its time-out",
        parts[0],
    )
    assert (left is not None and int(left[1]) > 50) is bool(every_s)
    assert not any("of 6 people open Outlook" in part for part in parts)
