#!/usr/bin/env bash
# pyworkforce: with too few positions the probability of waiting is above one.
#
# Guess, written before the run:
#   Erlang C holds for fewer Erlangs than positions. At or above that, everybody waits: the
#   waiting probability is 1, the occupancy 1 and the service level 0, or the call raises.
# Seen:
#   Below the load the formula is evaluated all the same: at 10 Erlangs and 7 positions
#   waiting_probability is 2.63 and achieved_occupancy 1.43. service_level is cut to 0 there,
#   so the class knows the case. With enough positions all three agree with Erlang C.
# Versions:
#   pyworkforce 0.5.1 (newest for Python 3.11), numpy 2.4.6.
# Why it matters:
#   Averaged over the intervals of a day, an hour of overload at 2.63 outweighs quiet hours:
#   the share of callers who wait comes out too high, and above 1 only when looked at
#   by the hour. Occupancy is overstated in the same way. A grid of position counts, which
#   MultiErlangC is made for, nearly always holds such points.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'pyworkforce==0.5.1' 'numpy==2.4.6'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md
import math

from pyworkforce.queuing import ErlangC

CALLS, HANDLING_MIN, INTERVAL_MIN, TARGET_MIN = 100, 3, 30, 1 / 3
ERLANGS = CALLS * HANDLING_MIN / INTERVAL_MIN


def expected(positions):
    """Waiting probability, occupancy and service level by Erlang C, from the Erlang B steps."""
    blocked = 1.0
    for servers in range(1, positions + 1):
        blocked = ERLANGS * blocked / (servers + ERLANGS * blocked)
    waits = blocked / (1 - ERLANGS / positions * (1 - blocked))
    late = math.exp(-(positions - ERLANGS) * TARGET_MIN / HANDLING_MIN)
    return waits, ERLANGS / positions, 1 - waits * late


queue = ErlangC(transactions=CALLS, asa=TARGET_MIN, aht=HANDLING_MIN, interval=INTERVAL_MIN)
print("pyworkforce", md.version("pyworkforce"), "at", ERLANGS, "Erlangs")
seen = {}
for positions in (7, 9, 10, 11, 13):
    seen[positions] = (
        queue.waiting_probability(positions=positions),
        queue.achieved_occupancy(positions=positions),
        queue.service_level(positions=positions),
    )
    print(positions, "positions: waits, occupancy, service level", seen[positions])
for positions in (11, 13):
    assert all(map(math.isclose, seen[positions], expected(positions)))
assert [round(value, 2) for value in seen[7]] == [2.63, 1.43, 0]
assert [round(value, 2) for value in seen[9]] == [1.42, 1.11, 0]
assert seen[10] == (1.0, 1.0, 0)
PY
"$work/venv/bin/python" "$work/probe.py"
