#!/usr/bin/env bash
# scapy: in a pcapng file of two sections, the first one's clock unit stays in force.
#
# Guess:
#   A pcapng file may be two files laid end to end: each section begins anew, with interfaces
#   of its own, numbered from 0. scapy, which tells two interfaces of one section apart, dates
#   the packets of both sections right.
# Seen:
#   A packet of the second section is dated by the unit of the first section's interface 0. With
#   microseconds first, one in nanoseconds is 1000 times too late (1700000000500.0); the other
#   way round one in microseconds is in January 1970. python-pcapng is right in both. No error,
#   no warning; each section read by itself is right.
# Versions:
#   scapy 2.8.0, python-pcapng 2.1.1.
# Why it matters:
#   Captures of a client and of a server, or of two days, are joined by laying them end to end.
#   Round trips and idle times then come out wrong by the factor between the clocks, but only
#   where these differ, so a test with two captures of one tool does not show it.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --no-deps --disable-pip-version-check --no-input \
    'scapy==2.8.0' \
    'python-pcapng==2.1.1'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md
import io
import struct

from pcapng import FileScanner
from pcapng.blocks import EnhancedPacket
from scapy.utils import rdpcap

RESOLUTION = 9


def block(kind, body):
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def section():
    return block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))


def option(code, value):
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def interface(*options):
    return block(1, struct.pack("<HHI", 1, 0, 0) + b"".join(options) + struct.pack("<HH", 0, 0))


def packet(ticks):
    head = struct.pack("<IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, 60, 60)
    return block(6, head + bytes(60))


def times(data):
    by_scapy = [float(p.time) for p in rdpcap(io.BytesIO(data))]
    by_pcapng = [b.timestamp for b in FileScanner(io.BytesIO(data)) if isinstance(b, EnhancedPacket)]
    return by_scapy, by_pcapng


MICRO = section() + interface(option(RESOLUTION, b"\x06")) + packet(1_700_000_000_500_000)
NANO = section() + interface(option(RESOLUTION, b"\x09")) + packet(1_700_000_000_500_000_000)
RIGHT = 1700000000.5
print("scapy", md.version("scapy"), "python-pcapng", md.version("python-pcapng"))
for name, data, seen in (
    ("microseconds alone", MICRO, [RIGHT]),
    ("nanoseconds alone", NANO, [RIGHT]),
    ("micro-, then nanoseconds", MICRO + NANO, [RIGHT, 1700000000500.0]),
    ("nano-, then microseconds", NANO + MICRO, [RIGHT, 1700000.0005]),
):
    by_scapy, by_pcapng = times(data)
    print(f"{name}: scapy {by_scapy}, python-pcapng {by_pcapng}")
    assert by_scapy == seen
    assert by_pcapng == [RIGHT] * len(seen)
PY
"$work/venv/bin/python" "$work/probe.py"
