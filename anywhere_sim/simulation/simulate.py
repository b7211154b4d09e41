"""Run a scenario: each site in its own environment, one trace in the end."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from threading import Event, Thread
from typing import Any

from anywhere_sim.compiled import way
from anywhere_sim.des.environment import Environment
from anywhere_sim.des.random_streams import Streams
from anywhere_sim.scenario import ScenarioError
from anywhere_sim.scenario.as_written import plain
from anywhere_sim.scenario.quantities import whole_number
from anywhere_sim.scenario.reading import no_effect_sentence, noting, without_effect
from anywhere_sim.scenario.scenario import Scenario
from anywhere_sim.scenario.sites import Site
from anywhere_sim.simulation.rules import Rules
from anywhere_sim.simulation.site import SiteModel
from anywhere_sim.traces.findings import Audit
from anywhere_sim.traces.folder import drafted
from anywhere_sim.traces.own_measures import Measure, Measures, own_measures, stored
from anywhere_sim.traces.run import Part, Run

SEEDS = 2**64
"""Seeds are below this: what a 64-bit generator of seeds may give."""
REPLICATIONS = 2**23
"""Replications are below this, so that replication and id make one key (`traces.columns`)."""

Watch = Callable[[str, float], None]
"""Is told a site's name and the time that it has come to, in s since midnight of day 1."""
WATCHED_EVERY_S = 1.0
"""Seconds of the clock on the wall between two calls of it."""


def simulate(
    scenario: Scenario,
    seed: int = 0,
    replication: int = 0,
    *,
    folder: str | Path | None = None,
    executor: Executor | None = None,
    rules: Rules | str | None = None,
    cell: str = "",
    strict: bool = False,
    measures: Measures | None = None,
    watch: Watch | None = None,
) -> Run:
    """Return the run of `scenario` that `seed` and `replication` name.

    It has the same bytes in any process, on any executor. With a `folder`, rows go straight into
    its files as they come, and memory does not grow with them; it appears whole or not at all. With
    an `executor`, sites that share nothing run side by side (each writes its own files there).
    `rules`, an object or its `module:name`, adds what a policy may choose by name, and replaces
    classes that a site is built from. `measures` are functions of the run by name: their values
    are kept in its manifest, and stand first where measures are shown.
    `cell` is the name of the study's cell that the run belongs to, for the column of that name.
    What the scenario sets and nothing read is named in the manifest (`without_effect`); a `strict`
    run is refused with it. No setting of the process is touched. `watch`, without an executor, is
    called about once a second, from a thread of its own, with the site that runs and its time.

    Raises ScenarioError for that, for a rule that is unknown, makes no sense or can't be sent to a
    worker, and for a measure that returns no number; ValueError for a seed or replication that is
    no whole number, is negative or too large; RunError for a folder that can't take the run.

    >>> short = aw.Scenario.load("office-day").with_(end="08:01")
    >>> one, other = aw.simulate(short, seed=7), aw.simulate(short, seed=7)
    >>> one.servers.equals(other.servers)
    True
    """
    seed = whole_number("seed", seed, SEEDS)
    replication = whole_number("replication", replication, REPLICATIONS)
    rules = Rules.of(scenario, rules)
    if executor is not None:
        rules.check_travel(executor)
    task = _SiteTask(
        scenario, seed, replication, rules, cell, watch=None if executor is not None else watch
    )
    own = own_measures(measures)
    if folder is None:
        return _checked(_joined(task, executor), own, strict=strict)
    with drafted(folder) as draft:
        run = _joined(replace(task, folder=draft), executor)
        _checked(run, own, strict=strict).describe(draft)
    return Run.load(folder)


def _checked(run: Run, own: Mapping[str, Measure], *, strict: bool) -> Run:
    if own:
        values = {name: measure.of(run, name) for name, measure in own.items()}
        run.manifest["measures"] = stored(values, own)
    unread = run.manifest["without_effect"]
    if strict and unread:
        raise ScenarioError(no_effect_sentence(unread))
    return run


@dataclass(frozen=True, slots=True)
class _SiteTask:
    """What a worker needs to run one site; without a folder the tables come back in memory."""

    scenario: Scenario
    seed: int
    replication: int
    rules: Rules
    cell: str
    folder: Path | None = None
    watch: Watch | None = None

    def run(self, site: Site) -> _SiteResult:
        read: set[str] = set()
        part, counts = self._run_model(site, noting(self.scenario, read))
        return _SiteResult(
            part, part.audit(self.scenario.end, tuple(self.rules.modes)), counts, read
        )

    def _run_model(self, site: Site, scenario: Scenario) -> tuple[Part, _Counts]:
        """Run the model of a site; nothing holds it and its recorder afterwards."""
        wanted = scenario.record_rpcs
        calls = wanted if isinstance(wanted, bool) else frozenset(wanted)
        recorder = self.rules.recorder(site.name, self.replication, calls, self.folder, self.cell)
        model = SiteModel(
            scenario, site, Streams(self.seed, self.replication), recorder, self.rules
        )
        with _watched(site.name, model.env, self.watch):
            model.run()
        return recorder.finish(), _Counts(model.env.events_fired, recorder.completed_rpcs)


@contextmanager
def _watched(site: str, env: Environment, watch: Watch | None) -> Iterator[None]:
    """Tell `watch` the time of a site while the block lasts; the run is only looked at."""
    if watch is None:
        yield
        return
    over = Event()

    def look() -> None:
        watch(site, env.now)
        while not over.wait(WATCHED_EVERY_S):
            watch(site, env.now)

    thread = Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@dataclass(frozen=True, slots=True)
class _Counts:
    events: int
    rpcs: int


@dataclass(frozen=True, slots=True)
class _SiteResult:
    part: Part
    audit: Audit
    counts: _Counts
    read: set[str]


def _joined(task: _SiteTask, executor: Executor | None) -> Run:
    """Run every site and return the whole."""
    digest = task.rules.digest_of(task.scenario)  # of what is given, before a rule notes anything
    results = list((executor.map if executor else map)(task.run, task.scenario.sites()))
    events = sum(each.counts.events for each in results)
    added: dict[str, Any] = {"modes": sorted(task.rules.modes)} if task.rules.modes else {}
    if digest != task.scenario.digest():
        added["rules_given"] = task.rules.names()
    packages = ("simpy", "numpy", "pyarrow", "anywhere-sim")
    manifest = {
        "digest": digest,
        "scenario": task.scenario.model_dump(mode="json", exclude_unset=True),
        "written": plain(task.scenario.written()),
        "seed": task.seed,
        "replication": task.replication,
        "end_s": task.scenario.end,
        "code": way(),
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in packages},
        "events_total": events,
        "rpcs": sum(each.counts.rpcs for each in results),
        "without_effect": without_effect(
            task.scenario, {name for each in results for name in each.read}
        ),
        **added,
    }
    return Run.from_parts(
        [each.part for each in results], Audit.of(each.audit for each in results), manifest
    )
