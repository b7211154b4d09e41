#!/usr/bin/env bash
# tnefparse: a binary property loses the zero bytes at its end.
#
# Guess, written before the run:
#   A binary property comes back with the length it was stored with: a PidTagEntryId of 24
#   bytes has 24 bytes, and a change key that ends in zeros keeps them.
# Seen:
#   All zero bytes at the end are cut off, those of the value as well as the padding to four
#   bytes. An identifier of 24 bytes that ends in three zeros gives 21 bytes; one of zeros
#   alone gives b"". Two values that differ only in zeros at the end become equal. The stored
#   length is not kept, so it cannot be put right afterwards from the attribute.
# Versions:
#   tnefparse 1.4.0.
# Why it matters:
#   Identifiers, search keys and conversation indexes are compared byte for byte to follow one
#   message through several logs. About one identifier in 256 with a random last byte will
#   find no partner, which looks like lost messages.
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
    padded = value + bytes(-len(value) % 4)
    entry = struct.pack("<HHII", 0x0102, 0x0FFF, 1, len(value)) + padded
    (item,) = TNEF(tnef(entry)).mapiprops
    return item


print("tnefparse", md.version("tnefparse"))
body = bytes(range(1, 22))
for value, seen in (
    (body + b"\x07\x08\x09", body + b"\x07\x08\x09"),
    (body + bytes(3), body),
    (body + bytes(1), body),
    (bytes(8), b""),
):
    item = read(value)
    print(f"stored {len(value)} bytes, read {len(item.data)} bytes: {item.data.hex()}")
    assert item.data == seen
PY
"$work/venv/bin/python" "$work/probe.py"
