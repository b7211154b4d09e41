"""What a run has done with is gone at once, without Python's collector of circles."""

from __future__ import annotations

import gc

import anywhere_sim as aw
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


def _calls() -> int:
    return sum(isinstance(each, Rpc) for each in gc.get_objects())
