#!/usr/bin/env bash
# dpkt: in a pcapng file with two interfaces, the first one sets the clock of both.
#
# Guess, written before the run:
#   Each packet is dated by the time resolution (if_tsresol) of the interface that its block
#   names, as the format says. scapy and dpkt give the same times.
# Seen:
#   dpkt applies the resolution of the first interface block to all packets. With a
#   microsecond interface first, a packet of a nanosecond interface is dated 1000 times too
#   late (1700000000500.0); with the order turned, the microsecond packet is dated in January
#   1970. scapy is right in both. No error, no warning.
# Versions:
#   dpkt 1.9.8, scapy 2.8.0.
# Why it matters:
#   Merging a capture of the client (microseconds) with one of the server (nanoseconds) gives
#   just such a file. Round-trip times and idle times of connections across the two are then
#   wrong by years, or, once filtered for plausible values, half of the packets are gone.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'dpkt==1.9.8' 'scapy==2.8.0'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md
import io
import struct

import dpkt
from scapy.utils import PcapNgReader

SECOND = 1_700_000_000
FRAME = bytes(60)


def block(kind, body):
    body += bytes(-len(body) % 4)
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def interface(exponent):
    resolution = struct.pack("<HHB3x", 9, 1, exponent)
    return block(1, struct.pack("<HHI", 1, 0, 65535) + resolution + bytes(4))


def packet(number, ticks):
    sizes = (len(FRAME), len(FRAME))
    return block(6, struct.pack("<5I", number, ticks >> 32, ticks & 0xFFFFFFFF, *sizes) + FRAME)


def capture(first, second):
    """Two interfaces, and a packet of each: at SECOND + 0.25 s and at SECOND + 0.5 s."""
    section = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    return (
        section + interface(first) + interface(second)
        + packet(0, SECOND * 10**first + 10**first // 4)
        + packet(1, SECOND * 10**second + 10**second // 2)
    )


def dpkt_times(data):
    return [float(time) for time, _ in dpkt.pcapng.Reader(io.BytesIO(data))]


def scapy_times(data):
    return [float(packet.time) for packet in PcapNgReader(io.BytesIO(data))]


print("dpkt", md.version("dpkt"), "scapy", md.version("scapy"))
right = [SECOND + 0.25, SECOND + 0.5]
for pair in ((6, 6), (6, 9), (9, 6)):
    print("resolutions 10^-%d, 10^-%d s:" % pair, "dpkt", dpkt_times(capture(*pair)),
          "scapy", scapy_times(capture(*pair)))
    assert scapy_times(capture(*pair)) == right
assert dpkt_times(capture(6, 6)) == right
assert dpkt_times(capture(6, 9)) == [right[0], right[1] * 1000]
assert all(
    abs(seen - expected) < 1e-3
    for seen, expected in zip(dpkt_times(capture(9, 6)), [right[0], right[1] / 1000], strict=True)
)
PY
"$work/venv/bin/python" "$work/probe.py"
