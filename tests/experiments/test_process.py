"""A library call, or an import, leaves the settings of the process as they were."""

from __future__ import annotations

import gc
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

import anywhere_sim as aw
from anywhere_sim.des.random_streams import Stream
from anywhere_sim.scenario.policy import Policy
from tests.statements.pairs import small

CUT = {"at": "08:30", "do": "cut", "place": "here", "for_s": 300}
Collector = tuple[tuple[int, int, int], int, bool]


def _collector() -> Collector:
    """Return the settings of this process's garbage collector."""
    return gc.get_threshold(), gc.get_freeze_count(), gc.isenabled()


def test_simulate_leaves_the_garbage_collector_alone_while_it_runs_and_afterwards() -> None:
    before, during = _collector(), list[Collector]()

    def watching(failures: int, policy: Policy, draws: Stream) -> float:
        during.append(_collector())
        return 30.0

    run = aw.simulate(
        small(groups__people__policy={"backoff": "watching"}, events=[CUT]),
        1,
        rules=aw.Rules(backoffs={"watching": watching}),
    )
    assert run.audit().ok
    assert set(during) == {before}
    assert _collector() == before


@pytest.mark.parametrize("threshold", [700, 50_000])
def test_a_thread_beside_it_sees_the_settings_that_it_made(threshold: int) -> None:
    before = gc.get_threshold()
    gc.set_threshold(threshold, 10, 10)
    try:
        wanted = _collector()
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(aw.simulate, small(), 1)
            seen = {_collector() for _ in iter(running.done, True)}
            assert running.result().audit().ok
        assert seen == {wanted}
        assert _collector() == wanted
    finally:
        gc.set_threshold(*before)


def test_the_lab_can_be_imported_without_changing_how_a_notebook_shows_figures() -> None:
    code = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
png = shell.display_formatter.formatters["image/png"]
before = dict(png.type_printers), dict(png.deferred_printers)
from anywhere_sim import figures, lab
assert (dict(png.type_printers), dict(png.deferred_printers)) == before
figure = figures.wait_curve(lab.wait_curve(servers=4, service_s=0.010))
data, _ = shell.display_formatter.format(figure)
assert data["image/png"].startswith(b"\\x89PNG"), data.keys()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
