"""Exercises: the solution passes, the untouched stub says so, a plausible wrong answer gets a hint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from anywhere_sim.lab.checks import NOT_YET, choice, number
from tests.notebooks.lessons import LESSONS, code, executed, read


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_untouched_and_solved(path: Path) -> None:
    """One run: each check stands a second time behind its solution."""
    notebook: Any = read(path)
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if "check" in cell.metadata.get("tags", []):
            check = cell
        if "solution" in cell.metadata.get("tags", []):
            again = check.copy()
            again["id"] = f"{check['id']}b"
            cells.append(again)
    notebook.cells = cells
    said = [_said(cell) for cell in code(executed(notebook), "check")]
    assert all(NOT_YET in text for text in said[::2])
    assert all(text.strip("'\"").startswith("Yes") for text in said[1::2]), said[1::2]


def _said(cell: Any) -> str:
    return str(cell.outputs[-1]["data"]["text/plain"])


def test_a_wrong_answer_gets_a_hint_and_nonsense_a_sentence() -> None:
    assert number(21.0, 12.0, "seconds", hints={21.0: "that is TCP"}) == "Not quite: that is TCP"
    assert number(3, 12.0, "seconds") == "No, it is more than 3 seconds; try again."
    assert number("a lot", 12.0, "seconds") == "'a lot' is no number; write one in seconds, without the unit."
    assert number(12.1, 12.0, "seconds").startswith("Yes")
    words = {"tcp": "fast means TCP first.", "https": "is it slow?"}
    assert choice("HTTPS", "tcp", words) == "Not quite: is it slow?"
    assert choice("udp", "tcp", words) == "'udp' is not among the answers; write one of: tcp, https."
    assert choice(..., "tcp", words) == number(..., 1.0, "s") == NOT_YET
