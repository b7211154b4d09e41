#!/usr/bin/env bash
# polars: a perfmon log of 4 March is read as 3 April, but only early in the month.
#
# Guess, written before the run:
#   With try_parse_dates=True polars reads the time column of a perfmon CSV, which Windows
#   writes month first ("03/04/2026 10:00:00.123"), as month/day, or leaves it as text where
#   it cannot tell.
# Seen:
#   It takes the day first: 4 March becomes 3 April, and the samples of 4 and 5 March come to
#   lie a month apart. A log with one sample after the 12th of a month stays text instead,
#   with neither error nor warning; month first is never tried. So the type of the column
#   depends on the days that the log covers.
# Versions:
#   polars 2.1.0.
# Why it matters:
#   The time column of a perfmon CSV is month first. A script that was tried on a log of the
#   20th (text, parsed by hand) meets real and wrong dates on a log of the 4th; queues are
#   then joined with traces of another day.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'polars==2.1.0'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md
import io

import polars as pl

HEADER = (
    '"(PDH-CSV 4.0) (W. Europe Standard Time)(-60)",'
    '"\\\\EX1\\MSExchangeIS\\RPC Requests"\r\n'
)


def times(*days):
    text = HEADER + "".join(f'"{day} 10:00:00.123","1.5"\r\n' for day in days)
    return pl.read_csv(io.StringIO(text), try_parse_dates=True).to_series(0).to_list()


print("polars", md.version("polars"))
early = times("03/04/2026", "03/05/2026")
late = times("03/20/2026", "03/21/2026")
across = times("03/12/2026", "03/13/2026")
for name, seen in (("4 and 5 March", early), ("20 and 21 March", late), ("12 and 13 March", across)):
    print(f"{name}: {[str(time) for time in seen]}")
assert [(time.month, time.day) for time in early] == [(4, 3), (5, 3)]
assert late == ["03/20/2026 10:00:00.123", "03/21/2026 10:00:00.123"]
assert across == ["03/12/2026 10:00:00.123", "03/13/2026 10:00:00.123"]
PY
"$work/venv/bin/python" "$work/probe.py"
