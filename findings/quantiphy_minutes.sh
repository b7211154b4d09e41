#!/usr/bin/env bash
# quantiphy: ten minutes are a hundredth of an inch.
#
# Guess, written before the run:
#   Quantity("10 min") is 10 with the unit min, as "10 s" is 10 with the unit s.
# Seen:
#   The first letter is taken for a prefix whenever something stands behind it: "10 min" is 0.01
#   with the unit "in", "2 mins" is 0.002 "ins", "4 processors" is 4e-12 "rocessors", "1 GiB" a
#   billion "iB". "5 m" is 0.005 without a unit. No error.
# Versions:
#   quantiphy 2.23.
# Why it matters:
#   The library is made to read a figure with its unit. Of a table of settings, what is in
#   seconds, bytes and hours comes out right, what is in minutes is less by a thousand, and a
#   poll each "15 min" becomes one each 15 ms.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'quantiphy==2.23'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md

from quantiphy import Quantity

print("quantiphy", md.version("quantiphy"))
for text, value, unit in (
    ("10 s", 10.0, "s"),
    ("128 kB", 128_000.0, "B"),
    ("3 hours", 3.0, "hours"),
    ("10 min", 0.01, "in"),
    ("2 mins", 0.002, "ins"),
    ("4 processors", 4e-12, "rocessors"),
    ("1 GiB", 1e9, "iB"),
    ("5 m", 0.005, ""),
):
    quantity = Quantity(text)
    print(f"{text}: {float(quantity):g}, unit {quantity.units!r}")
    assert abs(float(quantity) / value - 1.0) < 1e-12
    assert quantity.units == unit
PY
"$work/venv/bin/python" "$work/probe.py"
