#!/usr/bin/env bash
# humanfriendly: 128 kbit is read as 128,000 bytes, and so is anything that begins with a k.
#
# Guess, written before the run:
#   parse_size() reads sizes in bytes, so it refuses "128 kbit", or divides by eight.
# Seen:
#   A unit is known by its first letter alone (and an i behind it): kbit, kbps and kb are a
#   thousand bytes, "10 Mbit/s" are ten million, "1 Gibit" are a billion, "5 minutes" five
#   million. No error; "3 links" is refused, since no prefix begins with l.
# Versions:
#   humanfriendly 10.0.
# Why it matters:
#   Rates of links are written in bits, sizes in bytes. A threshold of 128 kbit/s that passes
#   through a reader of sizes is eight times as high, and every modem counts as fast.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --no-deps --disable-pip-version-check --no-input \
    'humanfriendly==10.0'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md

import humanfriendly

print("humanfriendly", md.version("humanfriendly"))
for text, seen in (
    ("128 kB", 128_000),
    ("128 kbit", 128_000),
    ("128 kbps", 128_000),
    ("10 Mbit/s", 10_000_000),
    ("1 Gibit", 1_000_000_000),
    ("5 minutes", 5_000_000),
):
    size = humanfriendly.parse_size(text)
    print(f"{text}: {size:,} bytes")
    assert size == seen
try:
    humanfriendly.parse_size("3 links")
except humanfriendly.InvalidSize as error:
    print("refused:", error)
else:
    raise SystemExit("a text that begins with no prefix is read now")
PY
"$work/venv/bin/python" "$work/probe.py"
