#!/usr/bin/env bash
# pcapng: scapy and python-pcapng leave out the offset that dates a capture.
#
# Guess, written before the run:
#   An interface block may say by how many seconds its times are short (if_tsoffset). A packet
#   0.5 s after an offset of 1,700,000,000 is dated 1700000000.5 by every reader.
# Seen:
#   dpkt adds the offset: 1700000000.5. scapy and python-pcapng say 0.5, half a second into
#   1970. python-pcapng has read the option and shows it among the options of the interface; it
#   is left out of the timestamp alone. No error, no warning. The unit of time (if_tsresol,
#   here 2^-20 s) is honoured by all three.
# Versions:
#   dpkt 1.9.8, scapy 2.8.0, python-pcapng 2.1.1.
# Why it matters:
#   With an offset of an hour, as after the correction of a clock, nothing looks wrong: all gaps
#   between packets are right, only the capture lies an hour from the logs of the server it is
#   laid beside, by two libraries of three.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --no-deps --disable-pip-version-check --no-input \
    'dpkt==1.9.8' \
    'scapy==2.8.0' \
    'python-pcapng==2.1.1'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md
import io
import struct

import dpkt
from pcapng import FileScanner
from pcapng.blocks import EnhancedPacket
from scapy.utils import rdpcap

RESOLUTION, OFFSET = 9, 14


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


def times(*options, ticks):
    """The packet's time by dpkt, scapy and python-pcapng."""
    data = section() + interface(*options) + packet(ticks)
    by_dpkt = next(iter(dpkt.pcapng.Reader(io.BytesIO(data))))[0]
    by_scapy = rdpcap(io.BytesIO(data))[0].time
    by_pcapng = next(b for b in FileScanner(io.BytesIO(data)) if isinstance(b, EnhancedPacket)).timestamp
    return [float(by_dpkt), float(by_scapy), float(by_pcapng)]


print(*(f"{name} {md.version(name)}" for name in ("dpkt", "scapy", "python-pcapng")))
start = option(OFFSET, struct.pack("<q", 1_700_000_000))
hour = option(OFFSET, struct.pack("<q", 3_600))
binary = option(RESOLUTION, b"\x94")
for name, seen, right in (
    ("offset to 2023", times(start, ticks=500_000), [1700000000.5, 0.5, 0.5]),
    ("offset of an hour", times(hour, ticks=1_700_000_000_500_000), [1700003600.5, 1700000000.5, 1700000000.5]),
    ("unit of 2^-20 s", times(binary, ticks=(1_700_000_000 << 20) + (1 << 19)), [1700000000.5] * 3),
):
    print(f"{name}: dpkt {seen[0]}, scapy {seen[1]}, python-pcapng {seen[2]}")
    assert seen == right
PY
"$work/venv/bin/python" "$work/probe.py"
