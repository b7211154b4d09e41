"""Hostile inputs, counted; what is accepted is simulated.

python -m tests.fuzz [--seed N] [--inputs N] [--recordings N] [--runs N] [--keep]

An input must be accepted or refused by one sentence, within seconds. A run of an accepted one must
end, with a clean audit, and each key that it was given must have been read or be named, and then be
one without which nothing changes. `--keep` writes docs/fuzz.md.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

import anywhere_sim as aw
from anywhere_sim.experiments.plan import Plan
from anywhere_sim.network import link_trace
from anywhere_sim.traces.schema import TABLES
from tests.fuzz import inputs

DOCS = Path(__file__).parents[2] / "docs/fuzz.md"
MAX_SENTENCE = 1_000
INPUT_S, RUN_S = 10, 120
TYPED = (aw.ScenarioError, link_trace.LinkTraceError, aw.RunError)
HEAD = """# Hostile inputs

What `make fuzz` saw last, with anywhere-sim {version}, seed {seed}: shipped scenarios, studies and
recordings with one to five things changed at random (`tests/fuzz/inputs.py`). An input is accepted,
or refused by one sentence; *faults* are other exceptions, a refusal of several lines, and what
takes longer than {input_s} s ({run_s} s for a run). What is simulated must also pass its audit, and
each key that it was given must have been read or be named; without those that are named, a second
run must give the same tables.

| what | tried | accepted | refused | faults |
| --- | --- | --- | --- | --- |
"""


class HangError(Exception):
    """Something has taken too long."""


@contextmanager
def limit(seconds: int) -> Iterator[None]:
    """Raise HangError when what is inside takes longer."""

    def over(*_: object) -> None:
        raise HangError(f"longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def build(content: dict[str, Any]) -> aw.Scenario:
    """Build a scenario, and ask it what commands ask."""
    scenario = aw.Scenario.build(content)
    scenario.sites()
    scenario.digest()
    return scenario


def plan(content: dict[str, Any]) -> None:
    """Build a study and the scenarios of its cells."""
    Plan.build(content).scenarios()


def file(content: bytes) -> None:
    """Load a scenario from a file."""
    with tempfile.NamedTemporaryFile(suffix=".toml") as written:
        Path(written.name).write_bytes(content)
        aw.Scenario.load(written.name).sites()


def recording(content: bytes) -> None:
    """Read a recording from a file."""
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        Path(file.name).write_bytes(content)
        trace = link_trace.read(file.name)
    assert (trace.times_s[0], trace.cumulative_bytes[0]) == (0.0, 0.0)
    assert (trace.times_s[1:] > trace.times_s[:-1]).all()
    assert (trace.cumulative_bytes[1:] >= trace.cumulative_bytes[:-1]).all()


def run(content: dict[str, Any]) -> None:
    """Simulate a scenario that is accepted."""
    scenario = build(content)
    made = aw.simulate(scenario, 1)
    assert made.audit().ok, str(made.audit())
    named = made.manifest["without_effect"]
    if named:  # it is one of what was written, and without it nothing changes
        other = aw.simulate(aw.Scenario.build(without(scenario.written(), named)), 1)
        for table in TABLES:
            same = getattr(made, table).equals(getattr(other, table))
            assert same, f"{', '.join(named)} changed {table}"


def without(content: dict[str, Any], paths: list[str]) -> dict[str, Any]:
    """Return what was written without what lies at some paths, the last of a list first."""
    for path in sorted(paths, key=lambda each: [(len(p), p) for p in each.split(".")])[::-1]:
        *tables, last = path.split(".")
        inner: Any = content
        for name in tables:
            inner = inner[int(name) if isinstance(inner, list) else name]
        del inner[int(last) if isinstance(inner, list) else last]
    return content


def tried(
    what: str, judge: Callable[[Any], object], drawn: Iterator[Any], count: int, seconds: int
) -> tuple[Counter[str], list[str]]:
    """Return how many inputs were accepted, refused and faulty, and what the faults were."""
    counts: Counter[str] = Counter()
    faults = []
    for content in tqdm(islice(drawn, count), total=count, desc=what, disable=None):
        try:
            with limit(seconds):
                judge(content)
            counts["accepted"] += 1
        except TYPED as error:
            said = str(error)
            if "\n" in said or not said or len(said) > MAX_SENTENCE:
                faults.append(f"{what}: {said[:200]!r} is not one sentence; from {content!r}")
            counts["refused"] += 1
        except Exception as error:
            faults.append(f"{what}: {type(error).__name__}: {error}; from {content!r}")
    return counts, faults


def main(arguments: list[str] | None = None) -> int:
    """Try as many of each as asked for; print and maybe keep the counts, and show the faults."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--recordings", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=650)
    parser.add_argument("--keep", action="store_true")
    given = parser.parse_args(arguments)
    studies = given.inputs // 10
    every = (
        ("scenarios", build, inputs.scenarios(given.seed), given.inputs - 2 * studies, INPUT_S),
        ("studies", plan, inputs.studies(given.seed), studies, INPUT_S),
        ("texts of scenarios", file, inputs.files(given.seed), studies, INPUT_S),
        ("recordings", recording, inputs.recordings(given.seed), given.recordings, INPUT_S),
        ("small runs", run, inputs.runnable(given.seed), given.runs, RUN_S),
    )
    text = HEAD.format(version=aw.__version__, seed=given.seed, input_s=INPUT_S, run_s=RUN_S)
    bad = []
    for what, judge, drawn, count, seconds in every:
        counts, faults = tried(what, judge, drawn, count, seconds)
        bad += faults
        text += (
            f"| {what} | {count:,} | {counts['accepted']:,} | {counts['refused']:,} "
            f"| {len(faults):,} |\n"
        )
    print(text)
    print("\n".join(each[:1_500] for each in bad[:40]), file=sys.stderr)
    if given.keep:
        DOCS.write_text(text, encoding="utf-8")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
