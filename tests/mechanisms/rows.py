"""The rows of docs/mechanisms.md."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
MISSING = "missing"


class Row(NamedTuple):
    """One mechanism: where it lives and what shows that it works."""

    mechanism: str
    file: str
    source: str
    scenario: str
    test: str


def rows() -> list[Row]:
    """Return the rows of the table, ticks taken off."""
    lines = (ROOT / "docs/mechanisms.md").read_text(encoding="utf-8").splitlines()
    cells = [
        [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("| ")
    ]
    return [Row(*row) for row in cells[2:]]
