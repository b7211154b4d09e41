#!/usr/bin/env bash
# lifelines: whether a Kaplan-Meier median is one observation too late hangs on rounding.
#
# Guess, written before the run:
#   For n distinct times without censoring, n even, the Kaplan-Meier curve is exactly 0.5 at
#   observation n/2. lifelines defines the median as the first time where the curve is at or
#   below 0.5, so it gives n/2 for each n.
# Seen:
#   lifelines gives n/2 for most n, but n/2 + 1 for 24 of the 100 even n up to 200, the first
#   being 6 (its curve there is 0.5000000000000001). The answer hangs on the last bit of a
#   product, not on the data; which sizes are hit may differ between processors, that some are
#   hit and some are not does not.
# Versions:
#   lifelines 0.30.3, numpy 2.4.6.
# Why it matters:
#   Delays cut off at a time limit are compared by Kaplan-Meier medians. With 6 or 20 runs for
#   each setting, and delays far apart, one observation is a visible step, and two programs
#   (or two sizes of sample) differ with no cause in the data. Ask for a quantile that no step
#   of the curve meets exactly, or take the mean of both neighbours.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'lifelines==0.30.3' 'numpy==2.4.6' 'pandas==2.3.3' 'scipy==1.17.1'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md
import warnings

import numpy as np

warnings.simplefilter("ignore")
from lifelines import KaplanMeierFitter  # noqa: E402

print("lifelines", md.version("lifelines"), "numpy", np.__version__)
steps = {}
for n in range(2, 201, 2):
    times = np.arange(1, n + 1.0)
    steps[n] = float(KaplanMeierFitter().fit(times).median_survival_time_) - n / 2
late = [n for n, step in steps.items() if step == 1]
print(f"median n/2 + 1 for {len(late)} of {len(steps)} sizes, first {late[:6]};",
      f"n/2 for {sum(step == 0 for step in steps.values())}")
curve = KaplanMeierFitter().fit(np.arange(1, 7.0)).survival_function_["KM_estimate"]
print("n = 6, curve at observation 3:", repr(float(curve.loc[3.0])))
assert set(steps.values()) == {0.0, 1.0}
PY
"$work/venv/bin/python" "$work/probe.py"
