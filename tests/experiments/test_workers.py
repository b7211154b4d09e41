"""Workers that don't see the results' folder, scenarios that can't be divided, progress that nobody
looks at.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from dask.distributed import LocalCluster

from anywhere_sim.cli.arguments import LOCAL, LOOPBACK, _cluster, _probe
from anywhere_sim.traces import RunError


class Cluster:
    """Two workers; the second sees nothing of this machine's disk."""

    def run(self, question: Callable[[], bool]) -> dict[str, bool]:
        return {"tcp://near:1": question(), "tcp://far:2": False}


def test_a_worker_that_does_not_see_the_folder_is_named_and_no_mark_is_left(tmp_path: Path) -> None:
    with pytest.raises(
        RunError, match=r"is not visible to tcp://far:2; choose a folder that all workers share"
    ):
        _probe(Cluster(), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_cluster_of_our_own_listens_on_this_machine_only() -> None:
    """Scheduler, worker, nanny and dashboard, in this process and its children."""
    with _cluster(LOCAL, 1):
        here = psutil.Process()
        ours = {here.pid, *(child.pid for child in here.children(recursive=True))}
        listening = [
            each.laddr.ip
            for each in psutil.net_connections("tcp")
            if each.pid in ours and each.status == psutil.CONN_LISTEN
        ]
    assert len(listening) >= 3
    assert set(listening) == {LOOPBACK}


def test_a_scheduler_without_workers_is_named_after_a_while() -> None:
    with LocalCluster(n_workers=0, processes=False, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        with (
            pytest.raises(RunError, match=r"has had no workers for 0\.5 s; start some with"),
            _cluster(address, 1, patience_s=0.5),
        ):
            pytest.fail("it has begun")


@pytest.mark.parametrize("address", ["tls://127.0.0.1:1", "ucx://1", "nowhere"])
def test_an_address_of_something_else_is_a_sentence(address: str) -> None:
    with (
        pytest.raises(RunError, match=r"no scheduler answers .*; write 'local', or an address"),
        _cluster(address, 1, patience_s=0.5),
    ):
        pytest.fail("it has begun")


def test_a_scenario_that_is_one_site_says_so_and_there_is_no_bar_without_a_terminal() -> None:
    command = [
        sys.executable,
        "-m",
        "anywhere_sim",
        "run",
        "first-set-up",
        "--set",
        "end=08:35",
        "--workers",
        "2",
        "--replications",
        "2",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("One site: ")
    assert "\r" not in done.stderr
    assert "%" not in done.stderr
