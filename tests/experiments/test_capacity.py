"""The search for a size against queueing theory, and on a small branch."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import anywhere_sim as aw
from anywhere_sim.analysis.limits import ServiceLevel
from anywhere_sim.analysis.queueing_theory import Mmc, processor_sharing_s
from anywhere_sim.cli.capacity import _folder_name, _picture_name, _Progress, _so_far
from anywhere_sim.experiments.busy_windows import busiest_hour, busy_windows, quarter_shares
from anywhere_sim.experiments.capacity import SearchStopped
from anywhere_sim.experiments.size_runs import Step
from anywhere_sim.experiments.size_search import Found, Point, Search, Shares
from anywhere_sim.report.capacity import bracket, notes, progress, sentence, table, used
from anywhere_sim.scenario.quantities import format_time
from tests.commands import command

JOBS, SERVICE_S, PER_MAILBOX_S = 10_000, 1.0, 0.001


def _draws(replication: int) -> tuple[np.ndarray, np.ndarray]:
    """Return gaps between arrivals (mean 1) and service times (mean SERVICE_S)."""
    draws = np.random.default_rng([11, replication])
    return draws.exponential(1.0, JOBS), draws.exponential(SERVICE_S, JOBS)


def _mean_wait_s(size: int, replication: int, servers: int) -> float:
    """Return the mean wait at M/M/c, first come first served."""
    gaps, services_s = _draws(replication)
    arrivals_s = np.cumsum(gaps) / (size * PER_MAILBOX_S)
    free_s, waited_s = [0.0] * servers, 0.0
    for arrived_s, service_s in zip(arrivals_s.tolist(), services_s.tolist(), strict=True):
        begun_s = max(arrived_s, free_s[0])
        waited_s += begun_s - arrived_s
        heapq.heapreplace(free_s, begun_s + service_s)
    return waited_s / JOBS


def _mean_response_s(size: int, replication: int) -> float:
    """Return the mean response at M/M/1-PS, by the work that each job present has been given."""
    gaps, services_s = _draws(replication)
    arrivals_s = [*(np.cumsum(gaps) / (size * PER_MAILBOX_S)).tolist(), np.inf]
    given_s = total_s = 0.0
    ends: list[tuple[float, float]] = []
    for service_s, (now_s, next_s) in zip(services_s.tolist(), pairwise(arrivals_s), strict=True):
        heapq.heappush(ends, (given_s + service_s, now_s))
        while ends and now_s + (ends[0][0] - given_s) * len(ends) <= next_s:
            end, arrived_s = ends[0]
            now_s += (end - given_s) * len(ends)
            heapq.heappop(ends)
            given_s = end
            total_s += now_s - arrived_s
        if ends:
            given_s += (next_s - now_s) / len(ends)
    return total_s / JOBS


def _search(measure: Callable[[int, int], float], limit: float) -> Found:
    def evaluate(points: Sequence[Point]) -> dict[Point, Shares]:
        return {point: {"queue: wait": measure(*point) / limit} for point in points}

    search = Search(evaluate, precision=0.03)
    search.look_at(60)
    return search.run()


def test_the_size_of_a_queue_is_that_of_theory() -> None:
    """M/M/3 with a mean wait of half a service: the size by Erlang's formula lies in the interval,
    which is as narrow as was asked for.
    """
    found = _search(lambda size, number: _mean_wait_s(size, number, 3), 0.5 * SERVICE_S)
    sizes = np.arange(500, 3_000)
    waits_s = np.array([Mmc(size * PER_MAILBOX_S, SERVICE_S, 3).wait_s for size in sizes])
    expected = float(np.interp(0.5 * SERVICE_S, waits_s, sizes))
    assert found.size.low <= expected <= found.size.high
    assert found.size.half_width <= 0.03 * found.size.mean
    assert found.binding == "queue: wait"


def test_the_size_under_processor_sharing_is_that_of_theory() -> None:
    """A response of four services under processor sharing: three quarters of the capacity."""
    found = _search(_mean_response_s, 4.0 * SERVICE_S)
    expected = 0.75 / (PER_MAILBOX_S * SERVICE_S)
    assert processor_sharing_s(expected * PER_MAILBOX_S, SERVICE_S) == pytest.approx(4.0)
    assert found.size.low <= expected <= found.size.high


def test_limits_that_no_size_meets_and_that_every_size_meets_are_said() -> None:
    """What a quarter of the people exceed as much stands beside; what never binds has no size."""

    def evaluate(points: Sequence[Point]) -> dict[Point, Shares]:
        return {(size, number): {"far": 3.0, "near": size / 100.0} for size, number in points}

    search = Search(evaluate)
    search.look_at(400)
    found = search.run()
    assert found.beside == ("far",)
    assert found.binding == "near"
    assert found.size.mean == pytest.approx(100.0, rel=0.02)
    endless = Search(lambda points: {point: {"near": 1e-9} for point in points}, largest=10_000)
    endless.look_at(60)
    assert endless.run().binding == ""


@pytest.mark.parametrize("at_none", [0, 40])
def test_a_wall_is_found_in_few_steps(at_none: int) -> None:
    """Each mailbox adds the same up to the wall, beyond it the share jumps: the sizes below say
    where it is, also where some of it is used without a mailbox.
    """
    tried: list[int] = []

    def evaluate(points: Sequence[Point]) -> dict[Point, Shares]:
        tried.extend(size for size, number in points if number == 0)
        used = {size: (size + at_none) / (5_900 + at_none) for size, _ in points}
        return {point: {"wall": used[point[0]] if point[0] <= 5_900 else 99.0} for point in points}

    search = Search(evaluate)
    for size in (60, 240, 2_200):
        search.look_at(size)
    found = search.run()
    assert found.size.mean == pytest.approx(5_900, rel=0.01)
    assert len(set(tried)) <= 6


def test_times_near_their_limit_at_any_size_do_not_bind_by_chance() -> None:
    """A wait that hardly grows, now below its limit and now above, is left out; a line that is full
    at both sizes of the first look is not: it was filled by the people.
    """

    def evaluate(points: Sequence[Point]) -> dict[Point, Shares]:
        return {
            (size, number): {
                "office: wait": 1.1 if (size + number) % 2 else 0.95,
                "branch down: line": min(1.25, size / 100.0),
            }
            for size, number in points
        }

    search = Search(evaluate, may_be_beside=lambda limit: limit.endswith("wait"))
    search.look_at(301, 1_204)
    found = search.run()
    assert found.beside == ("office: wait",)
    assert found.binding == "branch down: line"
    assert found.size.mean == pytest.approx(100.0, rel=0.03)


def test_a_wait_that_fewer_exceed_and_more_keep_is_not_what_binds() -> None:
    """A front end is full at 295; what people wait passes its limit at sizes where chance has it.
    Where nothing else is beyond its limit at the larger size, the wait may still bind.
    """

    def evaluate(points: Sequence[Point]) -> dict[Point, Shares]:
        return {
            (size, number): {
                "road: wait": 1.07 if 280 < size < 295 else 0.82 if size < 400 else 1.9,
                "fe2: open requests": size / 294.5 if size < 295 else 99.0,
            }
            for size, number in points
        }

    search = Search(evaluate, may_be_beside=lambda limit: limit.endswith("wait"))
    search.look_at(75, 300)
    found = search.run()
    assert found.beside == ("road: wait",)
    assert found.binding == "fe2: open requests"
    assert found.size.mean == pytest.approx(294.5, rel=0.005)
    waits = Search(
        lambda points: {
            point: {"road: wait": {300: 0.9, 283: 1.02}.get(point[0], point[0] / 310.0)}
            for point in points
        },
        may_be_beside=lambda limit: limit.endswith("wait"),
    )
    waits.look_at(75, 283, 300)
    assert waits.run().beside == ()


def test_an_answer_lies_between_sizes_that_were_tried() -> None:
    """Readings below the wall point to 590; the front end is full at 563 already, by its lumps."""
    search = Search(
        lambda points: {
            point: {"fe2: open requests": point[0] / 590.0 if point[0] < 563 else 99.0}
            for point in points
        }
    )
    search.look_at(75, 300)
    size = search.run().size
    assert size.low <= 563 <= size.high
    assert size.mean == pytest.approx(563, rel=0.03)


MORNING = {
    "why": "ten people open Outlook at twenty to nine, over a front end with few requests",
    "start": "08:30",
    "end": "10:00",
    "servers": {
        "mbx1": {"role": "mailbox"},
        "fe1": {"role": "front_end", "request_limit": 40},
    },
    "places": {"home": {"kind": "cable"}},
    "groups": {
        "clerks": {
            "mailboxes": 2,
            "server": "mbx1",
            "itinerary": [["08:40", "home"]],
            "itinerary_spread_s": 600,
        }
    },
}


def _profile(shares: dict[str, list[float]]) -> pd.DataFrame:
    """Return shares of quarters of an hour that begin every five minutes from 08:30 on."""
    begins_s = [30_600.0 + 300.0 * number for number in range(16)]
    return pd.DataFrame(shares, index=begins_s)


def test_the_windows_are_those_in_which_limits_are_nearest() -> None:
    """Open requests peak at 08:45, the processor at 08:35: a quarter each, then the busiest hour.
    Times count for nothing, and a mean not for so little more than that of the hour.
    """
    scenario = aw.Scenario.build(MORNING)
    many = _profile(
        {
            "fe1: open requests": [0.1, 0.2, 0.3, 0.62, *[0.6] * 12],
            "mbx1: processor": [0.1, 0.4, *[0.05] * 14],
            "mbx1: disks": [0.1] * 10 + [0.105] + [0.1] * 5,
        }
    )
    windows = busy_windows(scenario, many / 4.0, many)
    assert [(window.begin_s, window.limit) for window in windows] == [
        (31_500.0, "fe1: open requests"), (30_900.0, "mbx1: processor"), (32_400.0, ""),
    ]  # fmt: skip
    assert windows[0].start_s == 30_900.0  # the first of them opens Outlook then
    assert windows[2].is_steady
    assert busy_windows(scenario, many, many) == [busiest_hour(scenario)]  # nothing grows


def test_an_hour_in_which_people_come_is_not_shortened() -> None:
    """Until 09:15 the one full hour is that in which Outlook is opened: its begin is no
    picture of it. Its quarters are looked at, three at most, or all of it if nothing grows.
    """
    morning = aw.Scenario.load("three-thousand").with_(end="09:15", events=[])
    hour = busiest_hour(morning)
    assert (hour.begin_s, hour.end_s, hour.is_steady) == (28_800.0, 32_400.0, False)
    begins_s = [28_800.0 + 300.0 * number for number in range(13)]
    many = pd.DataFrame(
        {
            "branch down: line": [0.0] * 5 + [0.2, 0.4, 0.9, 0.6] + [0.3] * 4,
            "fe1: open requests": [0.1, 0.5, *[0.2] * 11],
            "mbx1: processor": [0.1] * 5 + [0.4, *[0.2] * 7],
            "mbx1: disks": [0.1] * 11 + [0.3, 0.1],
        },
        index=begins_s,
    )
    windows = busy_windows(morning, many / 4.0, many)
    assert [(window.begin_s, window.limit) for window in windows] == [
        (30_900.0, "branch down: line"), (29_100.0, "fe1: open requests"),
        (30_300.0, "mbx1: processor"),
    ]  # fmt: skip
    assert not any(window.is_steady for window in windows)
    assert busy_windows(morning, many, many) == [hour]
    assert not busiest_hour(morning.with_(start="08:50", end="09:10")).is_steady  # of two hours
    assert busiest_hour(morning.with_(start="09:05", end="09:15")).is_steady


def test_a_peak_of_five_minutes_is_a_peak_of_each_quarter_that_holds_it() -> None:
    """Walls by their highest reading, loads by their mean, times not at all."""
    rows = [
        {"thing": "fe1", "what": what, "unit": "", "limit": 100.0, "time_s": 300.0 * number,
         "value": 90.0 if number == 2 else 30.0}
        for number in range(5)
        for what in ("open requests", "processor", "wait")
    ]  # fmt: skip
    table = quarter_shares(pd.DataFrame(rows))
    assert list(table.index) == [0.0, 300.0, 600.0]
    assert list(table["fe1: open requests"]) == [0.9, 0.9, 0.9]
    assert list(table["fe1: processor"]) == pytest.approx([0.5, 0.5, 0.5])
    assert "fe1: wait" not in table


@pytest.mark.parametrize(
    ("start", "end"), [("09:00", "09:05"), pytest.param("08:30", "10:00", marks=pytest.mark.long)]
)
def test_open_requests_bind_first_and_a_search_goes_on(
    start: str, end: str, tmp_path: Path
) -> None:
    """A front end with 40 requests is full when everybody has opened Outlook: each client holds as
    many at every size. Stopped, the search says what it knows; the same search goes on from there,
    and once more simulates nothing. The short one has no quarter of an hour to choose.
    """
    scenario = aw.Scenario.build({**MORNING, "start": start, "end": end})
    steps: list[Step] = []

    def found(stop_after: int) -> aw.Capacity:
        steps.clear()

        def watch(step: Step) -> None:
            steps.append(step)
            if len(steps) == stop_after:
                raise KeyboardInterrupt

        return aw.capacity(scenario, folder=tmp_path, precision=0.3, watch=watch)

    with pytest.raises(SearchStopped) as stopped:
        found(11 if end == "10:00" else 5)
    assert stopped.value.low >= 2.0
    assert bracket(stopped.value.low, stopped.value.high).startswith("at least ")
    with (tmp_path / "capacity.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"key": "half a li')
    first = found(0)
    assert [step.stored for step in steps].count(True) >= 5
    assert first.binding == "fe1: open requests"
    assert first.size.low <= first.size.mean <= first.size.high
    held = first.points.query("limit == @first.binding and size == 2")["share"].mean() * 40 / 2
    assert first.size.mean == pytest.approx(40 / held, rel=0.4)
    again = found(0)
    assert all(step.stored for step in steps)
    assert again.size == first.size
    assert again.windows.equals(first.windows)

    assert "the first limit is the open requests of fe1" in sentence(first)
    assert table(first).index[0] == first.binding
    said = list(notes(first))
    begin = format_time(first.hour[0], seconds=False)
    assert said[0].startswith(f"Simulated: {begin} to ")
    assert len([note for note in said if note.startswith(("Checked", "Searched", "Looked"))]) == (
        len(first.windows) - 1
    )
    assert any(window["begin_s"] == 32_400.0 for window in first.windows.to_dict("records"))
    assert used(first.binding, 1.5) == "full, refuses"
    assert progress(steps[-1]).endswith("(kept)")


def test_each_question_has_a_folder_of_its_own_and_a_stopped_one_says_what_it_knows() -> None:
    """Mode, group and what else is set are in the name; the service level uses the same runs."""
    office = aw.Scenario.load("office-day")
    names = {
        _folder_name("office-day", office, None, []),
        _folder_name("office-day", office, "cached", []),
        _folder_name("office-day", office, None, ["servers.mbx1.cores=2"]),
        _folder_name(
            "office-day", office.with_(groups__cached__mode="online"), None,
            ["groups.cached.mode=online"],
        ),
    }  # fmt: skip
    assert len(names) == 4
    stopped = SearchStopped(5_098, 6_457, 29_100.0, 30_000.0)
    assert _so_far(stopped, "").startswith("So far, from 08:05 to 08:20: at least 5,098 mailboxes")
    assert _picture_name("", ServiceLevel()) == "capacity.png"
    assert _picture_name("", ServiceLevel(cpu_percent=60.0)) == "capacity-cpu_percent=60.png"


class _Made(Executor):
    """Makes readings instead of simulating: two front ends that are full at 5,900 mailboxes until
    08:25, hold 5 % less then and 10 % less from nine on, and a store's processor that is busiest at
    half past eight.
    """

    def __init__(self, processor: float, full_at: float = 5_900.0) -> None:
        self.processor, self.full_at = processor, full_at
        self.runs: list[tuple[int, int, float, float]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        task = fn.__self__
        self.runs.append((task.size, task.replication, task.begin_s, task.window_s))
        times_s = [task.begin_s + 300.0 * number for number in range(24)]
        rows = [row for time_s in times_s[: 1 if task.is_one_window else 24]
                for row in self._rows(task.size, task.replication, time_s)]  # fmt: skip
        done: Future[Any] = Future()
        done.set_result(
            {"readings": rows, "rpcs": 50_000, "simulated_s": 1_000.0, "seconds": 1.0}
        )  # fmt: skip
        return done

    def _rows(self, size: int, replication: int, time_s: float) -> list[list[Any]]:
        part = 1.0 if time_s < 30_300.0 else 0.95 if time_s < 32_400.0 else 0.9
        rows: list[list[Any]] = []
        for name, own in (("fe1", 0.99), ("fe2", 1.0)):
            held = own * part * (size + replication) / self.full_at * 4_000.0
            rows.append([name, "open requests", "", 4_000.0, time_s, min(held, 4_000.0)])
            rows.append([name, "refused", "%", 1.0, time_s, 50.0 * (held > 4_000.0)])
        rate = self.processor if 30_600.0 <= time_s < 31_500.0 else 0.04
        wait_s = 2.7 if time_s < 30_000.0 else 1.8
        rows.append(["mbx1", "processor", "%", 75.0, time_s, 75.0 * rate * size / 1_200.0])
        rows.append(["office", "wait", "s", 2.0, time_s, wait_s])
        return rows


class _Morning(_Made):
    """The branch's line is busy from half past eight on; on the road people wait until 08:10."""

    def _rows(self, size: int, replication: int, time_s: float) -> list[list[Any]]:
        line = 80.0 * size / 1_500.0 if time_s >= 30_600.0 else 0.0
        wait_s = 2.7 if time_s < 29_400.0 else 0.1
        return [
            ["branch down", "line", "%", 80.0, time_s, min(line, 100.0)],
            ["road", "wait", "s", 2.0, time_s, wait_s],
        ]


def test_a_scenario_that_ends_early_is_sized_where_its_group_has_outlook_open() -> None:
    """All runs of a window measure as much of it, and what does not grow with the branch is not its
    limit.
    """
    made = _Morning(0.0)
    morning = aw.Scenario.load("three-thousand").with_(end="09:15", events=[])
    found = aw.capacity(morning, group="branch", executor=made)
    assert found.binding == "branch down: line"
    assert found.size.mean == pytest.approx(1_500.0, rel=0.02)
    lengths = {(begin_s, window_s) for _, _, begin_s, window_s in made.runs if window_s > 300.0}
    assert len(lengths) == len({begin_s for begin_s, _ in lengths})
    assert "hardly matters" not in sentence(found)
    flat = found.points.assign(share=found.points["share"].where(found.points["size"] > 800, 0.96))
    own = flat["limit"].eq(found.binding)
    assert (
        "first limit is the line branch down. With 300 mailboxes 96 % of that limit are used "
        "already: the size hardly matters."
    ) in sentence(replace(found, points=flat[own]))


def test_a_search_that_meets_no_limit_ends_with_a_sentence() -> None:
    """Ten times the people of the scenario, or ten thousand for a store."""
    made = _Made(1e-4, full_at=1e6)
    found = aw.capacity(
        aw.Scenario.load("three-thousand").with_(end="10:00", events=[]), executor=made
    )
    assert max(size for size, *_ in made.runs) == found.size.mean == 30_000.0
    assert found.binding == ""
    assert sentence(found).startswith(
        "More than 30,000 mailboxes fit: no limit was reached up to there, and more are not tried; "
        "the open requests of fe"
    )


@pytest.mark.parametrize(("processor", "says"), [(0.12, "Looked at"), (0.18, "Checked too")])
def test_a_window_that_few_mailboxes_show_to_hold_is_not_simulated_at_the_answer(
    processor: float, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The processor of 08:30 at 60 % of its limit at the answer: 300 and 1,200 mailboxes tell, and
    what connections hold is less than until 08:25. At 90 % one run at the answer must. The busiest
    hour has one in any case. The front end of the same pool is not the next limit. Who watches is
    told how long is left, and of nothing twice.
    """
    made = _Made(processor)
    now_s = iter(range(0, 100_000, 30))
    told = _Progress(2, lambda: float(next(now_s)))
    found = aw.capacity(
        aw.Scenario.load("three-thousand").with_(end="10:00", events=[]),
        executor=made,
        watch=told.say,
        plan=told.plan,
    )
    assert len(set(made.runs)) == len(made.runs)
    at = [begin_s for size, _, begin_s, _ in made.runs if size == found.at]
    assert at.count(28_800.0) == found.replications == 4
    assert at.count(30_600.0) == (says == "Checked too")
    assert at.count(32_400.0) == 1
    assert len(made.runs) == 2 + 7 + 6 + 1 + (says == "Checked too")
    assert found.size.mean == pytest.approx(5_900.0, rel=0.01)
    assert found.binding == "fe2: open requests"
    assert "the next the processor of mbx1 at about" in sentence(found)
    assert list(notes(found))[1].startswith(says)
    quarter = found.windows.iloc[1]
    assert quarter["fits"]
    assert (quarter["simulated"] < quarter["at"]) == (says == "Looked at")
    assert quarter["share"] == pytest.approx(0.93, abs=0.03)
    assert "office: wait" in dict(found.beside)
    rows = table(found)
    assert [*rows.index].count("fe1, fe2: open requests") == 1
    answer = sentence(found).partition("About ")[2].partition(" ")[0]
    assert [*rows.loc["fe1, fe2: open requests"]][1:] == [answer, "08:00", "wall"]
    assert [*rows.loc["office: wait"]] == ["135 %", "at any size", "08:00", "left out"]
    share = processor * found.at / 1_200.0
    reckoned = "reckoned " * (says == "Looked at")
    assert rows.loc["mbx1: processor"].iloc[0] == f"{reckoned}{100.0 * share:,.0f} %"
    assert re.search(  # in the answer itself, which heads the picture too
        r"\d \(extrapolated\)\. Without one of fe1 and fe2 from the beginning on, the other has "
        r"the open requests for about (2,900|3,000) mailboxes\.$", sentence(found),
    )  # fmt: skip
    assert not any("Without one" in note for note in notes(found))
    assert any("09:00 to 09:10 (part of the busiest hour)" in note for note in notes(found))
    next_row = found.limits[found.limits["limit"] == "mbx1: processor"]
    disks = next_row.assign(limit="mbx1: disks")
    two = replace(found, limits=pd.concat([found.limits, disks], ignore_index=True))
    assert "the next the processor of mbx1 and the disks of mbx1 at about" in sentence(two)
    later = found.limits.set_index("limit")["size"]
    assert later["mbx1: processor"] == pytest.approx(1_200.0 / processor, rel=0.01)
    assert later["fe1: open requests"] > found.size.mean  # it holds in each window
    text = " ".join(capsys.readouterr().err.split())
    assert "[1:00] Now 2 runs: the day with few mailboxes" in text
    assert "Known of that window: at least 1,200 mailboxes, but for office: wait (" in text
    assert len(re.findall(r"some \d+ (s|min) left", text)) >= 9
    assert text.count(", run ") == len(made.runs)


def test_a_group_that_is_not_there_is_told_before_all_else(tmp_path: Path) -> None:
    told = command("capacity", "three-thousand", "--group", "brnach", cwd=tmp_path)
    assert told.returncode == 2
    assert "there is no group 'brnach' to size" in " ".join(told.stderr.split())
    assert "Finished runs" not in told.stderr


class _WithoutHttps(_Made):
    """Nobody uses the front ends; the processor is busiest at half past eight, a line before."""

    def _rows(self, size: int, replication: int, time_s: float) -> list[list[Any]]:
        rows = [row for row in super()._rows(size, replication, time_s) if row[1] == "processor"]
        line = 80.0 * size / 6_000.0 if time_s < 30_300.0 else 0.0
        rows.append(["branch down", "line", "%", 80.0, time_s, line])
        return rows + [[name, "open requests", "", 4_000.0, time_s, 0.0] for name in ("fe1", "fe2")]


class _BesideOthers(_Made):
    """Others keep a fifth of the processor busy; 1,200 of the branch add a twentieth to it."""

    def _rows(self, size: int, replication: int, time_s: float) -> list[list[Any]]:
        rows = [row for row in super()._rows(size, replication, time_s) if row[1] != "processor"]
        share = 0.2 + self.processor * size / 1_200.0
        return [*rows, ["mbx1", "processor", "%", 75.0, time_s, 75.0 * share]]


def test_what_others_use_is_no_part_of_what_each_mailbox_adds() -> None:
    """In proportion 1,200 with 25 % of the processor would make 4,800; it is 19,200."""
    day = aw.Scenario.load("three-thousand").with_(end="10:00", events=[])
    found = aw.capacity(day, group="branch", executor=_BesideOthers(0.05))
    assert (found.groups, found.others) == (("branch",), 2_200)
    rows = found.limits.set_index("limit")
    assert rows.loc["mbx1: processor", "size"] == pytest.approx(19_200.0, rel=0.01)
    share = 0.2 + 0.05 * found.at / 1_200.0
    assert rows.loc["mbx1: processor", "share"] == pytest.approx(share, rel=0.01)
    said = sentence(found)
    whose = r"About 5,[89]\d\d mailboxes of branch fit .*, beside 2,200 of other groups; the first"
    assert re.match(whose, said)
    assert said.endswith("the next the processor of mbx1 at about 19,000 (extrapolated).")


def test_front_ends_that_nobody_uses_are_no_reason_to_stop() -> None:
    day = aw.Scenario.load("three-thousand").with_(end="10:00", events=[])
    found = aw.capacity(day, executor=_WithoutHttps(0.4))
    assert found.binding == "mbx1: processor"
    assert found.size.mean == pytest.approx(3_000.0, rel=0.05)
    assert len(found.windows) == 3


def test_what_is_straight_is_foreseen_and_what_bends_is_not() -> None:
    """A load at six times the size is foreseen, a time that explodes is looked at half way."""

    def looked(share: Callable[[float], float]) -> Search:
        search = Search(
            lambda points: {point: {"share": share(point[0] / 1_000.0)} for point in points}
        )
        search.look_at(50, 200)
        return search

    load, queue = looked(lambda rho: rho), looked(lambda rho: 0.3 / (1.0 - rho))
    assert load.is_straight()
    assert load.expected(800)["share"] == pytest.approx(0.8)
    assert load.expected(100) == {}  # fewer than were tried
    slow = looked(lambda rho: 0.2 + rho)
    assert slow.expected(800)["share"] == pytest.approx(0.4 * 2.0)  # like the root at least
    assert not queue.is_straight()
