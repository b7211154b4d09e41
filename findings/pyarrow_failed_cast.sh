#!/usr/bin/env bash
# A cast of text that fails at its first value takes many times as long as one that succeeds.
#
# Guess, written before the run:
#   pyarrow.compute.cast raises ArrowInvalid at the first value that it can't read. With that
#   value in the first row a failed try costs nothing, so trying one type after the other
#   (timestamps with a zone, without one, text) is cheap.
# Seen:
#   All rows are gone through and an error is made for each that is bad, then the first is
#   raised: 200,000 times with a "Z" cast to timestamp("us") take 20 to 60 times as long to fail
#   as the same texts take to be read as timestamp("us", "UTC"), and the time of a failure grows
#   with the number of rows.
# Versions:
#   pyarrow 26.0.1.
# Why it matters:
#   A reader of logs that tries types in turn spends most of its time in the tries that fail; the
#   RPC Client Access reader spent an eighth of its time so. Look at the first value, then cast once.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'pyarrow==26.0.1'

cat > "$work/probe.py" <<'PY'
from time import process_time

import pyarrow as pa
import pyarrow.compute as pc

print("pyarrow", pa.__version__)


def seconds(rows, kind):
    """The fastest of three casts, in processor time, and what the first one said."""
    text, said, found = pa.array(["2013-03-21T00:00:00.101Z"] * rows), "", []
    for _ in range(3):
        begin = process_time()
        try:
            pc.cast(text, kind)
        except pa.ArrowInvalid as error:
            said = str(error)
        found.append(process_time() - begin)
    return min(found), said


read, nothing = seconds(200_000, pa.timestamp("us", "UTC"))
failed, said = seconds(200_000, pa.timestamp("us"))
few, _ = seconds(2_000, pa.timestamp("us"))
print("raised:", said)
print(f"200,000 rows: read in {1000 * read:.1f} ms, failed in {1000 * failed:.1f} ms")
print(f"2,000 rows: failed in {1000 * few:.2f} ms")
assert not nothing and "expected no zone offset" in said
assert failed > 5 * read
assert failed > 20 * few
PY
"$work/venv/bin/python" "$work/probe.py"
