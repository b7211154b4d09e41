"""Logs of a run give its parameters back, each with an interval."""

from __future__ import annotations

import tomllib
from pathlib import Path
from statistics import NormalDist
from types import SimpleNamespace
from typing import cast

import numpy as np
import pandas as pd
import pytest

import anywhere_sim as aw
from anywhere_sim.calibration import CalibrationError
from anywhere_sim.calibration.actions import people
from anywhere_sim.calibration.arrivals import bursts, level_sigma
from anywhere_sim.calibration.bounds import allowed, possible_shares
from anywhere_sim.calibration.costs import COST, servers
from anywhere_sim.calibration.estimate import Estimate, Events, mean, share, without_outliers
from anywhere_sim.calibration.sizes import message_sizes
from anywhere_sim.formats import import_files
from anywhere_sim.scenario.activity import ACTIVITIES
from anywhere_sim.scenario.community import MAX_REPLIES, Community
from anywhere_sim.scenario.group import Group
from anywhere_sim.scenario.shipped import data_folder
from tests.calibration.round_trip import HOURS, compared, hours, round_trip, scenario, truth
from tests.commands import command

WIDE = 0.15


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, aw.Calibration]:
    """Three people online for a day, and what their logs say."""
    folder = tmp_path_factory.mktemp("day")
    return folder, round_trip(scenario(3, 1, ("online",)), folder)


def test_a_day_gives_its_parameters_back(day: tuple[Path, aw.Calibration]) -> None:
    """Most intervals hold the truth; those of one day are wide, and too little stays default."""
    table = compared(day[1], truth(("online",)))
    told = table[table["measured"]]
    assert len(told) > 10
    assert told["held"].mean() > 0.8, told[~told["held"]]


def test_the_scenario_says_of_each_key_where_it_comes_from(
    day: tuple[Path, aw.Calibration], tmp_path: Path
) -> None:
    folder, found = day
    done = command("calibrate", str(folder / "in"), "--out", str(tmp_path / "made.toml"))
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "made.toml").read_text(encoding="utf-8")
    assert "keys measured" in done.stdout
    lines = [line for line in text.splitlines() if " = " in line and line[0] != "#"]
    bare = [each for each in lines if "# measured" not in each and "# default" not in each]
    assert [each.split(" = ")[0] for each in bare] == ["why"]
    assert tomllib.loads(text)["servers"]["mbx1"]["cores"] == 2
    again = aw.Scenario.load(tmp_path / "made.toml")
    assert again.digest() == found.scenario().digest()
    again = command("calibrate", str(folder / "in"), "--out", str(tmp_path / "made.toml"))
    assert (again.returncode, again.stdout) == (2, "")
    assert "is there already" in again.stderr


def test_counters_alone_say_nothing_of_people(tmp_path: Path) -> None:
    files = [*(data_folder() / "samples/perfmon").glob("*.csv")]
    made = import_files(files, tmp_path / "in")
    with pytest.raises(CalibrationError, match="no table says who was connected"):
        aw.calibrate(made)
    done = command("calibrate", str(tmp_path / "nowhere"))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_http_proxy_and_mapi_give_people_or_say_what_is_missing(tmp_path: Path) -> None:
    for form, mode in (("http-proxy", "cached"), ("mapi", "online")):
        files = [*(data_folder() / "samples" / form).glob("*")]
        found = aw.calibrate(import_files(files, tmp_path / form)).scenario()
        assert [group.mode for group in found.groups.values()] == [mode]
    text = next((data_folder() / "samples/http-proxy").glob("*")).read_text(encoding="utf-8")
    calls = [line for line in text.splitlines(True) if "RPC_" not in line]
    (tmp_path / "calls.log").write_text("".join(calls), encoding="utf-8")
    made = import_files([tmp_path / "calls.log"], tmp_path / "calls")
    assert len(made.rpcs)
    with pytest.raises(CalibrationError, match="HttpProxy/Mapi calls but no connections"):
        aw.calibrate(made)


def test_logs_of_iis_alone_give_people_and_paths(tmp_path: Path) -> None:
    files = [*(data_folder() / "samples/iis").glob("*.log")]
    found = aw.calibrate(import_files(files, tmp_path / "in"))
    table = found.table().set_index("key")
    assert table.loc["groups.users-https.mailboxes", "measured"]
    assert not table.loc["groups.users-https.activity.new_messages", "measured"]
    assert found.scenario().groups["users-https"].mode == "cached"


def test_bursts_and_levels_come_back_from_their_own_laws() -> None:
    """Fifteen people for fifteen days, drawn here from the laws that the estimators invert."""
    draws = np.random.default_rng(3)
    people, days, messages, gap_s, sigma = 15, 15, 2.5, 200.0, 0.9
    grid = [NormalDist().inv_cdf((index + 0.5) / people) for index in range(people)]
    levels = np.exp(sigma * np.array(grid))
    levels *= people / levels.sum()
    times, whose = [], []
    for person, level in enumerate(levels):
        for day_number in range(days):
            for _ in range(draws.poisson(3.0 * level)):
                time_s = day_number * 86_400.0 + 32_400.0 + 28_800.0 * draws.random()
                for _ in range(draws.geometric(1.0 / messages)):
                    times.append(time_s)
                    whose.append(person)
                    time_s += draws.exponential(gap_s)
    events = Events(np.array(times), np.array(whose), np.full(people, float(days)))
    found = bursts([events], 1.0)
    for each, given in ((found.messages, messages), (found.gap_s, gap_s)):
        assert each.low < given < each.high
        assert each.half_width < WIDE
    spread, _ = level_sigma([events])
    assert spread.low < sigma < spread.high


def test_sizes_come_back_from_calls_that_wrote_them() -> None:
    draws = np.random.default_rng(4)
    mean, sigma = 50_000.0, 2.0
    sizes = np.exp(np.log(mean) - sigma**2 / 2.0 + sigma * draws.normal(size=4_000))
    mean_found, sigma_found, _ = message_sizes([
        ("online", np.ceil(np.minimum(sizes[:2_000], 1e7) / 32_768)),
        ("cached", np.ceil(np.minimum(sizes[2_000:], 1e7) / 98_304)),
    ])  # fmt: skip
    assert mean_found.low < mean < mean_found.high
    assert sigma_found.low < sigma < sigma_found.high


def test_the_fit_of_sizes_takes_a_first_message_beyond_the_largest_class() -> None:
    """The last class has no upper end, whichever message comes first."""
    draws = np.random.default_rng(1)
    calls = np.ceil(draws.lognormal(np.log(30_000), 1.6, 2_000) / 32_768)
    told = [message_sizes([("online", np.append(calls, 400.0)[::step])])[2] for step in (1, -1)]
    assert told[0] == told[1]


def test_a_session_of_an_unknown_protocol_is_of_nobody(tmp_path: Path) -> None:
    """A log whose protocol is empty, or another, says nothing of paths: one sentence says so."""
    (log,) = (data_folder() / "samples/rca").glob("*.LOG")
    text = log.read_text(encoding="utf-8").replace("ncacn_http", "ncalrpc")
    (tmp_path / "other.LOG").write_text(text, encoding="utf-8")
    with pytest.raises(CalibrationError, match="ncacn_http"):
        aw.calibrate(import_files([tmp_path / "other.LOG"], tmp_path / "in"))


def test_a_store_whose_processor_never_was_busy_keeps_the_usual_cost() -> None:
    """A counter that stands still measures no cost."""
    hours = np.arange(0.0, 21_600.0, 60.0)
    idle = pd.DataFrame({
        "server": "mbx1", "role": "mailbox", "time_s": hours, "cores": 2, "cpu_busy_s": 0.0,
        "rpc_operations": hours,
    })  # fmt: skip
    run = cast("aw.Run", SimpleNamespace(servers=idle))
    cost = next(each.estimate for each in servers(run, ["tcp"]) if each.estimate.key == COST)
    assert not cost.measured
    assert "cpu" in cost.basis or "processor" in cost.basis


def test_a_number_that_no_scenario_holds_is_at_its_bound_or_default() -> None:
    """Real logs may show more bursts, deletes or replies than a scenario allows."""
    burst = allowed(Estimate("burst_messages", 31.0, 25.0, 40.0, True, "gaps"), Community)
    assert (burst.value, burst.high) == (20.0, 40.0)
    assert "31" in burst.basis
    robots = allowed(Estimate("itinerary_spread_s", 0.9, 0.0, 2.0, True, "gaps"), Group)
    assert (robots.value, robots.measured) == (900.0, False)
    own = Estimate("burst_messages", 2.0, basis="gaps")
    assert allowed(own, Community) == own
    names = ("reply_share", "delete_share", "move_share")
    found = [share(name, 90, 100, "messages read", 0.1) for name in names]
    activity = ACTIVITIES["medium"].model_dump()
    activity |= {each.key: each.value for each in possible_shares(found)}
    changed = aw.Scenario.load("office-day").with_(groups__online__activity=activity)
    assert changed.groups["online"].habits.delete_share == 0.5
    (replies,) = possible_shares([share("reply_share", 120, 100, "messages read", 0.1)])
    assert replies.value < MAX_REPLIES


def test_calls_that_no_log_shows_give_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    assert not mean("search_polls", without_outliers(np.full(3, np.nan)), "searches", 3).measured
    assert not recwarn.list


@pytest.mark.long
def of_stays(folder: Path, stays: list[tuple[str, str]]) -> aw.Calibration:
    """Return what logs give of four people with the same stays, some minutes apart."""
    named = "date-time,session-id,client-name,client-mode,client-ip,server-ip,protocol,operation,"
    named += "rpc-status"
    lines = []
    for number, (begin, end) in enumerate(stays):
        for person in range(4):
            for when, what in ((begin, "Connect"), (end, "Disconnect")):
                lines += [
                    f"{when[:-1]}{person}Z,{10 * number + person},/cn=p{person},Classic,10.1.1.9,"
                    f"10.0.0.1,ncacn_ip_tcp,{what},0\r\n"
                ] * bool(when)
    text = f"#Fields: {named}\r\n" + "".join(sorted(lines))
    (folder / "stays.LOG").write_text(text, encoding="utf-8")
    return aw.calibrate(import_files([folder / "stays.LOG"], folder / "in", keep_names=True))


@pytest.mark.parametrize(
    ("stays", "itinerary", "end", "days_of_a_person"),
    [
        pytest.param(
            [(f"2026-03-0{day}T22:00:00", f"2026-03-0{day + 1}T06:00:00") for day in (2, 3, 4)],
            [["06:00", "off"], ["22:00", "office"]], "31:00", 12, id="every night",
        ),
        pytest.param(
            [("2026-03-02T23:59:40", "2026-03-03T00:30:00")],
            [["23:59", "office"], ["24:30", "off"]], "25:00", 4, id="one night",
        ),
        pytest.param(
            [("2026-03-02T08:00:00", "2026-03-06T17:00:00")], [["08:00", "office"]], "18:00", 20,
            id="a week without a break",
        ),
        pytest.param(
            [("2026-03-02T23:59:50", "")], [["23:59", "office"]], "24:00", 4,
            id="in the last minute, with no end",
        ),
        pytest.param(
            [(f"2026-03-0{day}T08:00:00", f"2026-03-0{day}T17:00:00") for day in (2, 3)],
            [["08:00", "office"], ["17:00", "off"]], "18:00", 8, id="by day",
        ),
    ],
)  # fmt: skip
def test_a_night_is_a_night(
    stays: list[tuple[str, str]], itinerary: list[list[str]], end: str, days_of_a_person: int,
    tmp_path: Path,
) -> None:  # fmt: skip
    """Who stays over midnight leaves then, not at midnight, and a week is more than its Monday."""
    found = of_stays(tmp_path, stays)
    table = found.table().set_index("key")
    (key,) = (each for each in table.index if each.endswith("itinerary"))
    assert table.loc[key, "value"] == itinerary
    assert table.loc["end", "value"] == end
    assert found.scenario().groups
    run = aw.Run.load(tmp_path / "in")
    assert sum(len(each.days) for each in people(run)) == days_of_a_person


def test_a_mean_of_two_is_hardly_known() -> None:
    """Student's interval: a normal one of two values would hold the truth in 70 of 100 cases."""
    draws = np.random.default_rng(9)
    for count in (2, 3, 8):
        held = 0
        for _ in range(2000):
            found = mean("search_polls", draws.normal(5.0, 1.0, count), "times search", 2)
            held += found.low <= 5.0 <= found.high
        assert held == pytest.approx(1900, abs=45)


def test_times_without_bursts_leave_the_bursts_at_their_defaults() -> None:
    """Where the likelihood rises to the end of what is looked for, nothing is told."""
    draws = np.random.default_rng(8)
    whose = np.repeat(np.arange(10), 60)
    day = np.tile(np.repeat(np.arange(10), 6), 10)
    alone = Events(day * 86_400.0 + draws.uniform(28_800, 64_800, 600), whose, np.full(10, 10.0))
    clock = np.tile(32_400.0 + 5_000.0 * np.arange(6), 100)
    regular = Events(day * 86_400.0 + clock, whose, np.full(10, 10.0))
    for events in (alone, regular):
        found = bursts([events], 1.0)
        for each in (found.messages, found.gap_s):
            assert not each.measured or (
                np.isfinite([each.value, each.low, each.high]).all() and each.high < 20 * each.value
            )
    assert not bursts([regular], 1.0).messages.measured


def test_a_week_gives_its_parameters_back_within_15_percent(tmp_path: Path) -> None:
    """Twenty people in each mode: of sixteen, who is early is known to 18 %."""
    found = round_trip(scenario(20, 7), tmp_path)
    table = compared(found, truth())
    print(table.to_string(float_format="{:,.4g}".format))
    assert table["measured"].all()
    assert table["held"].mean() >= 0.9, table[~table["held"]]
    assert table["half_width"].max() <= WIDE
    assert hours(found) == pytest.approx(HOURS, abs=2.5)
