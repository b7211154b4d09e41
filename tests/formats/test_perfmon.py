"""Counters: out and back, several servers, other decimals and names, blanks of first samples."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.csv as pa_csv
import pytest
from typer.testing import CliRunner

import anywhere_sim as aw
from anywhere_sim.cli import app
from anywhere_sim.formats import import_files
from anywhere_sim.formats.perfmon import COUNTERS

GERMAN = (
    '"(PDH-CSV 4.0) (W. Europe Standard Time)(-60)";"\\\\EX1\\Prozessor(_Total)\\Prozessorzeit (%)"'
    ';"\\\\EX1\\MSExchangeIS\\RPC-Anfragen"'
    ';"\\\\EX2\\RPC/HTTP Proxy\\Current Number of Unique Users"'
    ';"\\\\EX1\\Prozessor(0)\\Prozessorzeit (%)";"\\\\EX1\\Prozessor(1)\\Prozessorzeit (%)"\r\n'
    '"03/04/2026 09:00:00.123";" ";"4";"7";" ";" "\r\n'
    '"03/04/2026 09:00:15.123";"12,5";"3";"8";"20";"5"\r\n'
    '"03/04/2026 09:00:30.123";"25";"x";"9";"20";"5"\r\n'
)


def test_counters_come_back(run: aw.Run, there_and_back) -> None:
    files, back = there_and_back("perfmon")
    sent, got = run.servers, back.servers
    assert sent["server"].tolist() == got["server"].tolist()
    assert sent["role"].tolist() == got["role"].tolist()
    assert sent["time_s"].tolist() == got["time_s"].tolist()
    checked = 0
    for counter in COUNTERS:
        rows = np.ones(len(sent), bool) if not counter.role else sent["role"] == counter.role
        for name in filter(None, (counter.column, counter.total)):
            expected, found = sent.loc[rows, name], got.loc[rows, name]
            # a rate added up is the count that it was made of
            assert np.allclose(
                expected, found, rtol=1e-9, atol=0.5 if name == counter.total else 1e-9
            )
            checked += 1
    assert checked > 20
    again, twice = there_and_back("perfmon", back)
    assert files[0].read_bytes() == again[0].read_bytes()
    assert back.table("servers").equals(twice.table("servers"))
    assert not aw.measures(back)[["RPC calls", "connections at peak"]].isna().any()


def test_an_export_is_a_table_for_others(there_and_back) -> None:
    files, back = there_and_back("perfmon")
    options = pa_csv.ConvertOptions(null_values=[" "], quoted_strings_can_be_null=True)
    table = pa_csv.read_csv(files[0], convert_options=options)
    assert table.num_rows == back.servers["time_s"].nunique() + 1
    assert all(str(kind) == "double" for kind in table.schema.types[1:])


FRENCH = "\r\n".join((
    ",".join(f'"{each}"' for each in (
        "(PDH-CSV 4.0) (Paris, Madrid (heure d’été))(-120)",
        r"\\EX1\Informations sur le processeur(_Total)\% temps processeur",
        r"\\EX1\Informations sur le processeur(0,0)\% temps processeur",
        r"\\EX1\Informations sur le processeur(0,1)\% temps processeur",
        r"\\EX1\Files d’attente de demande de service HTTP(MSExchangeRpcProxyAppPool)"
        r"\TailleActuelleFileAttente",
        r"\\EX1\MSExchangeIS\Demandes RPC",
    )),
    '"11/03/2026 09:00:00.123"," "," "," ","3","1"',
    '"11/03/2026 09:00:15.123","12,5","5","20","1","1"',
    "",
))  # fmt: skip


def test_french_counters_of_windows_are_known_and_of_exchange_listed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(FRENCH, encoding="utf-8", newline="")
    made = import_files([tmp_path / "a.csv"], tmp_path / "out", keep_names=True)
    rows = made.servers
    assert made.manifest["day_1"] == "2026-11-03"  # month first, also where day first could be
    assert rows["time_s"].tolist() == pytest.approx([25200.123, 25215.123])
    assert rows["cpu_busy"].fillna(-1).tolist() == [-1, 0.125]
    assert rows["cores"].tolist() == [2.0, 2.0]
    assert rows["queued_requests"].tolist() == [3, 1]
    assert rows["rpc_requests"].isna().all()  # no source says what Exchange calls it: not guessed
    notes = json.loads((tmp_path / "out/quality.json").read_text(encoding="utf-8"))["files"][0]
    assert notes["notes"] == [r"counters that fill no column: \MSExchangeIS\Demandes RPC"]


@pytest.mark.parametrize("coding", ["utf-8", "utf-16"])
def test_other_decimals_names_and_zones(tmp_path: Path, coding: str) -> None:
    (tmp_path / "a.csv").write_bytes(GERMAN.encode(coding))
    names = {r"\MSExchangeIS\RPC-Anfragen": r"\MSExchangeIS\RPC Requests"}
    made = import_files(
        [tmp_path / "a.csv"], tmp_path / "out", keep_names=True, counter_names=names
    )
    rows = made.servers
    one, two = (rows[rows["server"] == name] for name in ("ex1", "ex2"))
    assert one["role"].tolist() == ["mailbox"] * 3
    assert two["role"].tolist() == ["front_end"] * 3
    assert one["time_s"].tolist() == pytest.approx([28800.123, 28815.123, 28830.123])
    assert one["cpu_busy"].fillna(-1).tolist() == [-1, 0.125, 0.25]
    assert one["cores"].tolist() == [2.0] * 3
    assert one["cpu_busy_s"].tolist() == [0.0, 0.125 * 30, 0.375 * 30]
    assert one["rpc_requests"].fillna(-1).tolist() == [4, 3, -1]
    assert two["unique_users"].tolist() == [7, 8, 9]
    assert made.manifest["day_1"] == "2026-03-04"
    found = json.loads((tmp_path / "out/quality.json").read_text(encoding="utf-8"))["files"][0]
    assert [each["first"] for each in found["refused"].values()] == [[4]]


def test_counters_of_one_role_or_of_none_have_a_page(tmp_path: Path) -> None:
    """A store alone, without its number of cores, is what most servers write."""
    head = '"(PDH-CSV 4.0) (UTC)(0)"'
    clock = [f'"03/06/2017 09:{minute:02d}:00.000"' for minute in range(12)]
    for name, paths in (
        (
            "store",
            (r"\\EX1\Processor(_Total)\% Processor Time", r"\\EX1\MSExchangeIS\RPC Requests"),
        ),
        ("processor", (r"\\EX1\Processor(_Total)\% Processor Time",)),
    ):
        lines = [",".join([head, *(f'"{path}"' for path in paths)])]
        lines += [",".join([at, *('"12.5"' for _ in paths)]) for at in clock]
        (tmp_path / f"{name}.csv").write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")
        folder = tmp_path / name
        done = CliRunner().invoke(
            app, ["import", str(tmp_path / f"{name}.csv"), "--out", str(folder), "--report"]
        )
        assert done.exit_code == 0, done.output
        html = (folder / "report.html").read_text(encoding="utf-8")
        assert "Counters of the servers over time" in html
        assert "No log says enough for: " in html
