#!/usr/bin/env bash
# ics: a meeting in a Windows time zone is read as one in UTC, though the file has the rules.
#
# Guess, written before the run:
#   A calendar file of Outlook names its zone as Windows does ("W. Europe Standard Time") and
#   holds the rules of that name as a VTIMEZONE. ics reads 9:00 on 6 July there as 07:00 UTC.
# Seen:
#   It is read as 09:00 UTC: the rules in the file are not used, and a name that the system's
#   zones do not have means UTC. No error, no warning. The same file with the name
#   Europe/Berlin is right. vobject gives 07:00 UTC for both names from the same bytes.
# Versions:
#   ics 0.7.3, arrow 1.4.0, TatSu 5.15.1, vobject 0.9.9, python-dateutil 2.9.0.post0,
#   pytz 2026.6, tzdata 2026.6, attrs 26.1.0, six 1.17.0.
# Why it matters:
#   Meetings and logons are laid over a load curve of the servers. Meetings read by ics then
#   come an hour late in winter and two in summer, beside those of other calendar programs,
#   which are right: the step at nine o'clock splits into two that nobody ordered.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --no-deps --disable-pip-version-check --no-input \
    'ics==0.7.3' \
    'arrow==1.4.0' \
    'TatSu==5.15.1' \
    'tzdata==2026.6' \
    'attrs==26.1.0' \
    'vobject==0.9.9' \
    'python-dateutil==2.9.0.post0' \
    'pytz==2026.6' \
    'six==1.17.0'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md
from datetime import datetime, timezone

import ics
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


print("ics", md.version("ics"), "vobject", md.version("vobject"))
for zone, hour in (("W. Europe Standard Time", 9), ("Europe/Berlin", 7)):
    text = calendar(zone, STANDARD + DAYLIGHT, "20260706T090000")
    by_ics = next(iter(ics.Calendar(text).events)).begin.datetime
    by_vobject = vobject.readOne(text).vevent.dtstart.value
    times = [time.astimezone(timezone.utc) for time in (by_ics, by_vobject)]
    print(f"{zone}, 9:00: ics {times[0]}, vobject {times[1]}")
    assert times == [datetime(2026, 7, 6, at, tzinfo=timezone.utc) for at in (hour, 7)]
PY
"$work/venv/bin/python" "$work/probe.py"
