"""DuckDB and polars read every table of a study as pandas does: counts, means and filters."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest

import anywhere_sim as aw
from anywhere_sim.experiments.plan import Plan
from anywhere_sim.traces import TABLES

PLAN = {
    "why": "What does the mode change?",
    "scenario": "first-set-up",
    "replications": 2,
    "settings": {"end": "08:40", "record_rpcs": True},
    "factors": {
        "mode": {
            mode: {"groups.at_home.mode": mode, "groups.at_the_office.mode": mode}
            for mode in ("online", "cached")
        }
    },
}


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the traces of a study of two cells."""
    folder = tmp_path_factory.mktemp("study")
    assert aw.Study(Plan.model_validate(PLAN)).run(folder).failures.empty
    return folder / "traces"


def _read(traces: Path, name: str) -> pd.DataFrame:
    runs = [aw.Run.load(path.parent) for path in sorted(traces.rglob("manifest.json"))]
    frame = pd.concat([getattr(run, name) for run in runs], ignore_index=True)
    return frame.astype({name: str for name in frame if frame[name].dtype == "category"})


@pytest.mark.parametrize("name", TABLES)
def test_numbers_are_counted_averaged_and_filtered_as_by_pandas(name: str, traces: Path) -> None:
    frame, files = _read(traces, name), f"{traces}/**/{name}-*.parquet"
    numbers = [column for column in frame if pd.api.types.is_numeric_dtype(frame[column])]
    assert numbers
    limits = frame[numbers].median().fillna(0.0)
    wanted = {
        column: (
            int(frame[column].count()),
            int((frame[column] > limits[column]).sum()),
            int((frame[column] <= limits[column]).sum()),
            pytest.approx(frame[column].mean(), rel=1e-9, abs=1e-12),
        )
        for column in numbers
    }
    asked = ", ".join(
        f'count("{column}"), count(*) filter (where "{column}" > {limits[column]!r}::double), '
        f'count(*) filter (where "{column}" <= {limits[column]!r}::double), avg("{column}")'
        for column in numbers
    ).replace("np.float64", "")
    rows, *by_duckdb = duckdb.execute(
        f"select count(*), {asked} from read_parquet($1)", [files]
    ).fetchall()[0]
    by_polars = pl.read_parquet(files).select(
        [
            each.alias(f"{number} {column}")
            for column in numbers
            for number, each in enumerate(
                (
                    pl.col(column).count(),
                    (pl.col(column) > limits[column]).sum(),
                    (pl.col(column) <= limits[column]).sum(),
                    pl.col(column).mean(),
                )
            )
        ]
    )
    assert rows == len(frame)
    for answers in (by_duckdb, by_polars.row(0)):
        for number, column in enumerate(numbers):
            *counts, mean = answers[4 * number : 4 * number + 4]
            assert tuple(counts) == wanted[column][:3], column
            assert mean == (wanted[column][3] if counts[0] else None), column


@pytest.mark.parametrize("name", TABLES)
def test_words_and_cells_are_counted_as_by_pandas(name: str, traces: Path) -> None:
    frame, files = _read(traces, name), f"{traces}/**/{name}-*.parquet"
    words = [column for column in frame if not pd.api.types.is_numeric_dtype(frame[column])]
    assert set(frame["cell"]) <= {"online", "cached"}
    read = pl.read_parquet(files).select(pl.col(words).cast(pl.String))
    asked = ", ".join(f'histogram("{column}"::varchar)' for column in words)
    by_duckdb = duckdb.execute(f"select {asked} from read_parquet($1)", [files]).fetchall()[0]
    for column, counted in zip(words, by_duckdb, strict=True):
        wanted = frame[column].value_counts().to_dict()
        assert (counted or {}) == wanted, column
        assert dict(read[column].value_counts().rows()) == wanted, column


def test_statistics_leave_out_what_is_missing(traces: Path) -> None:
    """A reader that skips row groups by their extremes must not skip by those of NaN."""
    seen = 0
    for path in traces.rglob("attempts-*.parquet"):
        file = pq.ParquetFile(path)
        number = file.schema_arrow.get_field_index("tls_s")
        for group in range(file.num_row_groups):
            told = file.metadata.row_group(group).column(number).statistics
            values = file.read_row_group(group)["tls_s"].drop_null().to_pylist()
            assert told.null_count == file.metadata.row_group(group).num_rows - len(values)
            assert not values or (told.min, told.max) == (min(values), max(values))
            seen += told.null_count
    assert seen > 0
