#!/usr/bin/env bash
# The blank first sample of a perfmon rate turns its whole column into text, in four readers.
#
# Guess, written before the run:
#   perfmon writes " " (a quoted space) for a rate at its first sample, as a rate needs two.
#   pandas, polars, pyarrow and DuckDB take that for a missing number and give a column of
#   floats.
# Seen:
#   All four give a column of text for that counter, and floats for the counter beside it,
#   which has a value from the first sample on. The values later in the column are strings
#   ("3.25"). A space is in none of their lists of missing values. It has to be named:
#   na_values=[" "] (pandas), null_values=[" "] (polars, pyarrow), nullstr=" " (DuckDB).
# Versions:
#   pandas 3.1.1, polars 2.1.0, pyarrow 26.0.1, duckdb 2.0.1.
# Why it matters:
#   Each PDH log begins with such a line for counters such as % Processor Time or RPC
#   Operations/sec, while a gauge such as RPC Requests is a number in the same file. max() of
#   the text column is the largest by letters: "9.75" above "13.0".
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'pandas==3.1.1' 'polars==2.1.0' 'pyarrow==26.0.1' 'duckdb==2.0.1'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv

GAUGE, RATE = (
    "\\\\EX1\\MSExchangeIS\\RPC Requests",
    "\\\\EX1\\Process(store)\\% Processor Time",
)
with open("perfmon.csv", "w", newline="") as file:
    file.write(f'"(PDH-CSV 4.0) (W. Europe Standard Time)(-60)","{GAUGE}","{RATE}"\r\n')
    for minute in range(6):
        rate = f"{minute * 3.25}" if minute else " "
        file.write(f'"03/04/2026 10:0{minute}:00.123","{minute}.5","{rate}"\r\n')


def kinds(blank):
    """How each reader types the gauge and the rate; `blank`: whether it is told of the blank."""
    frame = pd.read_csv("perfmon.csv", **({"na_values": [" "]} if blank else {}))
    lazy = pl.read_csv("perfmon.csv", **({"null_values": [" "]} if blank else {}))
    options = pa.csv.ConvertOptions(**({"null_values": [" "]} if blank else {}))
    options.quoted_strings_can_be_null = True
    arrow = pa.csv.read_csv("perfmon.csv", convert_options=options)
    rows = duckdb.read_csv("perfmon.csv", **({"na_values": " "} if blank else {}))
    return {
        "pandas": [pd.api.types.is_float_dtype(frame[name]) for name in (GAUGE, RATE)],
        "polars": [lazy[name].dtype.is_float() for name in (GAUGE, RATE)],
        "pyarrow": [pa.types.is_floating(arrow[name].type) for name in (GAUGE, RATE)],
        "duckdb": [str(kind) == "DOUBLE" for kind in rows.types[1:]],
    }


print({name: md.version(name) for name in ("pandas", "polars", "pyarrow", "duckdb")})
print("column of floats? (gauge, rate):", kinds(blank=False))
print("the blank named as missing:     ", kinds(blank=True))
largest = pl.read_csv("perfmon.csv")[RATE].max()
print("largest of the rate, as polars reads it:", repr(largest))
assert all(kind == [True, False] for kind in kinds(blank=False).values())
assert all(kind == [True, True] for kind in kinds(blank=True).values())
assert largest == "9.75"
PY
"$work/venv/bin/python" "$work/probe.py"
