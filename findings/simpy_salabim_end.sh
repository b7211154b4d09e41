#!/usr/bin/env bash
# simpy and salabim: one leaves out what happens at the end of the run, the other does not.
#
# Guess, written before the run:
#   A run until time 5 of a tick each second counts the same ticks in both simulators.
# Seen:
#   simpy run(until=5) counts 4 ticks: its stop event goes before all else at that instant.
#   salabim run(till=5) counts 5: it takes in what is due at that instant. Both clocks stand
#   at 5 afterwards. A run in pieces (5 seconds, then 5 more) loses and doubles no tick in
#   either.
# Versions:
#   simpy 4.1.2, salabim 26.0.9.
# Why it matters:
#   A model that is carried over to a second simulator as a cross-check differs by one where
#   arrivals and polls lie on whole seconds (a poll each minute, a keep-alive each two hours)
#   and the horizon is a whole number, too. A rate over a short window is then wrong by 1/n in
#   one of them.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'simpy==4.1.2' 'salabim==26.0.9'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md

import salabim
import simpy


def simpy_ticks(*ends):
    env, ticks = simpy.Environment(), []

    def clock():
        while True:
            yield env.timeout(1)
            ticks.append(float(env.now))

    env.process(clock())
    return [(env.run(until=end), list(ticks), float(env.now))[1:] for end in ends]


def salabim_ticks(*ends):
    salabim.yieldless(False)
    env, ticks = salabim.Environment(trace=False), []

    class Clock(salabim.Component):
        def process(self):
            while True:
                yield self.hold(1)
                ticks.append(float(self.env.now()))

    Clock()
    return [(env.run(till=end), list(ticks), float(env.now()))[1:] for end in ends]


print("simpy", md.version("simpy"), "salabim", md.version("salabim"))
print("simpy   until 5, then 10:", simpy_ticks(5, 10))
print("salabim till  5, then 10:", salabim_ticks(5, 10))
whole = [float(second) for second in range(1, 11)]
assert simpy_ticks(5, 10) == [(whole[:4], 5.0), (whole[:9], 10.0)]
assert salabim_ticks(5, 10) == [(whole[:5], 5.0), (whole, 10.0)]
PY
"$work/venv/bin/python" "$work/probe.py"
