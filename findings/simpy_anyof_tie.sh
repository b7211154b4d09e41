#!/usr/bin/env bash
# simpy: a reply and its time limit at one instant are both in the result of any_of.
#
# Guess, written before the run:
#   any_of([reply, limit]) ends with the first of the two. Due at the same time, the one that
#   was created first is the first, and the result holds it alone.
# Seen:
#   The result holds both, whichever was created first. any_of is an event of its own, put
#   into the queue behind the second timeout, and it lists all that is past when its turn
#   comes. So "if limit in result" and "if reply in result" are both true, and the branch that
#   stands first in the code decides.
# Versions:
#   simpy 4.1.2.
# Why it matters:
#   Where service times and limits are whole seconds such ties are common. A reply that came
#   in time is counted as timed out, or the other way round, by the order of two if
#   statements; two models of one client differ for that alone.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'simpy==4.1.2'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md

import simpy


def outcome(reply_s, limit_s, reply_first):
    env, seen = simpy.Environment(), []

    def client():
        if reply_first:
            reply, limit = env.timeout(reply_s, "reply"), env.timeout(limit_s, "limit")
        else:
            limit, reply = env.timeout(limit_s, "limit"), env.timeout(reply_s, "reply")
        result = yield env.any_of([reply, limit])
        seen.append(sorted(result.values()))

    env.process(client())
    env.run()
    return seen[0]


print("simpy", md.version("simpy"))
for first in (True, False):
    print("reply created", "first: " if first else "second:",
          "reply at 4 s, limit 5 s:", outcome(4, 5, first),
          "| both at 5 s:", outcome(5, 5, first))
    assert outcome(4, 5, first) == ["reply"]
    assert outcome(5, 5, first) == ["limit", "reply"]
PY
"$work/venv/bin/python" "$work/probe.py"
