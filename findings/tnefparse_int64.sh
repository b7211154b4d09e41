#!/usr/bin/env bash
# tnefparse: a 64-bit integer property comes back as its lowest byte.
#
# Guess, written before the run:
#   PidTagMessageSizeExtended (PtypInteger64, tag 0x0E080014) of 5,000,000,000 bytes comes
#   back as 5000000000.
# Seen:
#   Only the first of the eight bytes is read, and as a signed one: 5,000,000,000 gives 0, 200
#   gives -56. The raw bytes kept beside it are whole. A 32-bit property (PidTagMessageFlags)
#   and a currency of 64 bits are right.
# Versions:
#   tnefparse 1.4.0.
# Why it matters:
#   Sizes of large messages and of folders are 64-bit properties. Read through this library
#   they are small numbers of either sign, which look like data; a model of message sizes
#   fitted to them is fitted to noise.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'tnefparse==1.4.0'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md
import struct

from tnefparse import TNEF


def tnef(*properties):
    """A TNEF stream whose one attribute, attMsgProps, holds these MAPI properties."""
    data = struct.pack("<I", len(properties)) + b"".join(properties)

    def attribute(number, body):
        return struct.pack("<BII", 1, number, len(body)) + body + struct.pack("<H", sum(body) & 0xFFFF)

    return (
        struct.pack("<IH", 0x223E9F78, 1)
        + attribute(0x00089006, struct.pack("<I", 0x00010000))
        + attribute(0x00069003, data)
    )


def read(value):
    size = struct.pack("<HHq", 0x0014, 0x0E08, value)
    flags = struct.pack("<HHi", 0x0003, 0x0E07, 5_000_000)
    return {item.name: item for item in TNEF(tnef(size, flags)).mapiprops}


print("tnefparse", md.version("tnefparse"))
for value, seen in ((5_000_000_000, 0), (200, -56), (100, 100)):
    items = read(value)
    size, flags = items[0x0E08], items[0x0E07]
    print(f"64-bit property of {value}: data {size.data}, raw bytes {size.raw_data.hex()},",
          f"32-bit property of 5000000: {flags.data}")
    assert size.data == seen
    assert struct.unpack("<q", size.raw_data) == (value,)
    assert flags.data == 5_000_000
PY
"$work/venv/bin/python" "$work/probe.py"
