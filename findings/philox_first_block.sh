#!/usr/bin/env bash
# NumPy, randomgen: a Philox that is set to counter 0 begins with block 1.
#
# Guess, written before the run:
#   Philox(key=0, counter=0) begins with the block of counter 0, which Random123 publishes as a
#   known answer: 16554d9eca36314c db20fe9d672d0fdc d7e772cee186176b 7e68b68aec7ba23b.
# Seen:
#   The counter is raised before each block, so the first numbers are those of counter 1. The
#   published ones come from counter 2**256 - 1. randomgen does the same.
# Versions:
#   NumPy 2.4.6; randomgen 2.5.1.
# Why it matters:
#   A counter is what makes a stream's n-th number reachable in another process, program or
#   language. Who takes block n for "counter = n" is one block, four numbers, off: two streams
#   placed side by side overlap by a block or leave one out, and a port to another library
#   gives other runs from the same seed.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'numpy==2.4.6' 'randomgen==2.5.1'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md

import numpy as np
import randomgen

KNOWN = [0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B]
LAST = 2**256 - 1


def block(bits):
    return [int(number) for number in bits.random_raw(4)]


print("numpy", md.version("numpy"), "randomgen", md.version("randomgen"))
for name, philox in (
    ("numpy", np.random.Philox),
    ("randomgen", lambda **given: randomgen.Philox(number=4, width=64, **given)),
):
    at_zero, at_last = block(philox(key=0, counter=0)), block(philox(key=0, counter=LAST))
    print(name, "counter 0:       ", *(f"{number:016x}" for number in at_zero))
    print(name, "counter 2**256-1:", *(f"{number:016x}" for number in at_last))
    assert at_zero != KNOWN
    assert at_last == KNOWN
PY
"$work/venv/bin/python" "$work/probe.py"
