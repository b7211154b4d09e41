"""The answer's rows, each counted again by hand on small tables or on a small run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

import anywhere_sim as aw
from anywhere_sim.analysis.measures import MEANINGS, UNITS, measures
from anywhere_sim.analysis.statistics.censored import censored_quantile
from tests.statements.pairs import run, small

HOUR_S = 3600.0


def made(**tables: dict[str, list[Any]]) -> aw.Run:
    """Return something with the tables of a run: an hour of one server, one link and the people given."""
    servers = {
        "server": ["mbx", "fe"] * 2, "role": ["mailbox", "front_end"] * 2, "time_s": [1800.0, 1800.0, 3600.0, 3600.0], "cores": [2.0, 1.0] * 2,
        "cpu_busy_s": [100.0, 10.0, 720.0, 36.0], "rpc_operations": [10, 0, 7200, 0], "disk_reads": [0.0, 0.0, 3600.0, 0.0],
        "disk_writes": [0.0, 0.0, 1800.0, 0.0], "connections": [5, 0, 3, 0], "http_sessions": [0, 8, 0, 4],
    }  # fmt: skip
    links = {"direction": ["up", "down", "up"], "bytes": [1e6, 5e6, 2e6]}
    given = {"servers": servers, "links": links, **tables}
    return cast("aw.Run", SimpleNamespace(**{name: pd.DataFrame(table) for name, table in given.items()}))


STATES = {
    "mailbox": ["a", "a", "a", "b", "b", "b", "c", "c"], "state": ["off", "trying", "connected", "off", "trying", "disconnected", "off", "offline"],
    "start_s": [0.0, 600.0, 620.0, 0.0, 900.0, 940.0, 0.0, 60.0], "end_s": [600.0, 620.0, 3600.0, 900.0, 940.0, 3600.0, 60.0, 3600.0],
}  # fmt: skip
OPERATIONS = {"mailbox": ["a", "a", "b"], "wait_s": [2.0, 4.0, 6.0], "outcome": ["done", "failed", "done"]}
MESSAGES = {
    "recipient": ["a", "a", "a", "outside"], "delivered_s": [100.0, 700.0, 3000.0, np.nan], "reached_s": [620.0, 730.0, np.nan, np.nan],
}  # fmt: skip


def test_each_row_is_what_it_says() -> None:
    found = measures(made(states=STATES, operations=OPERATIONS, messages=MESSAGES))
    assert found["store CPU"] == pytest.approx(100.0 * 720.0 / (2 * HOUR_S))
    assert found["front-end CPU"] == pytest.approx(1.0)
    assert found[["RPC rate", "disk reads", "disk writes"]].tolist() == [2.0, 1.0, 0.5]
    assert found[["bytes up", "bytes down"]].tolist() == [3.0, 5.0]
    assert found[["connections at peak", "HTTP channels at peak"]].tolist() == [5.0, 8.0]
    assert found["waited per user-day, mean"] == pytest.approx(12.0 / 3)
    assert found["failed actions per user-day"] == pytest.approx(1.0 / 3)
    assert set(UNITS) == set(MEANINGS) == set(found.index)


def test_who_never_connects_counts_as_longer_than_the_run_and_who_chose_to_be_offline_not_at_all() -> None:
    found = measures(made(states=STATES, operations=OPERATIONS, messages=MESSAGES))
    assert found["launch to connected, p50"] == 20.0
    assert found["launch to connected, p95"] == float("inf")
    assert found["without a connection"] == pytest.approx(HOUR_S * (20.0 + 2700.0) / (3000.0 + 2700.0))


def test_mail_that_came_to_a_closed_outlook_has_no_age_and_mail_under_way_has_a_long_one() -> None:
    found = measures(made(states=STATES, operations=OPERATIONS, messages=MESSAGES))
    assert found["age of a message, p50"] == 30.0  # not 520 s: at 100 s Outlook was closed
    assert found["age of a message, p95"] == float("inf")  # the one of 3,000 s had not come at the end


def test_the_rates_of_a_run_are_those_of_its_counters() -> None:
    one = run(small(end="09:00"))
    found, stores = measures(one), one.servers[one.servers["role"].astype(str) == "mailbox"]
    assert found["RPC rate"] == pytest.approx(stores["rpc_operations_per_s"].mean())
    assert found["store CPU"] == pytest.approx(100.0 * stores["cpu_busy"].mean())


def test_without_censoring_the_quantile_is_the_order_statistic_and_with_it_the_bias_is_gone() -> None:
    times = np.random.default_rng(31).exponential(size=2_000)
    whole = np.ones(2_000, dtype=bool)
    assert censored_quantile(times, whole, 0.5) == np.sort(times)[999]
    ends = np.random.default_rng(32).uniform(0.0, 2.0, 2_000)
    kept = times <= ends
    found = [censored_quantile(np.minimum(times, ends), kept, 0.5), float(np.median(times[kept]))]
    assert found[0] == pytest.approx(np.log(2.0), rel=0.08)
    assert found[1] < 0.75 * np.log(2.0)


def test_a_quantile_beyond_the_observation_is_infinite_and_of_nothing_there_is_none() -> None:
    assert censored_quantile([1.0, 2.0, 2.0, 2.0], [True, False, False, False], 0.5) == float("inf")
    assert censored_quantile([1.0], [False], 0.5) == float("inf")
    assert np.isnan(censored_quantile([], [], 0.5))
    with pytest.raises(ValueError, match="between 0 and 1"):
        censored_quantile([1.0], [True], 95.0)
