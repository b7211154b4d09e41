#!/usr/bin/env bash
# SALib: seed=0 leaves the confidence intervals of Sobol indices unseeded.
#
# Guess, written before the run:
#   Two calls of sobol.analyze with the same outputs and seed=0 give the same numbers, as with
#   any other seed.
# Seen:
#   The indices are equal, but S1_conf and ST_conf differ from call to call with seed=0, and
#   numpy's global generator moves on. With seed=1 all is equal. morris.analyze in the same
#   release does repeat with seed=0.
# Versions:
#   SALib 1.6.0, numpy 2.4.6.
# Why it matters:
#   Zero is the usual first seed of a study. A table of main effects of a message-delay model
#   then cannot be reproduced in its last column, and code that shares numpy's global
#   generator draws other numbers after the analysis than without it.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'SALib==1.6.0' 'numpy==2.4.6'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md

import numpy as np
from SALib.analyze import morris, sobol
from SALib.sample import morris as morris_sample
from SALib.sample import sobol as sobol_sample

problem = {"num_vars": 2, "names": ["rtt_ms", "loss"], "bounds": [[0, 1], [0, 1]]}
x = sobol_sample.sample(problem, 64, seed=7)
y = x[:, 0] + x[:, 1] ** 2
xm = morris_sample.sample(problem, 20, seed=7)
ym = xm[:, 0] + xm[:, 1] ** 2


def repeats(seed):
    first, second = (sobol.analyze(problem, y, seed=seed) for _ in range(2))
    return {key: bool(np.array_equal(first[key], second[key])) for key in ("S1", "S1_conf", "ST_conf")}


def leaves_global_state(seed):
    np.random.seed(5)
    expected = np.random.random()
    np.random.seed(5)
    sobol.analyze(problem, y, seed=seed)
    return bool(np.random.random() == expected)


def morris_repeats(seed):
    first, second = (morris.analyze(problem, xm, ym, seed=seed)["mu_star_conf"] for _ in range(2))
    return bool(np.array_equal(first, second))


print("SALib", md.version("SALib"), "numpy", np.__version__)
for seed in (0, 1):
    print("seed", seed, "sobol repeats:", repeats(seed), "global generator untouched:",
          leaves_global_state(seed), "morris repeats:", morris_repeats(seed))
assert repeats(0) == {"S1": True, "S1_conf": False, "ST_conf": False}
assert repeats(1) == {"S1": True, "S1_conf": True, "ST_conf": True}
assert not leaves_global_state(0) and leaves_global_state(1)
assert morris_repeats(0) and morris_repeats(1)
PY
"$work/venv/bin/python" "$work/probe.py"
