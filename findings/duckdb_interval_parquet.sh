#!/usr/bin/env bash
# DuckDB: a duration does not survive Parquet, in either direction.
#
# Guess, written before the run:
#   An INTERVAL counts microseconds and comes back from a Parquet file as it went in. A
#   duration column of pyarrow is an INTERVAL in DuckDB, whether it is handed over as a table
#   or read from a file.
# Seen:
#   Written by DuckDB, 1.5 ms comes back as 1 ms and 0.4 ms as nothing, with no error or
#   warning: Parquet's INTERVAL has months, days and milliseconds, and the rest is cut off.
#   pyarrow reads that column as 12 bytes a row without a meaning.
#   Written by pyarrow, a duration is a plain whole number to DuckDB: the same table gives an
#   INTERVAL when handed over in memory and a BIGINT when read from the file. The unit is in
#   the metadata of Arrow alone, so 1500 us and 1500 ms cannot be told apart.
# Versions:
#   DuckDB 2.0.1, pyarrow 26.0.1.
# Why it matters:
#   Service times of RPC calls are often below 1 ms, so a mean of such a column falls to a
#   fraction of itself. Files of two runs, one stored in us and one in ms, are read together
#   without complaint and differ by a factor of 1000. Store durations as a number with the
#   unit in the column's name.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'duckdb==2.0.1' 'pyarrow==26.0.1'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md
from datetime import timedelta

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

connection = duckdb.connect()


def rows(query):
    return connection.execute(query).fetchall()


print("DuckDB", md.version("duckdb"), "pyarrow", md.version("pyarrow"))
MILLISECONDS = (1.5, 0.4, 20.0)
values = ", ".join(f"(to_microseconds({round(value * 1000)}))" for value in MILLISECONDS)
connection.execute(f"create table calls as select * from (values {values}) as t(service)")
connection.execute("copy calls to 'calls.parquet' (format parquet)")
before = [row[0] / timedelta(milliseconds=1) for row in rows("select service from calls")]
after = [row[0] / timedelta(milliseconds=1) for row in rows("from 'calls.parquet'")]
by_pyarrow = pq.read_table("calls.parquet").schema.field("service").type
print("by DuckDB, ms:", before, "and from its file", after, "by pyarrow", by_pyarrow)
assert before == list(MILLISECONDS)
assert after == [1.0, 0.0, 20.0]
assert by_pyarrow == pa.binary(12)

for unit in ("us", "ms"):
    arrow_table = pa.table({"service": pa.array([1500], pa.duration(unit))})
    pq.write_table(arrow_table, f"{unit}.parquet")
    handed_over = rows("select typeof(service), service from arrow_table")
    from_file = rows(f"select typeof(service), service from '{unit}.parquet'")
    print("by pyarrow, 1500", unit + ":", handed_over, "and from the file", from_file)
    factor = {"us": timedelta(microseconds=1), "ms": timedelta(milliseconds=1)}[unit]
    assert handed_over == [("INTERVAL", 1500 * factor)]
    assert from_file == [("BIGINT", 1500)]
    assert pq.read_table(f"{unit}.parquet").schema.field("service").type == pa.duration(unit)
PY
"$work/venv/bin/python" "$work/probe.py"
