"""The shipped scenarios on a processor without fused multiply-add, beside this one.

python -m tests.golden.without_fma

The C library computes logarithms and exponentials with other instructions where FMA is missing, and
a last bit can differ. The instructions are masked for a process of its own; counts and words have
to be equal, numbers to 1e-9. The table is kept in docs/without-fma.md.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

import anywhere_sim as aw
from anywhere_sim.scenario.shipped import scenario_names
from anywhere_sim.traces import TABLES

DOCS = Path(__file__).parents[2] / "docs/without-fma.md"
SEED = 7
CLOSE = 1e-9
PROBES = 100_000
MASK = {
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3",
}
HEAD = """# Without fused multiply-add

The same scenario, seed and version give the same bytes in any process on x86-64 with FMA and glibc.
What `python -m tests.golden.without_fma` saw last, with FMA and AVX masked in the C library and in
NumPy: {differ:,} of {probes:,} logarithms and exponentials differ in their last bit. Rows, events,
calls and words must be equal; the last column is how far numbers are apart at most.

| scenario | rows | values that differ | largest difference |
| --- | --- | --- | --- |
"""


class Difference(NamedTuple):
    """How many rows and differing values the tables of a scenario have, and how far apart."""

    rows: int
    values: int
    largest: float


def probe() -> np.ndarray:
    """Return logarithms and exponentials as the C library computes them."""
    arguments = [number / 7.0 for number in range(1, PROBES // 2 + 1)]
    return np.array([*map(math.log, arguments), *(math.exp(-each % 20) for each in arguments)])


def make(folder: Path) -> None:
    """Run every shipped scenario and leave its traces, and the probes, in a folder."""
    for name in scenario_names():
        aw.simulate(aw.Scenario.load(name), SEED, folder=folder / name)
    np.save(folder / "probe.npy", probe())


def difference(one: aw.Run, other: aw.Run) -> Difference:
    """Compare the tables of two runs. Raises AssertionError when more differs than last bits."""
    for count in ("events_total", "rpcs", "rows"):
        assert one.manifest[count] == other.manifest[count], count
    rows, values, largest = 0, 0, 0.0
    for table in TABLES:
        left, right = getattr(one, table), getattr(other, table)
        rows += len(left)
        for column in left:
            if not pd.api.types.is_float_dtype(left[column]):
                assert left[column].equals(right[column]), f"{table}.{column}"
                continue
            apart = (left[column] - right[column]).abs().fillna(0.0)
            scale = left[column].abs().clip(lower=1.0).fillna(1.0)
            assert (left[column].isna() == right[column].isna()).all(), f"{table}.{column}"
            assert (apart <= CLOSE * scale).all(), f"{table}.{column}: {apart.max()}"
            values += int((apart > 0.0).sum())
            largest = max(largest, float(apart.max())) if len(apart) else largest
    return Difference(rows, values, largest)


def main() -> int:
    """Run both processes, print the table and keep it."""
    if len(sys.argv) > 1:
        make(Path(sys.argv[1]))
        return 0
    with tempfile.TemporaryDirectory() as home:
        folders = {"usual": Path(home) / "usual", "masked": Path(home) / "masked"}
        for name, folder in folders.items():
            folder.mkdir()
            environment = os.environ | (MASK if name == "masked" else {})
            command = [sys.executable, "-m", "tests.golden.without_fma", str(folder)]
            subprocess.run(command, env=environment, check=True)
        probes = [np.load(folder / "probe.npy") for folder in folders.values()]
        text = HEAD.format(differ=int((probes[0] != probes[1]).sum()), probes=2 * (PROBES // 2))
        for name in scenario_names():
            found = difference(*(aw.Run.load(folder / name) for folder in folders.values()))
            text += f"| {name} | {found.rows:,} | {found.values:,} | {found.largest:.2g} |\n"
    sys.stdout.write(text)
    DOCS.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
