#!/usr/bin/env bash
# vobject: a weekly meeting at nine moves to ten when summer time begins.
#
# Guess:
#   A meeting each Monday at 9:00 in Europe/Berlin takes place at 9:00 there all year: 08:00
#   UTC in winter, 07:00 UTC from 30 March 2026 on. getrruleset gives these times.
# Seen:
#   All times of the set bear the offset of the first one: 30 March is 09:00+01:00, which is
#   10:00 in Berlin. The file names the zone and leaves its rules to the reader (RFC 7809 lets
#   servers do so), and vobject takes them from pytz. With the rules in the file, as a
#   VTIMEZONE, the same meeting is right. No error, no warning in either.
# Versions:
#   vobject 0.9.9, python-dateutil 2.9.0.post0, pytz 2026.6, six 1.17.0.
# Why it matters:
#   Sent mail and reads rise around meetings. Counted by hour over a year, every series that
#   began in winter is an hour late for the summer, one that began in summer an hour early in
#   winter, while single meetings are right: the morning peak is blurred over two hours.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --no-deps --disable-pip-version-check --no-input \
    'vobject==0.9.9' \
    'python-dateutil==2.9.0.post0' \
    'pytz==2026.6' \
    'six==1.17.0'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md
from datetime import timezone

import vobject

STANDARD = [
    "BEGIN:STANDARD", "DTSTART:16011028T030000", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
    "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "END:STANDARD",
]
DAYLIGHT = [
    "BEGIN:DAYLIGHT", "DTSTART:16010325T020000", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
    "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "END:DAYLIGHT",
]


def calendar(zone, rules, start, more=""):
    """A calendar of one event of an hour; `rules` are the lines of its zone."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example.org//probe//EN"]
    if rules:
        lines += ["BEGIN:VTIMEZONE", f"TZID:{zone}", *rules, "END:VTIMEZONE"]
    lines += ["BEGIN:VEVENT", "UID:1", "DTSTAMP:20260101T000000Z"]
    lines += [f"DTSTART;TZID={zone}:{start}", "DURATION:PT1H", *([more] if more else [])]
    return "\r\n".join([*lines, "END:VEVENT", "END:VCALENDAR", ""])


def hours(zone, rules):
    """Each meeting's hour in UTC."""
    text = calendar(zone, rules, "20260302T090000", "RRULE:FREQ=WEEKLY;COUNT=6")
    times = list(vobject.readOne(text).vevent.getrruleset(addRDate=True))
    print(f"{zone}, {'with' if rules else 'without'} rules: {[time.isoformat() for time in times[3:5]]}")
    return [time.astimezone(timezone.utc).hour for time in times]


print("vobject", md.version("vobject"))
rules = STANDARD + DAYLIGHT
assert hours("Europe/Berlin", []) == [8, 8, 8, 8, 8, 8]
assert hours("Europe/Vienna", rules) == [8, 8, 8, 8, 7, 7]
assert hours("W. Europe Standard Time", rules) == [8, 8, 8, 8, 7, 7]
PY
"$work/venv/bin/python" "$work/probe.py"
