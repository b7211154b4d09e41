"""Rules of one's own with their answers checked: nonsense is named, with what was returned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from numbers import Real
from typing import Any

from anywhere_sim.des.environment import Environment, Process
from anywhere_sim.des.random_streams import Stream
from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.outlook.connection_order import Backoff, PathOrder, Speed, SpeedRule
from anywhere_sim.scenario.catalog import ClientVersion
from anywhere_sim.scenario.errors import ScenarioError
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.simulation.site_view import SiteProcess, SiteView
from anywhere_sim.traces.words import PATHS, Path


@dataclass(frozen=True, slots=True)
class CheckedBackoff:
    """A back-off whose waits are seconds from 0 on. Raises ScenarioError for any other answer."""

    name: str
    rule: Backoff

    def __call__(self, failures: int, policy: Policy, draws: Stream) -> float:
        """Return the seconds to wait after so many failed rounds."""
        wait_s = self.rule(failures, policy, draws)
        if not _is_amount(wait_s):
            raise _nonsense(
                f"backoffs[{self.name!r}]", wait_s, f"after {failures} failed rounds",
                "seconds from 0 on",
            )  # fmt: skip
        return float(wait_s)


@dataclass(frozen=True, slots=True)
class CheckedSpeedRule:
    """A speed rule whose speeds are kbit/s from 0 on. Raises ScenarioError for others."""

    name: str
    rule: SpeedRule

    def __call__(self, access_path: AccessPath, policy: Policy) -> float:
        """Return the speed in kbit/s."""
        kbps = self.rule(access_path, policy)
        if not _is_amount(kbps):
            where = f"at a place of kind {access_path.place.kind!r}"
            raise _nonsense(f"speed_rules[{self.name!r}]", kbps, where, "kbit/s from 0 on")
        return float(kbps)


@dataclass(frozen=True, slots=True)
class CheckedPathOrder:
    """An order of paths that has at least one and each once. Raises ScenarioError for others."""

    rule: PathOrder

    def __call__(self, speed: Speed, policy: Policy, version: ClientVersion) -> tuple[Path, ...]:
        """Return the paths in the order of attempts."""
        paths: Any = self.rule(speed, policy, version)
        good = isinstance(paths, tuple | list) and paths and len(set(paths)) == len(paths)
        if not good or not all(path in PATHS for path in paths):
            allowed = "a tuple of one or both of " + " and ".join(map(repr, PATHS))
            raise _nonsense("path_order", paths, f"on a {speed.name} link", allowed)
        return tuple(paths)


def started(process: SiteProcess, number: int, env: Environment, site: SiteView) -> Process:
    """Return the generator of a process. Raises ScenarioError when it is none."""
    made: Any = process(env, site)
    if not isinstance(made, Iterator) or not hasattr(made, "throw"):
        raise _nonsense(
            f"processes[{number}]", made, f"for site {site.name!r}",
            "a generator: a function with `yield environment.timeout(...)` in it",
        )  # fmt: skip
    return made  # type: ignore[return-value]


def _is_amount(given: object) -> bool:
    is_number = isinstance(given, Real) and not isinstance(given, bool)
    return is_number and isfinite(given) and float(given) >= 0.0  # type: ignore[arg-type]


def _nonsense(rule: str, returned: object, when: str, allowed: str) -> ScenarioError:
    return ScenarioError(f"Rules: {rule} returned {returned!r} {when}; it has to return {allowed}")
