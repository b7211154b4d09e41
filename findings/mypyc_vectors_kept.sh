#!/usr/bin/env bash
# mypyc, librt: a vector that comes into compiled code from Python is never freed.
#
# Guess, written before the run:
#   `librt.vecs.vec` is an object like others: whichever way an attribute of a compiled class
#   gets another vector (in compiled code, by setattr, from Python), the one before is freed,
#   since nobody holds it any more.
# Seen:
#   It is freed where compiled code assigns the attribute by its name. By setattr in compiled
#   code, by assignment in Python, and as an argument of a method that Python calls, each
#   vector's memory stays taken until the process ends; gc.collect() gives nothing back.
# Versions:
#   mypy (mypyc) 2.4.1, librt 0.16.0, mypy-extensions 1.1.0, setuptools 84.2.1; CPython 3.11;
#   needs a C compiler and Linux (/proc).
# Why it matters:
#   A recorder of a long simulation keeps columns of numbers as vectors and takes new ones for
#   each group of rows. One loop with setattr over the columns, in place of assignments by name,
#   and all rows of the run stay in memory: results are right, the machine is full.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'mypy==2.4.1' 'librt==0.16.0' 'mypy-extensions==1.1.0' 'setuptools==84.2.1'

cd "$work"
cat > held.py <<'PY'
from librt.vecs import vec


class Column:
    def __init__(self) -> None:
        self.values: vec[float] = vec[float]()

    def replace(self, values: vec[float]) -> None:
        self.values = values


def by_assignment(column: Column, rounds: int) -> None:
    for _ in range(rounds):
        column.values = vec[float]([1.0] * 100_000)


def by_setattr(column: Column, rounds: int) -> None:
    for _ in range(rounds):
        setattr(column, "values", vec[float]([1.0] * 100_000))
PY
if ! "$work/venv/bin/mypyc" held.py > build.log 2>&1; then
    cat build.log
    exit 1
fi
cat > probe.py <<'PY'
import gc
import os
import sys

from librt.vecs import vec

import held


def resident_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def numbers():
    return vec[float]([1.0] * 100_000)


def in_python(column, rounds):
    for _ in range(rounds):
        column.values = numbers()


def as_argument(column, rounds):
    for _ in range(rounds):
        column.replace(numbers())


def without_column(_, rounds):
    for _ in range(rounds):
        numbers()


ROUNDS = 200  # of 0.8 MB: 153 MB if each is kept
changed = False
for way, kept in (
    (without_column, False),
    (held.by_assignment, False),
    (held.by_setattr, True),
    (in_python, True),
    (as_argument, True),
):
    column, before = held.Column(), resident_mb()
    way(column, ROUNDS)
    del column
    gc.collect()
    grown = resident_mb() - before
    print(f"{way.__name__:<15} {'kept' if grown > 100 else 'freed' if grown < 20 else grown}")
    changed |= not (grown > 100 if kept else grown < 20)
sys.exit(changed)
PY
"$work/venv/bin/python" probe.py
