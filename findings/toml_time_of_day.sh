#!/usr/bin/env bash
# toml: half a second in a time of day is nothing, and 123 milliseconds are 123 microseconds.
#
# Guess, written before the run:
#   08:30:00.123 is 123 ms after half past eight, as it is for tomllib, and 08:30:00.5 half a
#   second after it.
# Seen:
#   The digits behind the point are taken for a number of microseconds, so .123 is 0.000123 s;
#   .5 and .25 are dropped altogether. Six digits are right, and they are what toml writes
#   itself, so a round trip shows nothing. With a date before it the same fraction is right. No
#   error.
# Versions:
#   toml 0.10.2; tomllib of Python 3.11 or later.
# Why it matters:
#   Starts of shifts and logons are times of day. A start that is staggered in a scenario's file
#   by fractions of a second falls on one instant, or a thousandth of the distance apart, and
#   the rush that the stagger was to avoid is what is simulated.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --no-deps --disable-pip-version-check --no-input \
    'toml==0.10.2'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md
import tomllib

import toml

print("toml", md.version("toml"))
for text, seen, right in (
    ("08:30:00.5", 0, 500_000),
    ("08:30:00.25", 0, 250_000),
    ("08:30:00.123", 123, 123_000),
    ("08:30:00.123000", 123_000, 123_000),
    ("2026-03-02T08:30:00.123", 123_000, 123_000),
    ("2026-03-02T08:30:00.5+01:00", 500_000, 500_000),
):
    by_toml, by_tomllib = (read(f"at = {text}")["at"] for read in (toml.loads, tomllib.loads))
    print(f"{text}: toml {by_toml}, tomllib {by_tomllib}")
    assert by_toml.microsecond == seen
    assert by_tomllib.microsecond == right
PY
"$work/venv/bin/python" "$work/probe.py"
