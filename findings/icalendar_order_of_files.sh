#!/usr/bin/env bash
# icalendar and vobject: the time of a meeting depends on the file that was read before.
#
# Guess:
#   Two calendar files each hold a VTIMEZONE named "Plant", one with summer time and one
#   without. A name holds within its file, so each file's meeting is dated by its own rules, in
#   whatever order the files are read.
# Seen:
#   The rules of the file that is read first are kept for the rest of the process, in both
#   libraries, and used for each later file with that name. 9:00 on 6 July is +01:00 in both
#   files in one order and +02:00 in both in the other. Read in a process of its own each is
#   right. No error, no warning.
# Versions:
#   icalendar 7.3.2, vobject 0.9.9, python-dateutil 2.9.0.post0, pytz 2026.6, tzdata 2026.6,
#   typing-extensions 4.16.0, six 1.17.0.
# Why it matters:
#   Meetings of a company are collected from many mailboxes. Names that a program makes up, or
#   rules that were changed since, meet in one run, and the counts by hour depend on the order
#   of a directory listing, or on how a pool of workers divides the files.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --no-deps --disable-pip-version-check --no-input \
    'icalendar==7.3.2' \
    'tzdata==2026.6' \
    'typing-extensions==4.16.0' \
    'vobject==0.9.9' \
    'python-dateutil==2.9.0.post0' \
    'pytz==2026.6' \
    'six==1.17.0'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md
from datetime import timedelta

import icalendar
import vobject

STANDARD = [
    "BEGIN:STANDARD", "DTSTART:16011028T030000", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
    "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "END:STANDARD",
]
DAYLIGHT = [
    "BEGIN:DAYLIGHT", "DTSTART:16010325T020000", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
    "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "END:DAYLIGHT",
]

WINTER = [
    "BEGIN:STANDARD", "DTSTART:16010101T000000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0100", "END:STANDARD",
]


def calendar(zone, rules, start, more=""):
    """A calendar of one event of an hour; `rules` are the lines of its zone."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example.org//probe//EN"]
    if rules:
        lines += ["BEGIN:VTIMEZONE", f"TZID:{zone}", *rules, "END:VTIMEZONE"]
    lines += ["BEGIN:VEVENT", "UID:1", "DTSTAMP:20260101T000000Z"]
    lines += [f"DTSTART;TZID={zone}:{start}", "DURATION:PT1H", *([more] if more else [])]
    return "\r\n".join([*lines, "END:VEVENT", "END:VCALENDAR", ""])


def offsets(read, zone, *files):
    """Hours from UTC of the meeting in each file, in the order of reading."""
    times = [read(calendar(zone, rules, "20260706T090000")) for rules in files]
    return [time.utcoffset() // timedelta(hours=1) for time in times]


print("icalendar", md.version("icalendar"), "vobject", md.version("vobject"))
SUMMER = STANDARD + DAYLIGHT
for name, read in (
    ("icalendar", lambda text: icalendar.Calendar.from_ical(text).walk("VEVENT")[0]["DTSTART"].dt),
    ("vobject", lambda text: vobject.readOne(text).vevent.dtstart.value),
):
    one = offsets(read, "Plant", WINTER, SUMMER)
    other = offsets(read, "Works", SUMMER, WINTER)
    print(f"{name}: without, then with summer time {one}; with, then without {other}")
    assert one == [1, 1]
    assert other == [2, 2]
PY
"$work/venv/bin/python" "$work/probe.py"
