"""Exercises: the untouched stub says so, a plausible wrong answer gets a hint, the solution
passes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell

from anywhere_sim.lab.questions import NOT_YET, check_choice, check_number
from anywhere_sim.scenario.shipped import data_folder
from tests.notebooks.lessons import LESSONS, code, executed, read


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_untouched_wrong_and_solved(path: Path) -> None:
    """One run: each check is asked behind the stub, behind the wrong answer that the exercise
    names, and behind the solution.
    """
    notebook: Any = read(path)
    cells: list[Any] = []
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        cells.append(cell)
        if "exercise" in tags:
            wrong = cell.metadata["wrong"]
        if "check" in tags:
            check = cell
            cells += [new_code_cell(wrong), _again(check)]  # type: ignore[no-untyped-call]
        if "solution" in tags:
            cells.append(_again(check))
    notebook.cells = cells
    said = [_said(cell) for cell in code(executed(notebook), "check")]
    assert all(NOT_YET in text for text in said[::3]), said[::3]
    assert all(text.startswith("Not quite: ") for text in said[1::3]), said[1::3]
    assert all(text.startswith("Yes: ") for text in said[2::3]), said[2::3]


def _again(cell: Any) -> Any:
    return new_code_cell(cell.source, metadata=cell.metadata)  # type: ignore[no-untyped-call]


def _said(cell: Any) -> str:
    return str(cell.outputs[-1]["data"]["text/plain"]).strip("'\"")


def test_a_wrong_answer_gets_a_hint_and_nonsense_a_sentence() -> None:
    assert (
        check_number(21.0, 12.0, "seconds", hints={21.0: "that is TCP"}) == "Not quite: that is TCP"
    )
    assert check_number(3, 12.0, "seconds") == "No, it is more than 3 seconds; try again."
    assert (
        check_number("a lot", 12.0, "seconds")
        == "'a lot' is not a number; write one in seconds, without the unit."
    )
    assert check_number(12.1, 12.0, "seconds").startswith("Yes")
    assert (
        check_number(np.int64(12), 12.0, "seconds")
        == check_number(np.float32(12.0), 12.0, "seconds")
        == "Yes: 12 seconds."
    )
    assert check_number(np.True_, 1.0, "seconds").endswith(
        "is not a number; write one in seconds, without the unit."
    )
    words = {"tcp": "fast means TCP first.", "https": "is it slow?"}
    assert check_choice("HTTPS", "tcp", words) == "Not quite: is it slow?"
    assert (
        check_choice("udp", "tcp", words)
        == "'udp' is not among the answers; write one of: tcp, https."
    )
    assert check_choice(..., "tcp", words) == check_number(..., 1.0, "s") == NOT_YET


def test_the_first_glance_shows_the_figure_that_the_facts_have(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Lesson 00 drives a store as `anywhere-sim facts` does: 57 % of the processors busy, with
    disks enough.
    """
    cells = code(read(LESSONS[0]))
    names: dict[str, Any] = {}
    exec(cells[0].source, names)
    exec(next(cell.source for cell in cells if "drive(" in cell.source), names)
    facts = pd.read_csv(data_folder() / "reference/facts.csv").set_index("what")["model"]
    shown = float(capsys.readouterr().out.partition("%")[0])
    at_rate = facts["processor time of a store driven at 1,205 operations/s"]
    # 1.5 for another day's mix of calls, 0.5 since the lesson prints no decimals
    assert shown == pytest.approx(at_rate, abs=2.0)
