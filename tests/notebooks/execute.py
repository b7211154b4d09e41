"""Run every lesson and print how long each takes, and how much memory its kernel held.

python -m tests.notebooks.execute [FOLDER]      with FOLDER, leave the executed lessons there
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter

import nbformat

from tests.notebooks.lessons import LESSONS, executed_with_cost, read


def main(folder: Path | None) -> None:
    """Run the lessons one after the other."""
    total_s = 0.0
    for path in LESSONS:
        begun_s = perf_counter()
        notebook, cost = executed_with_cost(read(path))
        took_s = perf_counter() - begun_s
        total_s += took_s
        print(
            f"{path.stem:28s} {took_s:6.1f} s  {cost.cpu_s:6.1f} s of processor  "
            f"{cost.peak_mb:4.0f} MB",
            flush=True,
        )
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, folder / path.name)  # type: ignore[no-untyped-call]
    print(f"{'all':28s} {total_s:6.1f} s")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
