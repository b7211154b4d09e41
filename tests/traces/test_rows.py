"""Rows on their way into groups: every column, in any number, the same compiled and in Python."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from math import isnan, nan
from typing import Any

import pyarrow as pa
import pytest

from anywhere_sim.traces import table_rows
from anywhere_sim.traces.rows import ROWS, LinkRows
from anywhere_sim.traces.schema import TABLES, Column
from tests.traces.rows_source import FILE, class_name, source

KEYS = ("cell", "site", 3)


def test_the_classes_of_rows_are_those_of_the_schema() -> None:
    """If this is red, a column has changed: `make rows`."""
    assert FILE.read_text(encoding="utf-8") == source()
    assert {name: made.__name__ for name, made in ROWS.items()} == {  # type: ignore[attr-defined]
        name: class_name(name) for name in TABLES
    }


def _value(column: Column, row: int) -> float | str:
    """Return what a test writes there; no two columns of a table have the same rows."""
    start = sum(map(ord, column.name)) * 1_000_000
    if column.kind == "word":
        return f"{column.name} {row % 7}"
    if column.kind == "i8":
        return start + row
    return nan if row % 5 == 2 and column.name != "time_s" else (start + row) / 3.0


def _written(table: str, rows: int, **given: int) -> list[pa.RecordBatch]:
    batches: list[pa.RecordBatch] = []
    recorder: Any = ROWS[table](KEYS, batches.append, *given.values())
    columns = TABLES[table].columns
    for row in range(rows):
        recorder.row(**{column.attribute: _value(column, row) for column in columns})
    recorder.flush()
    recorder.flush()  # nothing waits any more
    return batches


@pytest.mark.parametrize("table", TABLES)
def test_what_is_given_to_a_column_is_what_it_holds(table: str) -> None:
    """More rows than there is memory for at first, and more than a group has."""
    rows = 2 * table_rows.FIRST_ROWS + 5
    batches = _written(table, rows, group_rows=rows - 3)
    assert [batch.num_rows for batch in batches] == [rows - 3, 3]
    found = pa.Table.from_batches(batches)
    assert found.schema.equals(TABLES[table].arrow(), check_metadata=True)
    for name, key in zip(("cell", "site", "replication"), KEYS, strict=True):
        assert set(found[name].to_pylist()) == {key}
    for column in TABLES[table].columns:
        wanted = [_value(column, row) for row in range(rows)]
        missing = [None if isinstance(each, float) and isnan(each) else each for each in wanted]
        assert found[column.name].to_pylist() == missing, column.name


def test_groups_are_larger_when_a_table_has_had_many() -> None:
    """Short runs and the memory of a month stay; a long file has few groups to describe."""
    batches = _written("links", 64 * 2 + 2 * 16 + 1, group_rows=2)
    assert [batch.num_rows for batch in batches] == [2] * 64 + [16] * 2 + [1]


def test_a_group_has_its_own_words() -> None:
    """A file of many mailboxes would else repeat all names so far in each; together they stay in
    the order in which they were first seen.
    """
    batches: list[pa.RecordBatch] = []
    rows: Any = LinkRows(KEYS, batches.append, 2)
    row = {column.attribute: _value(column, 0) for column in TABLES["links"].columns}
    for link in ("b", "c", "a", "c", "a"):
        rows.row(**row | {"link": link})
    rows.flush()
    own = [batch["link"].dictionary.to_pylist() for batch in batches]
    assert own == [["b", "c"], ["a", "c"], ["a"]]
    links = pa.Table.from_batches(batches)["link"].unify_dictionaries()
    assert links.to_pylist() == ["b", "c", "a", "c", "a"]
    assert links.chunk(0).dictionary.to_pylist() == ["b", "c", "a"]


def test_what_has_been_handed_on_is_held_no_longer() -> None:
    """A column that was kept would be 16 KB a group; compiled, `setattr` of one kept it."""
    rows: Any = LinkRows(KEYS, lambda batch: None, 2_000)
    row = {column.attribute: _value(column, 0) for column in TABLES["links"].columns}
    tracemalloc.start()
    for _ in range(50 * 2_000):
        rows.row(**row)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 2 * 2_000 * 52
    assert 2_000 * 52 < peak < 10 * 2_000 * 52


def test_a_row_that_is_refused_leaves_none() -> None:
    batches: list[pa.RecordBatch] = []
    rows: Any = LinkRows(KEYS, batches.append)
    row = {column.attribute: _value(column, 0) for column in TABLES["links"].columns}
    rows.row(**row)
    with pytest.raises(TypeError):
        rows.row(**row | {"cumulative_bytes": "many"})
    with pytest.raises(TypeError):
        rows.row(**{name: value for name, value in row.items() if name != "flows"})
    with pytest.raises(TypeError):
        rows.row(**row, unknown=1.0)
    rows.flush()
    assert [batch.num_rows for batch in batches] == [1]


def test_what_is_compiled_is_left_alone_where_librt_is_missing() -> None:
    """Compiled rows work on its vectors; mypy brings it, and may be gone since."""
    code = (
        "import sys; sys.modules['librt'] = None; import anywhere_sim as aw; "
        "from anywhere_sim.compiled import way; from anywhere_sim.traces.rows import LinkRows; "
        "print(way(), LinkRows(('', 'a', 0), print).flows)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert printed.stdout.strip() == "python array('q')", printed.stderr
