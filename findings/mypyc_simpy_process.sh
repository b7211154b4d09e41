#!/usr/bin/env bash
# mypyc: a compiled SimPy process does not run its finally when a run is cut off.
#
# Guess, written before the run:
#   A process function compiled by mypyc behaves as before, only faster. A process that is
#   still under way at the end of a run has its finally executed when the run is thrown away,
#   as a Python generator has (PEP 342), and Process.name and repr() name the function.
# Seen:
#   Interpreted, the finally of the process under way runs when the environment is dropped.
#   Compiled, it never runs, not even after a garbage collection; a process that is
#   interrupted or ends by itself does run it. The compiled generator has no __name__ and is
#   no inspect generator: SimPy takes it, but name, repr() and str() of the process raise
#   AttributeError.
# Versions:
#   mypy (mypyc) 2.4.1, SimPy 4.1.2, setuptools 84.2.1; needs a C compiler.
# Why it matters:
#   Where the row of a call is written in a finally, the calls under way at the end of a run
#   are in the table of the interpreted model and missing from that of the compiled one, and
#   these are the long ones: the mean falls with the compiler. A log line or a debugger that
#   prints the process ends in an AttributeError that hides the fault looked for.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'mypy==2.4.1' 'simpy==4.1.2' 'setuptools==84.2.1'

cd "$work"
cat > "$work/interpreted.py" <<'PY'
from collections.abc import Generator

import simpy
from simpy.events import Event

rows: list[tuple[str, float]] = []


def call(env: simpy.Environment, name: str, seconds: float) -> Generator[Event, object, None]:
    """One call: its row (name, time of its end) is written however it ends."""
    try:
        yield env.timeout(seconds)
    finally:
        rows.append((name, env.now))
PY
cp "$work/interpreted.py" "$work/compiled.py"
if ! "$work/venv/bin/mypyc" "$work/compiled.py" > "$work/build.log" 2>&1; then
    cat "$work/build.log"
    exit 1
fi
cat > "$work/probe.py" <<'PY'
import gc
import importlib
import importlib.metadata as md
import inspect

import simpy


def said(what):
    try:
        return what()
    except AttributeError as error:
        return type(error).__name__


def look(name):
    """What a module's calls leave: rows after a run cut off at 10 s, and how a process is named."""
    module = importlib.import_module(name)
    env = simpy.Environment()
    env.process(module.call(env, "short", 1.0))
    stopped = env.process(module.call(env, "interrupted", 60.0))
    stopped.defused = True
    under_way = env.process(module.call(env, "under way", 60.0))
    env.run(until=5)
    stopped.interrupt()
    env.run(until=10)
    named = said(lambda: under_way.name), said(lambda: repr(under_way).split(" object")[0])
    generator = inspect.isgenerator(under_way._generator)
    del env, stopped, under_way
    gc.collect()
    return module.rows, named, generator


for name in ("mypy", "simpy", "setuptools"):
    print(name, md.version(name), end=" ")
print()
interpreted, compiled = look("interpreted"), look("compiled")
print("interpreted", interpreted)
print("compiled   ", compiled)
finished = [("short", 1.0), ("interrupted", 5.0)]
assert interpreted == ([*finished, ("under way", 10)], ("call", "<Process(call)"), True)
assert compiled == (finished, ("AttributeError", "AttributeError"), False)
PY
"$work/venv/bin/python" "$work/probe.py"
