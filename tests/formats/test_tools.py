"""What real tools make of the files that are written; each is skipped where the tool is not."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest

import anywhere_sim as aw
from anywhere_sim.formats import export_run
from anywhere_sim.formats.iis import WRITTEN


def need(tool: str, package: str = "") -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed (Debian: apt install {package or tool})")


def said(*words: str, **options: object) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.long
def test_lnav_reads_every_line_of_an_iis_log(there_and_back, tmp_path: Path) -> None:
    need("lnav")
    files, _ = there_and_back("iis")
    lines = files[0].read_text(encoding="utf-8").splitlines()
    env = os.environ | {"HOME": str(tmp_path), "TERM": "dumb"}
    query = (
        ";SELECT cs_method, count(*), max(time_taken) FROM w3c_log GROUP BY cs_method "
        "ORDER BY cs_method"
    )
    told = said("lnav", "-n", "-c", query, "-c", ":write-csv-to -", str(files[0]), env=env)
    rows = [line.split(",") for line in told.splitlines() if line.startswith("RPC_")]
    expected: dict[str, list[int]] = {}
    for line in lines:
        if not line.startswith("#"):
            values = dict(zip(WRITTEN, line.split(), strict=True))
            expected.setdefault(values["cs-method"], []).append(int(values["time-taken"]))
    assert {row[0]: int(row[1]) for row in rows} == {
        method: len(each) for method, each in expected.items()
    }


@pytest.mark.long
def test_promtool_makes_blocks_of_the_metrics(run: aw.Run, tmp_path: Path) -> None:
    need("promtool", package="prometheus")
    export_run(run, "openmetrics", tmp_path / "out")
    said(
        "promtool", "tsdb", "create-blocks-from", "openmetrics",
        str(tmp_path / "out/metrics.om"), str(tmp_path / "data"),
    )  # fmt: skip
    told = said("promtool", "tsdb", "list", str(tmp_path / "data"))
    samples = sum(int(line.split()[4]) for line in told.splitlines()[1:])
    text = (tmp_path / "out/metrics.om").read_text(encoding="utf-8")
    assert samples == sum(not line.startswith("#") for line in text.splitlines())


def test_duckdb_reads_logs_counters_and_the_tables_of_an_import(there_and_back) -> None:
    files, back = there_and_back("iis")
    options = "delim=' ', comment='#', header=false, nullstr='-', quote='', escape=''"
    rows = duckdb.sql(f"select count(*), max(column16) from read_csv('{files[0]}', {options})")
    assert (
        rows.fetchone()[0]
        == back.connections["channels"].sum() + 2 * (back.attempts["outcome"] == "failed").sum()
    )
    files, back = there_and_back("perfmon")
    path = r"\\mbx1\MSExchangeIS\RPC Requests"
    rows = duckdb.sql(
        f"select max(\"{path}\") from read_csv('{files[0]}', nullstr=' ', allow_quoted_nulls=true)"
    )
    assert (
        rows.fetchone()[0]
        == back.servers.loc[back.servers["role"] == "mailbox", "rpc_requests"].max()
    )
