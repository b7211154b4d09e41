#!/usr/bin/env bash
# DuckDB: isnan(x) finds no NaN in a Parquet file that pyarrow wrote.
#
# Guess, written before the run:
#   A query gives the same rows on an Arrow table and on the Parquet file written from it. NaN
#   is greater than any number in DuckDB, so x > 5 and isnan(x) find it in both.
# Seen:
#   On the table both filters find the NaN. On the file both find nothing, and x <= 3 finds it
#   instead: 4 rows of 4. pyarrow leaves NaN out of the minimum and maximum in the file, as
#   the format asks, and DuckDB takes these for bounds of all values: it drops the row group,
#   or drops the filter. max(x) is NaN on the table and 3.0 on the file. A file that DuckDB
#   wrote itself has no bounds then, and is right.
# Versions:
#   duckdb 2.0.1, pyarrow 26.0.1.
# Why it matters:
#   The mean delay of a run without a message is NaN. A check "where isnan(delay)" over the
#   results of a sweep then says that all is well, and "where delay <= limit" counts the runs
#   that have no delay as good ones.
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

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

given = pa.table({"x": [1.0, 2.0, float("nan"), 3.0]})
pq.write_table(given, "arrow.parquet")
connection = duckdb.connect()
connection.register("given", given)
connection.execute("copy given to 'duck.parquet' (format parquet)")


def answers(source):
    counts = [
        connection.execute(f"select count(*) from {source} where {condition}").fetchall()[0][0]
        for condition in ("x > 5", "isnan(x)", "x <= 3")
    ]
    return [*counts, str(connection.execute(f"select max(x) from {source}").fetchall()[0][0])]


print("duckdb", md.version("duckdb"), "pyarrow", md.version("pyarrow"))
seen = {name: answers(name) for name in ("given", "'arrow.parquet'", "'duck.parquet'")}
for name, row in seen.items():
    print(f"{name:16} x > 5: {row[0]}  isnan(x): {row[1]}  x <= 3: {row[2]}  max(x): {row[3]}")
bounds = pq.read_metadata("arrow.parquet").row_group(0).column(0).statistics
print("bounds in arrow.parquet:", bounds.min, bounds.max)
assert seen["given"] == [1, 1, 3, "nan"]
assert seen["'arrow.parquet'"] == [0, 0, 4, "3.0"]
assert seen["'duck.parquet'"][:3] == [1, 1, 3]
PY
"$work/venv/bin/python" "$work/probe.py"
