"""Workers that don't see the results' folder, scenarios that can't be divided, progress that nobody
looks at.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from anywhere_sim.cli.arguments import _probe
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


def test_a_scenario_that_is_one_site_says_so_and_progress_is_quiet_without_a_terminal() -> None:
    command = [
        sys.executable,
        "-m",
        "anywhere_sim",
        "run",
        "first-set-up",
        "--set",
        "end=09:00",
        "--workers",
        "2",
        "--replications",
        "2",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("One site: ")
    assert done.stderr == ""
