"""The first hours of a run as a run of its own, so that two of unequal length can be compared."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from anywhere_sim.scenario import Scenario
from anywhere_sim.traces import Run
from anywhere_sim.traces.run import Part
from anywhere_sim.traces.schema import TABLES

BEGUN_BY: Mapping[str, str] = {
    "attempts": "start_s", "connections": "start_s", "syncs": "start_s", "operations": "start_s",
    "states": "start_s", "rpcs": "start_s", "messages": "written_s", "changes": "made_s",
}  # fmt: skip
"""The column that says when a row began; readings (`time_s`) are of the interval before them."""
ENDING: Mapping[str, str] = {
    "attempts": "outcome", "connections": "end_reason", "syncs": "outcome",
}  # fmt: skip
"""The column of a table with `end_s` that says how a row ended."""


def until(run: Run, time_s: float) -> Run:
    """Return the run as if it had ended at a time, in s since midnight of day 1.

    What began later is left out, what went on then is unfinished. Bytes and calls of a connection
    that lives on stay those of its whole life; those of `links` and `servers` are of the hours.

    >>> import anywhere_sim as aw
    >>> run = aw.simulate(aw.Scenario.load("office-day").with_(end="08:05"))
    >>> float(until(run, 28_860.0).states["end_s"].max())
    28860.0
    """
    if time_s >= float(run.manifest["end_s"]):
        return run
    tables = {name: _cut(name, run.table(name), time_s) for name in TABLES}
    return Run([Part("until", tables)], dict(run.manifest) | {"end_s": time_s})


def shortened(scenario: Scenario, time_s: float) -> Scenario:
    """Return the scenario of `until`: it ends then, and later events are left out."""
    end_s = min(time_s, scenario.end)
    events = [event for event in scenario.events if event.at < end_s]
    if end_s == scenario.end and len(events) == len(scenario.events):
        return scenario
    return scenario.model_copy(update={"end": end_s, "events": events})


def _cut(name: str, table: pa.Table, time_s: float) -> pa.Table:
    if "time_s" in table.column_names:
        return table.filter(pc.less_equal(table["time_s"], time_s))
    begun = table.filter(pc.less(table[BEGUN_BY[name]], time_s))
    if name == "operations":
        left_s = pc.subtract(time_s, begun["start_s"])
        cut = pc.min_element_wise(begun["wait_s"], left_s)
        return _with(begun, "wait_s", cut)
    if "end_s" not in table.column_names:
        return _unknown_after(begun, time_s) if name in ("messages", "changes") else begun
    later = pc.greater(begun["end_s"], time_s)
    if name in ENDING:
        word = begun[ENDING[name]].cast(pa.string())
        begun = _with(begun, ENDING[name], pc.if_else(later, "unfinished", word))
    return _with(begun, "end_s", pc.min_element_wise(begun["end_s"], time_s))


def _unknown_after(table: pa.Table, time_s: float) -> pa.Table:
    """Return the table with null for every step that came later."""
    for name in table.column_names:
        if name.endswith("_s"):
            known = pc.less_equal(table[name], time_s)
            table = _with(table, name, pc.if_else(known, table[name], pa.scalar(None)))
    return table


def _with(table: pa.Table, name: str, values: pa.ChunkedArray) -> pa.Table:
    """Return the table with other values in a column, in its type."""
    place, kind = table.column_names.index(name), table.schema.field(name)
    if pa.types.is_dictionary(kind.type):
        values = values.dictionary_encode()
    return table.set_column(place, kind, values.cast(kind.type))


__all__ = ["shortened", "until"]
