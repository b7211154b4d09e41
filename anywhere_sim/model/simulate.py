"""Run a scenario: site after site, each in its own environment, one trace in the end."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from anywhere_sim.kernel.streams import Streams
from anywhere_sim.model.backoff import BACKOFFS, Backoff
from anywhere_sim.model.path import SPEED_RULES, PathOrder, SpeedRule, check_box_order
from anywhere_sim.model.world import World
from anywhere_sim.scenario.errors import ScenarioError, nearest
from anywhere_sim.scenario.scenario import Scenario
from anywhere_sim.scenario.sites import sites
from anywhere_sim.traces.recorder import Recorder
from anywhere_sim.traces.run import Run


def simulate(
    scenario: Scenario,
    seed: int = 0,
    replication: int = 0,
    *,
    backoffs: Mapping[str, Backoff] | None = None,
    speed_rules: Mapping[str, SpeedRule] | None = None,
    path_order: PathOrder = check_box_order,
) -> Run:
    """Return the run of `scenario` that `seed` and `replication` name.

    `backoffs` and `speed_rules` add rules by name to those a policy may choose; `path_order` replaces the check boxes.
    Raises ValueError for a negative seed or replication.
    """
    if seed < 0 or replication < 0:
        raise ValueError(f"seed = {seed}, replication = {replication}: whole numbers from 0 on are allowed; try seed=7")
    known_backoffs, known_rules = {**BACKOFFS, **(backoffs or {})}, {**SPEED_RULES, **(speed_rules or {})}
    _check_rules(scenario, known_backoffs, known_rules)
    parts: list[dict[str, Any]] = []
    counts = {"events_total": 0, "rpcs": 0, "rpc_hops": 0}
    for site in sites(scenario):
        recorder = Recorder(site.name, replication, rpcs=_wanted(scenario))
        world = World(scenario, site, Streams(seed, replication), recorder, known_backoffs, known_rules, path_order)
        world.run()
        parts.append(recorder.finish())
        counts["events_total"] += world.clock.events_fired
        counts["rpcs"] += world.rpcs
        counts["rpc_hops"] += world.rpc_hops
    return Run.from_parts(parts, _manifest(scenario, seed, replication, counts))


def _check_rules(scenario: Scenario, backoffs: Mapping[str, Backoff], speed_rules: Mapping[str, SpeedRule]) -> None:
    """Raise ScenarioError for a policy that names a rule nobody knows."""
    for name, group in scenario.groups.items():
        for key, word, known in (("backoff", group.policy.backoff, backoffs), ("speed_rule", group.policy.speed_rule, speed_rules)):
            if word not in known:
                raise ScenarioError(f"groups.{name}.policy.{key} = {word!r} is no rule; {nearest(word, known)}")


def _wanted(scenario: Scenario) -> bool | frozenset[str]:
    wanted = scenario.record_rpcs
    return wanted if isinstance(wanted, bool) else frozenset(wanted)


def _manifest(scenario: Scenario, seed: int, replication: int, counts: Mapping[str, int]) -> dict[str, Any]:
    packages = ("simpy", "numpy", "pyarrow", "anywhere-sim")
    return {
        "digest": scenario.digest(),
        "scenario": scenario.model_dump(mode="json", exclude_unset=True),
        "seed": seed,
        "replication": replication,
        "end_s": scenario.end,
        "versions": {"python": platform.python_version()} | {name: version(name) for name in packages},
        "events_total": counts["events_total"],
        "rpcs": counts["rpcs"],
        "events_per_rpc": counts["rpc_hops"] / counts["rpcs"] if counts["rpcs"] else 0.0,
    }
