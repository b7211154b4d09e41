"""What a run has done with is gone at once, and all of it when Python's collector comes by."""

from __future__ import annotations

import gc

import pytest

import anywhere_sim as aw
from anywhere_sim.outlook.client import Client
from anywhere_sim.rpc.call import Rpc


def test_a_call_that_is_over_is_gone() -> None:
    """Also one whose answer a front end has encrypted."""
    scenario = aw.Scenario.load("branch-office").with_(end="08:30")
    gc.collect()
    gc.disable()
    try:
        kept = _calls()  # of worlds that other tests keep
        calls = aw.simulate(scenario, 1).manifest["rpcs"]
        left = _calls() - kept
    finally:
        gc.enable()
    assert calls > 1_000
    assert left < calls / 20


@pytest.mark.parametrize("name", ["branch-office", "mobile-workforce", "offline-and-cached"])
def test_a_run_that_is_over_leaves_nobody_behind(name: str) -> None:
    """What the collector does not visit, compiled, is part of no circle, and keeps nobody."""
    gc.collect()
    kept = _clients()
    assert aw.simulate(aw.Scenario.load(name).with_(end="09:10"), 1).manifest["rpcs"] > 100
    gc.collect()
    assert _clients() == kept


def _calls() -> int:
    return sum(isinstance(each, Rpc) for each in gc.get_objects())


def _clients() -> int:
    return sum(isinstance(each, Client) for each in gc.get_objects())
