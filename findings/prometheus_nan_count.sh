#!/usr/bin/env bash
# prometheus_client: a NaN is left out of a histogram's count and kept in its sum.
#
# Guess, written before the run:
#   Of five observed delays one is NaN, of a message that never came. The bucket +Inf holds all
#   there is, so the count is 5; or the NaN is refused, and count and sum are those of four.
# Seen:
#   The count is 4 and the sum is NaN, for good: the NaN is in no bucket, not even in +Inf, and
#   the count is that of +Inf. A Summary of the same five has count 5 and sum NaN. Nothing is
#   raised. So the two types differ in how many there were.
# Versions:
#   prometheus_client 0.26.0.
# Why it matters:
#   One run without a message makes the mean delay (sum by count) NaN from then on, while the
#   quantiles from the buckets look sound and are those of the messages that came: lost ones
#   are missing from the denominator of "share below 5 s", which a Summary's count would show.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --no-deps --disable-pip-version-check --no-input \
    'prometheus-client==0.26.0'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md
import math

from prometheus_client import CollectorRegistry, Histogram, Summary

DELAYS_S = (0.5, 0.7, 2.0, 9.0, math.nan)

registry = CollectorRegistry()
histogram = Histogram("histogram_s", "delay", buckets=(1, 5), registry=registry)
summary = Summary("summary_s", "delay", registry=registry)
for delay_s in DELAYS_S:
    histogram.observe(delay_s)
    summary.observe(delay_s)

buckets = [registry.get_sample_value("histogram_s_bucket", {"le": le}) for le in ("1.0", "5.0", "+Inf")]
counts = [registry.get_sample_value(f"{name}_s_count") for name in ("histogram", "summary")]
sums = [registry.get_sample_value(f"{name}_s_sum") for name in ("histogram", "summary")]
print("prometheus_client", md.version("prometheus_client"))
print(f"histogram: buckets {buckets}, count {counts[0]}, sum {sums[0]}")
print(f"summary: count {counts[1]}, sum {sums[1]}")
assert buckets == [2, 3, 4]
assert counts == [4, 5]
assert all(map(math.isnan, sums))
PY
"$work/venv/bin/python" "$work/probe.py"
