"""Runs in threads of one process are the bytes of runs one after another."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

import pandas as pd
import pytest

import anywhere_sim as aw
from anywhere_sim.traces import TABLES
from tests.statements.pairs import small

REPLICATIONS, SEED = 4, 7


@pytest.fixture(autouse=True)
def _short_switch_interval() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(before)


@pytest.fixture(scope="module")
def scenario() -> aw.Scenario:
    """A link with loss, jitter and cuts draws much while the run goes on."""
    here = {"kind": "cable", "loss": 0.02, "jitter_ms": 20, "cut_every_s": 600}
    return small(places__here=here, groups__people__mailboxes=4, record_rpcs=True)


@pytest.fixture(scope="module")
def serial(scenario: aw.Scenario) -> list[aw.Run]:
    return aw.replicate(scenario, REPLICATIONS, SEED)


def _are_the_same(runs: list[aw.Run], others: list[aw.Run]) -> None:
    assert len(runs) == len(others)
    for run, other in zip(runs, others, strict=True):
        assert run.audit().ok, str(run.audit())
        assert run.manifest == other.manifest
        for name in TABLES:
            pd.testing.assert_frame_equal(
                getattr(run, name), getattr(other, name), check_exact=True
            )


def _replicated(scenario: aw.Scenario, pool: Executor) -> list[aw.Run]:
    return aw.replicate(scenario, REPLICATIONS, SEED, executor=pool)


@pytest.mark.parametrize("threads", [2, 4])
def test_threads_make_the_runs_of_one_thread(
    scenario: aw.Scenario, serial: list[aw.Run], threads: int
) -> None:
    with ThreadPoolExecutor(threads) as pool:
        _are_the_same(_replicated(scenario, pool), serial)


def test_a_dask_worker_with_two_threads_makes_the_runs_of_one_thread(
    scenario: aw.Scenario, serial: list[aw.Run]
) -> None:
    distributed = pytest.importorskip("dask.distributed", reason="Dask is an extra")
    with (
        distributed.Client(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0"
        ) as client,
        client.get_executor() as pool,
    ):
        _are_the_same(_replicated(scenario, pool), serial)


def test_sites_in_threads_are_those_of_one_thread() -> None:
    servers = {f"mbx{number}": {"role": "mailbox"} for number in (1, 2, 3)}
    group = {
        "mailboxes": 2,
        "client": "outlook2003",
        "mode": "cached",
        "activity": "very_heavy",
        "itinerary": [["08:05", "here"]],
    }
    groups = {
        f"people{number}": group | {"server": f"mbx{number}", "community": f"town{number}"}
        for number in (1, 2, 3)
    }
    scenario = small(servers=servers, groups=groups)
    with ThreadPoolExecutor(3) as pool:
        _are_the_same([aw.simulate(scenario, SEED, executor=pool)], [aw.simulate(scenario, SEED)])
