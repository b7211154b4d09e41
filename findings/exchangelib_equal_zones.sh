#!/usr/bin/env bash
# exchangelib: two time zones are equal, but two keys of a dictionary and two times of day.
#
# Guess, written before the run:
#   EWSTimeZone is compared by its name, as its base class ZoneInfo is. Should two names be
#   equal nevertheless, they have one hash, as Python demands of equal objects, and one
#   offset from UTC.
# Seen:
#   Zones are equal once Windows has one name for them: Europe/Berlin == Europe/Vienna. The
#   hash is that of the object, so a set or a dictionary holds both, and whether a zone is
#   found depends on a list or a set being asked. Zones of one Windows name need not agree on
#   the time: America/Scoresbysund == Atlantic/Azores, an hour apart all year.
# Versions:
#   exchangelib 5.6.0, tzdata 2026.6 (the system's zone files are left out).
# Why it matters:
#   Mailboxes grouped by time zone, for the morning peak of logons, fall into one group per
#   city with a dictionary and into one per Windows zone with a comparison; a test for "is
#   the zone as before" passes where the working hours moved by an hour.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'exchangelib==5.6.0' 'tzdata==2026.6'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md
from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

from exchangelib import EWSTimeZone


def look(*names):
    """Equal, equal hashes, found in a list, in a set, keys of a count; hours apart in January."""
    first, second = (EWSTimeZone(name) for name in names)
    january = datetime(2026, 1, 15, 12)
    apart = january.replace(tzinfo=first).utcoffset() - january.replace(tzinfo=second).utcoffset()
    return (
        first == second, hash(first) == hash(second), second in [first], second in {first},
        len(Counter([first, second])), apart.total_seconds() / 3600,
    )  # fmt: skip


print("exchangelib", md.version("exchangelib"), "tzdata", md.version("tzdata"))
seen = {
    names: look(*names)
    for names in (
        ("Europe/Berlin", "Europe/Berlin"),
        ("Europe/Berlin", "Europe/Vienna"),
        ("Atlantic/Azores", "America/Scoresbysund"),
        ("Europe/Berlin", "Europe/London"),
    )
}
for names, result in seen.items():
    print(*names, result)
assert list(seen.values()) == [
    (True, True, True, True, 1, 0.0),
    (True, False, True, False, 2, 0.0),
    (True, False, True, False, 2, 1.0),
    (False, False, False, False, 2, 1.0),
]
assert ZoneInfo("Europe/Berlin") != ZoneInfo("Europe/Vienna")
PY
PYTHONTZPATH='' "$work/venv/bin/python" "$work/probe.py"
