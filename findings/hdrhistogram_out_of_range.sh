#!/usr/bin/env bash
# hdrhistogram: the slowest calls are left out of the percentiles, without an error.
#
# Guess, written before the run:
#   A value above the highest trackable one raises an error, as the Java original does.
# Seen:
#   record_value returns False and the value is gone: not in the count, the maximum or any
#   percentile. Nothing is raised. A value of 0.7 is stored as 0, since values are cut to
#   whole numbers, though the lowest value was given as 1.
# Versions:
#   hdrhistogram 0.10.8.
# Why it matters:
#   A histogram of RPC latencies up to 10 s, fed with calls that hang until a limit of 60 s,
#   shows a 99th percentile without these calls: the worse the server, the better the tail.
#   Milliseconds below 1 turn into 0. Take a range that holds the longest limit, record
#   microseconds, and check what record_value returns.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'hdrhistogram==0.10.8'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md

from hdrh.histogram import HdrHistogram

print("hdrhistogram", md.version("hdrhistogram"))
histogram = HdrHistogram(1, 10_000, 3)
returned = {value: histogram.record_value(value) for value in (10, 20, 60_000)}
for _ in range(7):
    histogram.record_value(60_000)
print("record_value returned", returned)
print("10 calls, 8 of 60000 ms: count", histogram.get_total_count(), "maximum",
      histogram.get_max_value(), "99th percentile", histogram.get_value_at_percentile(99))
small = HdrHistogram(1, 10_000, 3)
kept = small.record_value(0.7)
print("0.7 recorded:", kept, "read back:", small.get_value_at_percentile(50))
assert returned == {10: True, 20: True, 60_000: False}
assert (histogram.get_total_count(), histogram.get_max_value()) == (2, 20)
assert histogram.get_value_at_percentile(99) == 20
assert kept and small.get_value_at_percentile(50) == 0
PY
"$work/venv/bin/python" "$work/probe.py"
