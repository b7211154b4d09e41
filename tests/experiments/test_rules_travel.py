"""A rule that can't travel to a worker is refused before the first run, by name."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import pytest

import anywhere_sim as aw
from anywhere_sim.outlook.components import OutlookComponents
from anywhere_sim.outlook.modes.online import Online
from anywhere_sim.simulation.rules import Rules
from tests.statements.pairs import small

METHODS = ("fork", "forkserver", "spawn")


def fixed(access_path: object, policy: object) -> float:
    return 100.0


def _refused(rules: Rules, method: str) -> str:
    scenario = small(groups__people__policy={"speed_rule": "mine"}, end="08:01")
    with ProcessPoolExecutor(1, mp_context=get_context(method)) as pool:
        with pytest.raises(aw.ScenarioError) as refused:
            aw.simulate(scenario, 1, executor=pool, rules=rules)
        with pytest.raises(aw.ScenarioError, match="module"):
            aw.replicate(scenario, 2, executor=pool, rules=rules)
    return str(refused.value)


@pytest.mark.parametrize("method", METHODS)
def test_a_rule_without_a_name_is_refused(method: str) -> None:
    """It is refused where it is, so that no process is started."""
    said = _refused(Rules(speed_rules={"mine": lambda access_path, policy: 100.0}), method)
    assert said.startswith("Rules: speed_rules['mine'] can't be sent to a worker of the executor (")
    assert said.endswith("import it, or run without an executor")


def test_a_class_within_a_function_is_refused() -> None:
    class Mine(Online):
        pass

    outlook = replace(OutlookComponents(), online=Mine)
    assert _refused(Rules({}, {"mine": fixed}, outlook=outlook), "fork").startswith(
        "Rules: outlook.online can't be sent"
    )


def test_a_rule_of_a_module_travels() -> None:
    scenario = small(groups__people__policy={"speed_rule": "mine"}, end="08:01")
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        made = aw.simulate(scenario, 1, executor=pool, rules=Rules(speed_rules={"mine": fixed}))
    assert made.audit().ok


NOTEBOOK = """
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
import anywhere_sim as aw
from tests.statements.pairs import small
def mine(access_path, policy):
    return 100.0
scenario = small(groups__people__policy={"speed_rule": "mine"}, end="08:01")
for method in ("fork", "forkserver", "spawn"):
    with ProcessPoolExecutor(1, mp_context=get_context(method)) as pool:
        try:
            rules = aw.Rules(speed_rules={"mine": mine})
            print(aw.simulate(scenario, 1, executor=pool, rules=rules).audit().ok)
        except aw.ScenarioError as error:
            print(error)
        print(pool.submit(len, "abc").result())
"""


@pytest.mark.long
def test_a_rule_of_a_notebook_travels_with_a_fork_only_and_breaks_no_pool() -> None:
    """As in a notebook, what is given with -c has no file that another process could import."""
    words = [sys.executable, "-c", NOTEBOOK]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    forked, whole, *others = done.stdout.splitlines()
    assert (forked, whole) == ("True", "3")
    assert all(line.startswith("Rules: speed_rules['mine'] can't be sent") for line in others[::2])
    assert others[1::2] == ["3", "3"]
