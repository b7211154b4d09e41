#!/usr/bin/env bash
# croniter, cronsim: two readers of one crontab line make other nights of it.
#
# Guess, written before the run:
#   Both follow Debian's cron, which cronsim names as its model: a line with a day of the month
#   that begins with a star and a weekday needs both, and a job at a fixed hour runs once in the
#   night in which the clock is put back.
# Seen:
#   "0 0 */2 * mon": cronsim gives Mondays with an odd day only, croniter each odd day and each
#   Monday. "30 2 * * *" in Berlin: cronsim gives 2:30 once in the night of 25 October 2026,
#   croniter twice, an hour apart. In spring both give 3:00 instead of the 2:30 that is not.
# Versions:
#   croniter 7.0.0; cronsim 2.8.
# Why it matters:
#   Nightly jobs (a backup, a store's maintenance, the making of an address book) are written as
#   such lines. Load at night that is laid out by one library and explained by the other has
#   nights too many, and one backup that begins while the first is still at work.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'croniter==7.0.0' 'cronsim==2.8' 'tzdata==2026.1'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md
from datetime import datetime
from zoneinfo import ZoneInfo

from croniter import croniter
from cronsim import CronSim

BERLIN = ZoneInfo("Europe/Berlin")


def first(line, start, number):
    by_croniter, by_cronsim = croniter(line, start), CronSim(line, start)
    return (
        [f"{by_croniter.get_next(datetime):%m-%dT%H:%M%z}" for _ in range(number)],
        [f"{next(by_cronsim):%m-%dT%H:%M%z}" for _ in range(number)],
    )


print("croniter", md.version("croniter"), "cronsim", md.version("cronsim"))
for line, start, croniters, cronsims in (
    (
        "0 0 */2 * mon",
        datetime(2026, 11, 1),
        ["11-02T00:00", "11-03T00:00", "11-05T00:00", "11-07T00:00"],
        ["11-09T00:00", "11-23T00:00", "12-07T00:00", "12-21T00:00"],
    ),
    (
        "30 2 * * *",
        datetime(2026, 10, 24, 12, tzinfo=BERLIN),
        ["10-25T02:30+0200", "10-25T02:30+0100", "10-26T02:30+0100"],
        ["10-25T02:30+0200", "10-26T02:30+0100", "10-27T02:30+0100"],
    ),
    (
        "30 2 * * *",
        datetime(2026, 3, 28, 12, tzinfo=BERLIN),
        ["03-29T03:00+0200", "03-30T02:30+0200"],
        ["03-29T03:00+0200", "03-30T02:30+0200"],
    ),
):
    seen = first(line, start, len(croniters))
    print(line, "croniter", *seen[0])
    print(line, "cronsim ", *seen[1])
    assert seen == (croniters, cronsims)
PY
"$work/venv/bin/python" "$work/probe.py"
