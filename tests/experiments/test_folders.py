"""Folders mean the same wherever a worker was started."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path

import pytest
from distributed import Client, LocalCluster

import anywhere_sim as aw
from tests.experiments.test_survives import SMALL, traces
from tests.statements.pairs import small

RECORDING = "time_s,kbps\n0,{kbps}\n60,{kbps}\n"


@pytest.fixture
def here_and_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Path, Executor]]:
    """Return the folder of the command, and processes that were started in another one."""
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    monkeypatch.chdir(here)
    with ProcessPoolExecutor(2, initializer=os.chdir, initargs=(there,)) as pool:
        yield here, pool
    assert list(there.iterdir()) == []


def test_sites_write_into_the_folder_of_the_caller(
    here_and_there: tuple[Path, Executor],
) -> None:
    here, pool = here_and_there
    run = aw.simulate(small(end="08:15"), 1, folder="deep/run", executor=pool)
    assert run.audit().ok
    assert [path.name for path in here.iterdir()] == ["deep"]
    assert (here / "deep/run/manifest.json").is_file()


def test_a_run_is_read_wherever_its_reader_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = aw.simulate(small(end="08:15"), 1, folder="run")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run.audit().ok


@pytest.mark.parametrize("beside", [True, False])
def test_a_recording_of_ones_own_is_found_from_elsewhere(
    beside: bool, here_and_there: tuple[Path, Executor]
) -> None:
    """Beside the scenario's file, or in the folder that the command was started in."""
    here, pool = here_and_there
    folder = here / "scenarios" if beside else here
    folder.mkdir(exist_ok=True)
    (folder / "mine.csv").write_text(RECORDING.format(kbps=80), encoding="utf-8")
    content = small()._written
    content["places"]["here"]["rate_trace"] = "mine.csv"
    scenario = aw.Scenario.build(content, Path("scenarios") if beside else None)
    shorter = scenario.with_(end="08:10")
    wanted = [aw.simulate(shorter, 1, number).manifest for number in range(2)]
    assert [run.manifest for run in aw.replicate(shorter, 2, 1, pool)] == wanted


@pytest.mark.long
def test_a_cluster_started_elsewhere_writes_where_the_command_stands(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    (here / "own.csv").write_text(RECORDING.format(kbps=80), encoding="utf-8")
    recorded = SMALL.replace("[settings]", '[settings]\n"places.home.rate_trace" = "own.csv"')
    (here / "small.toml").write_text(recorded, encoding="utf-8")
    words = [sys.executable, "-m", "anywhere_sim", "study", "small.toml", "--out"]

    def told(*more: str) -> str:
        done = subprocess.run([*words, *more], cwd=here, capture_output=True, text=True, check=True)
        return done.stdout

    told("results/near", "--workers", "1")
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        client.run(os.chdir, there)
        told("results/far", "--dask", cluster.scheduler_address)
    assert list(there.iterdir()) == []
    assert len(traces(here / "results/far")) > 0
    assert traces(here / "results/far") == traces(here / "results/near")
