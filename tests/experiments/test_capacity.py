"""The search for a size against queueing theory, and on a small branch."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import anywhere_sim as aw
from anywhere_sim.analysis.limits import ServiceLevel
from anywhere_sim.analysis.queueing_theory import Mmc, processor_sharing_s
from anywhere_sim.cli.capacity import _folder_name, _picture_name, _so_far
from anywhere_sim.experiments.busy_windows import busiest_hour, busy_windows, quarter_shares
from anywhere_sim.experiments.capacity import SearchStopped
from anywhere_sim.experiments.size_runs import Step
from anywhere_sim.experiments.size_search import Found, Point, Search, Shares
from anywhere_sim.report.capacity import bracket, notes, progress, sentence, table, used
from anywhere_sim.scenario.quantities import format_time

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
        found(5)
    assert stopped.value.low >= 2.0
    assert bracket(stopped.value.low, stopped.value.high).startswith("at least ")
    with (tmp_path / "capacity.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"key": "half a li')
    first = found(0)
    assert [step.stored for step in steps].count(True) >= 5
    assert first.binding == "fe1: open requests"
    assert first.size.low < first.size.mean < first.size.high
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
    assert len([note for note in said if note.startswith(("Checked", "Searched"))]) == (
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
