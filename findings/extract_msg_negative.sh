#!/usr/bin/env bash
# extract-msg: whole numbers of a message are read without their sign.
#
# Guess, written before the run:
#   PtypInteger16, PtypInteger32 and PtypInteger64 are signed: MS-OXCDATA refers them to
#   INT16, INT32 and LONGLONG. -2 is read as -2, as it is for the currency and the two
#   floating point types.
# Seen:
#   -2 is read as 65534, 4294967294 and 18446744073709551614. Currency, float and double are
#   right. No error: the values look like large sizes or counts.
# Versions:
#   extract-msg 0.57.0, olefile 0.47, red-black-tree-mod 1.22.
# Why it matters:
#   PidTagIconIndex of an appointment is -1 where the icon is left to the client (MS-OXOCAL),
#   and a test for -1 finds none. A number of an application's own (minutes before or after
#   the due time) puts a sum over saved messages off by 2^32 for each item below zero.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'extract-msg==0.57.0' 'olefile==0.47' 'red-black-tree-mod==1.22'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md
import struct

import extract_msg

MESSAGE_CLASS = "IPM.Note".encode("utf-16-le")
# Each property: tag, how its value is packed, the number that stands for -2, what is read.
PROPERTIES = (
    (0x60000002, "<h6x", -2, 65534),
    (0x60010003, "<i4x", -2, 4294967294),
    (0x60020014, "<q", -2, 18446744073709551614),
    (0x60030006, "<q", -20000, -2),
    (0x60040004, "<f4x", -2.0, -2),
    (0x60050005, "<d", -2.0, -2),
    (0x10800003, "<i4x", -1, 4294967295),
)  # fmt: skip


def entry(tag, value):
    return struct.pack("<II", tag, 6) + value


stream = bytes(32) + entry(0x001A001F, struct.pack("<II", len(MESSAGE_CLASS) + 2, 0))
for tag, form, number, _ in PROPERTIES:
    stream += entry(tag, struct.pack(form, number))
writer = extract_msg.OleWriter()
writer.addEntry("__properties_version1.0", stream)
writer.addEntry("__substg1.0_001A001F", MESSAGE_CLASS)
writer.addEntry("__nameid_version1.0", storage=True)
for kind in ("00020102", "00030102", "00040102"):
    writer.addEntry(f"__nameid_version1.0/__substg1.0_{kind}", b"")
writer.write("saved.msg")

print(*(f"{name} {md.version(name)}" for name in ("extract-msg", "olefile")))
with extract_msg.openMsg("saved.msg") as message:
    seen = [message.getPropertyVal(f"{tag:08X}") for tag, *_ in PROPERTIES]
for (tag, _, number, _), value in zip(PROPERTIES, seen, strict=True):
    print(f"0x{tag:08X} stored as {number}, read as {value}")
assert seen == [value for *_, value in PROPERTIES]
PY
"$work/venv/bin/python" "$work/probe.py"
