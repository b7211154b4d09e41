"""The answer's rows, each counted again by hand on small tables or on a small run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

import anywhere_sim as aw
from anywhere_sim.analysis.measures import MEANINGS, UNITS, measures, summary
from anywhere_sim.analysis.output_analysis import censored_quantile
from tests.statements.pairs import run, small

HOUR_S = 3600.0


def run_of_tables(**tables: Any) -> aw.Run:
    """Return what has the tables of a run: an hour of two servers, one link and some people."""
    servers = {
        "server": ["mbx", "fe"] * 2,
        "role": ["mailbox", "front_end"] * 2,
        "time_s": [1800.0, 1800.0, 3600.0, 3600.0],
        "cores": [2.0, 1.0] * 2,
        "cpu_busy_s": [100.0, 10.0, 720.0, 36.0],
        "rpc_packets": [10, 0, 7200, 0],
        "rpc_operations": [10, 0, 14400, 0],
        "disk_reads": [0.0, 0.0, 3600.0, 0.0],
        "disk_writes": [0.0, 0.0, 1800.0, 0.0],
        "connections": [5, 0, 3, 0],
        "http_sessions": [0, 8, 0, 4],
    }
    links = {
        "link": ["a", "a", "a"],
        "direction": ["up", "down", "up"],
        "time_s": [15.0, 315.0, 600.0],
        "bytes": [1e6, 5e6, 2e6],
        "busy_s": [6.0, 9.0, 30.0],
    }
    frames = {"servers": servers, "links": links, "connections": CONNECTIONS, **tables}
    run = SimpleNamespace(
        manifest={}, **{name: pd.DataFrame(table) for name, table in frames.items()}
    )
    return cast("aw.Run", run)


STATES = pd.DataFrame(
    [
        ("a", "off", 0.0, 600.0),
        ("a", "trying", 600.0, 620.0),
        ("a", "connected", 620.0, 3600.0),
        ("b", "off", 0.0, 900.0),
        ("b", "trying", 900.0, 940.0),
        ("b", "disconnected", 940.0, 3600.0),
        ("c", "off", 0.0, 60.0),
        ("c", "offline", 60.0, 3600.0),
    ],
    columns=["mailbox", "state", "start_s", "end_s"],
)
OPERATIONS = pd.DataFrame(
    [("a", 2.0, "done"), ("a", 4.0, "failed"), ("b", 6.0, "done")],
    columns=["mailbox", "wait_s", "outcome"],
)
MESSAGES = pd.DataFrame(
    [
        ("a", 100.0, 620.0),
        ("a", 700.0, 730.0),
        ("a", 3000.0, np.nan),
        ("outside", np.nan, np.nan),
    ],
    columns=["recipient", "delivered_s", "reached_s"],
)
STATES["group"] = "sales"
CONNECTIONS = pd.DataFrame(
    [
        ("a", "mail", 620.0, 3600.0),
        ("b", "directory", 910.0, 3600.0),
    ],
    columns=["mailbox", "service", "start_s", "end_s"],
).assign(group="sales", place="office", server="mbx", end_reason="unfinished")
HOUR = run_of_tables(states=STATES, operations=OPERATIONS, messages=MESSAGES)


def test_each_row_is_what_it_says() -> None:
    values = measures(HOUR)
    assert values["store CPU"] == pytest.approx(100.0 * 720.0 / (2 * HOUR_S))
    assert values["front-end CPU"] == pytest.approx(1.0)
    assert values[["RPC calls", "disk reads", "disk writes"]].tolist() == [2.0, 1.0, 0.5]
    assert values[["bytes up", "bytes down"]].tolist() == [3.0, 5.0]
    assert values[["connections at peak", "HTTP channels at peak"]].tolist() == [5.0, 8.0]
    busiest = values[["store CPU, busiest 5 min", "front-end CPU, busiest 5 min"]].tolist()
    assert busiest == pytest.approx([100.0 * 620.0 / (2 * 1800.0), 100.0 * 26.0 / 1800.0])
    assert values["RPC calls, busiest 5 min"] == pytest.approx(7190.0 / 1800.0)
    assert values["fullest link, busiest 5 min"] == pytest.approx(
        10.0
    )  # 30 s of 300, up; not with the 9 s down
    waits = values[["wait per action, p50", "wait per action, p95"]].tolist()
    assert waits == pytest.approx([4.0, 5.8])
    open_hours = (3000.0 + 2700.0 + 3540.0) / HOUR_S
    assert values["waited per open hour, mean"] == pytest.approx(12.0 / open_hours)
    assert values["failed actions per open hour"] == pytest.approx(1.0 / open_hours)
    assert set(UNITS) == set(MEANINGS) == set(values.index)


def test_who_never_connects_is_censored_and_who_works_offline_by_choice_is_left_out() -> None:
    values = measures(HOUR)
    assert values["launch to connected, p50"] == 20.0
    assert values["launch to connected, p95"] == float("inf")
    assert values["without a connection"] == pytest.approx(
        HOUR_S * (20.0 + 2700.0) / (3000.0 + 2700.0)
    )


def test_mail_that_came_to_a_closed_outlook_has_no_age_and_mail_under_way_has_a_long_one() -> None:
    values = measures(HOUR)
    assert values["age of a message, p50"] == 30.0  # not 520 s: at 100 s Outlook was closed
    assert values["age of a message, p95"] == float(
        "inf"
    )  # the one of 3,000 s had not come at the end


def test_the_rates_of_a_run_are_those_of_its_counters() -> None:
    one = run(small(end="09:00"))
    values, stores = measures(one), one.servers[one.servers["role"].astype(str) == "mailbox"]
    assert values["RPC calls"] == pytest.approx(stores["rpc_packets_per_s"].mean())
    assert values["store CPU"] == pytest.approx(100.0 * stores["cpu_busy"].mean())


def test_without_censoring_the_quantile_is_the_order_statistic_and_with_it_the_bias_is_gone() -> (
    None
):
    times = np.random.default_rng(31).exponential(size=2_000)
    whole = np.ones(2_000, dtype=bool)
    assert censored_quantile(times, whole, 0.5) == np.sort(times)[999]
    ends = np.random.default_rng(32).uniform(0.0, 2.0, 2_000)
    kept = times <= ends
    values = [censored_quantile(np.minimum(times, ends), kept, 0.5), float(np.median(times[kept]))]
    assert values[0] == pytest.approx(np.log(2.0), rel=0.08)
    assert values[1] < 0.75 * np.log(2.0)


def test_a_quantile_beyond_the_observation_is_infinite_and_of_nothing_there_is_none() -> None:
    assert censored_quantile([1.0, 2.0, 2.0, 2.0], [True, False, False, False], 0.5) == float("inf")
    assert censored_quantile([1.0], [False], 0.5) == float("inf")
    assert np.isnan(censored_quantile([], [], 0.5))
    with pytest.raises(ValueError, match="between 0 and 1"):
        censored_quantile([1.0], [True], 95.0)


def test_waits_per_open_hour_are_the_same_however_long_the_run() -> None:
    """Twice the hours with twice the waiting are the same."""
    twice = run_of_tables(
        states=STATES.assign(start_s=2 * STATES["start_s"], end_s=2 * STATES["end_s"]),
        operations=pd.concat([OPERATIONS, OPERATIONS]),
        messages=MESSAGES,
    )
    names = ["waited per open hour, mean", "failed actions per open hour"]
    assert measures(twice)[names].tolist() == pytest.approx(measures(HOUR)[names].tolist())


def test_the_summary_and_the_measures_have_one_age_of_a_message() -> None:
    """Those that never arrived count: most of them, and the median lies beyond the end."""
    lost = MESSAGES.assign(reached_s=[620.0, np.nan, np.nan, np.nan])
    late = run_of_tables(
        states=STATES, operations=OPERATIONS.assign(group="sales"), messages=lost,
        attempts=pd.DataFrame(),
    )  # fmt: skip
    row = "sales: age of a message on reaching the client, median"
    late.servers["rpc_packets_per_s"] = late.servers["rpc_operations_per_s"] = 0.0
    late.servers["disk_reads_per_s"] = late.servers["disk_writes_per_s"] = 0.0
    late.servers["cpu_busy"] = 0.0
    late.servers["queued_requests"] = late.servers["rejected"] = 0
    assert summary(late).loc[row, "value"] == measures(late)["age of a message, p50"] == np.inf
