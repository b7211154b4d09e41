#!/usr/bin/env bash
# icalendar and vobject: one file, one zone without summer time, two times of a meeting.
#
# Guess:
#   A calendar file brings its time zone along as a VTIMEZONE, and RFC 5545 has a TZID refer to
#   that. Where the file says that "Europe/Vienna" is +01:00 all year, 9:00 on 6 July is 08:00
#   UTC for any reader.
# Seen:
#   icalendar gives 07:00 UTC: it knows the name, so summer time applies, and drops the file's
#   rules. vobject follows the file: 08:00 UTC. Under a name that neither knows ("Plant") both
#   give 08:00. No error, no warning.
# Versions:
#   icalendar 7.3.2, vobject 0.9.9, python-dateutil 2.9.0.post0, pytz 2026.6, tzdata 2026.6,
#   typing-extensions 4.16.0, six 1.17.0.
# Why it matters:
#   A sender whose clock stays on winter time, or whose zone rules are older or newer than the
#   reader's, is an hour off by one library and right by the other. Two counts of meetings by
#   hour from one folder then differ in summer alone, with no difference in the data.
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
from datetime import timezone

import icalendar
import vobject

STANDARD = [
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


print("icalendar", md.version("icalendar"), "vobject", md.version("vobject"))
for zone, seen in (("Europe/Vienna", [7, 8]), ("Plant", [8, 8])):
    text = calendar(zone, STANDARD, "20260706T090000")
    by_icalendar = icalendar.Calendar.from_ical(text).walk("VEVENT")[0]["DTSTART"].dt
    by_vobject = vobject.readOne(text).vevent.dtstart.value
    print(f"{zone}: icalendar {by_icalendar.isoformat()}, vobject {by_vobject.isoformat()}")
    hours = [time.astimezone(timezone.utc).hour for time in (by_icalendar, by_vobject)]
    assert hours == seen
PY
"$work/venv/bin/python" "$work/probe.py"
