"""A run in a folder: whole or not at all, the same bytes each time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import anywhere_sim as aw
from anywhere_sim.report.story import _ACTIONS, calls, mailbox_name
from anywhere_sim.traces import TABLES, Recorder, Run, RunError
from anywhere_sim.traces.columns import TableInFile
from anywhere_sim.traces.run import TableFile
from anywhere_sim.traces.schema import SCHEMA_VERSION
from anywhere_sim.traces.words import OPERATION_KINDS
from tests.statements.pairs import small
from tests.support import simulate


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes()
        for path in sorted(folder.iterdir())
        if path.name != "provenance.json"
    }


def test_a_run_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    run = aw.simulate(small(), 3)
    loaded = Run.load(run.save(tmp_path / "kept"))
    assert loaded.manifest == json.loads(json.dumps(run.manifest))
    for name in TABLES:
        assert len(getattr(loaded, name)) == len(getattr(run, name)) == run.manifest["rows"][name]
    assert loaded.audit().ok


def test_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    code = (
        "import sys, anywhere_sim as aw; from tests.statements.pairs import small; "
        "aw.simulate(small(), 3).save(sys.argv[1])"
    )
    environment = os.environ | {"PYTHONHASHSEED": "4711"}
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "other")],
        check=True,
        env=environment,
        cwd=Path(__file__).parents[2],
    )
    aw.simulate(small(), 3).save(tmp_path / "here")
    assert contents(tmp_path / "here") == contents(tmp_path / "other")


class _SmallBatches(Recorder):
    group_rows = 64


def test_rows_that_go_straight_to_files_are_the_same_bytes(tmp_path: Path) -> None:
    rules = aw.Rules(recorder=_SmallBatches)
    run = simulate(small(record_rpcs=True), 3, rules=rules)
    straight = simulate(small(record_rpcs=True), 3, rules=rules, folder=tmp_path / "straight")
    run.save(tmp_path / "saved")
    assert contents(tmp_path / "straight") == contents(tmp_path / "saved")
    assert pq.ParquetFile(next((tmp_path / "straight").glob("rpcs-*.parquet"))).num_row_groups > 1
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(straight, name), getattr(run, name))


def test_the_audit_of_files_holds_a_few_columns_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = aw.simulate(small(record_rpcs=True), 1, folder=tmp_path / "run")
    whole = sum(run.table(name).nbytes for name in TABLES)
    before, held, column = pa.total_allocated_bytes(), list[int](), TableInFile.column

    def noted(table: TableInFile, name: str) -> pa.ChunkedArray:
        found = column(table, name)
        held.append(pa.total_allocated_bytes() - before)
        return found

    monkeypatch.setattr(TableInFile, "column", noted)
    assert run.audit().ok
    assert len(held) > 100
    assert max(held) < whole / 10


def test_a_run_in_a_folder_does_without_pandas(tmp_path: Path) -> None:
    """It takes 44 MB, and as long as a short run; tables as DataFrames load it."""
    code = (
        "import sys, anywhere_sim as aw; from pathlib import Path; "
        "short = aw.Scenario.load('branch-office').with_(end='08:10'); "
        f"run = aw.simulate(short, 1, folder=Path({str(tmp_path)!r}) / 'run'); "
        "print(run.audit().ok, 'pandas' in sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert printed.stdout.split() == ["True", "False"], printed.stderr


def test_a_story_has_words_for_all_that_people_do() -> None:
    assert set(_ACTIONS) == set(OPERATION_KINDS)


def test_calls_of_a_day_are_those_of_its_table() -> None:
    """By kind and by hour they add up to what the first line says."""
    scenario = small()
    name = mailbox_name(scenario, 1)
    run = aw.simulate(scenario.with_(record_rpcs=[name]), 3)
    first, *parts = calls(run, name).split("\n\n")
    assert first.startswith(
        f"{name} made {len(run.rpcs):,} calls that carried {run.rpcs['rops'].sum():,} operations"
    )
    for title in ("Calls by kind", "Calls by hour"):
        part = next(part for part in parts if part.startswith(title))
        rows = [line.replace(",", "").split()[1:3] for line in part.splitlines()[2:]]
        sums = [sum(int(number) for number in numbers) for numbers in zip(*rows, strict=True)]
        assert sums == [len(run.rpcs), run.rpcs["rops"].sum()], title


class _DiskFull(TableFile):
    def write_batch(self, batch: pa.RecordBatch) -> None:
        raise OSError("disk full")


class _OnFullDisk(Recorder):
    table_file = _DiskFull


def test_a_run_that_breaks_leaves_no_folder(tmp_path: Path) -> None:
    rules = aw.Rules(recorder=_OnFullDisk)
    with pytest.raises(RunError, match="disk full"):
        aw.simulate(small(end="08:15"), 3, folder=tmp_path / "run", rules=rules)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RunError, match="is not empty"):
        aw.simulate(small(end="08:15"), 1).save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_is_no_run_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no run"):
        Run.load(tmp_path)
    folder = aw.simulate(small(end="08:15"), 1).save(tmp_path / "run")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"schema_version": 0}))
    with pytest.raises(RunError, match="schema version"):
        Run.load(folder)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    next(folder.glob("states-*.parquet")).write_bytes(b"damaged")
    with pytest.raises(RunError, match="damaged"):
        Run.load(folder)


def _as_version_1(folder: Path) -> None:
    """Take out of a saved run what later versions of the schema have added; null was NaN then."""
    for path in folder.glob("*.parquet"):
        table = pq.ParquetFile(path).read()
        for number, field in enumerate(table.schema):
            if pa.types.is_floating(field.type):
                table = table.set_column(number, field, table[field.name].fill_null(float("nan")))
        columns = [name for name in table.column_names if name not in ("cell", "group")]
        pq.write_table(table.select(columns).replace_schema_metadata({"schema_version": "1"}), path)
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["files"]
    (folder / "manifest.json").write_text(json.dumps(manifest | {"schema_version": 1}))


def test_a_run_of_schema_version_1_gets_the_groups_of_its_mailboxes(tmp_path: Path) -> None:
    run = aw.simulate(aw.Scenario.load("branch-office").with_(end="08:20", record_rpcs=True), 1)
    folder = run.save(tmp_path / "run")
    _as_version_1(folder)
    old = Run.load(folder)
    assert old.manifest["schema_version"] == SCHEMA_VERSION
    assert old.table("attempts")["tcp_s"].null_count == run.table("attempts")["tcp_s"].null_count
    for name in TABLES:
        assert old.table(name).schema.equals(run.table(name).schema, check_metadata=True)
        assert getattr(old, name).astype(str).equals(getattr(run, name).astype(str)), name
    assert set(old.states["group"].astype(str)) == {"clerks", "desk"}
    assert old.audit().ok
    assert Run.load(old.save(tmp_path / "again")).audit().ok


def test_the_group_stands_in_every_table_that_has_mailboxes() -> None:
    for schema in TABLES.values():
        names = [column.name for column in schema.columns]
        assert ("group" in names) == ("mailbox" in names), schema.name


def test_a_crash_while_saving_leaves_nothing_that_looks_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = aw.simulate(small(end="08:15"), 1)
    monkeypatch.setattr(
        Path, "rename", lambda self, target: (_ for _ in ()).throw(OSError("disk full"))
    )
    with pytest.raises(RunError, match="disk full"):
        run.save(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_every_column_says_unit_and_meaning() -> None:
    run = aw.simulate(small(end="08:15"), 1)
    for name in TABLES:
        table: pa.Table = run.table(name)
        assert table.schema.metadata[b"schema_version"]
        for field in table.schema:
            assert field.metadata[b"meaning"], (name, field.name)
            assert b"unit" in field.metadata
