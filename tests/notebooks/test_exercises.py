"""Exercises: the untouched stub says so, a wrong answer gets its remark and the second time a hint,
the solution passes; what a student answered is kept, and a class becomes one table. And the prose:
what it says of the outputs is so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from anywhere_sim import lab
from anywhere_sim.lab import progress
from anywhere_sim.lab.exercises import NOT_YET, NOTED, PREDICT
from anywhere_sim.scenario.shipped import data_folder
from tests.notebooks.claims import CLAIMS
from tests.notebooks.lessons import LESSONS, code, executed, read


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_untouched_wrong_and_solved(path: Path) -> None:
    """One run: each check is asked behind the stub, twice behind the wrong answer that the exercise
    names, and behind the solution; at the end, whether what the prose says of the outputs is so.
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
            cells += [_cell(wrong), _again(check), _again(check)]
        if "solution" in tags:
            cells.append(_again(check))
    notebook.cells = [*cells, _cell(CLAIMS[path.stem[:2]])]
    outputs = [cell.outputs[-1]["data"] for cell in code(executed(notebook), "check")]
    said = [str(output["text/plain"]) for output in outputs]
    assert all(NOT_YET in text for text in said[::4]), said[::4]
    assert all(text.startswith("✗ Not quite: ") for text in said[1::4]), said[1::4]
    assert not any("Hint: " in text for text in said[1::4])
    assert all("Hint: " in text for text in said[2::4]), said[2::4]
    assert all(text.startswith("✓ Yes: ") for text in said[3::4]), said[3::4]
    boxes = [output["text/html"] for output in outputs]
    assert all("✓" in box and "Right." in box for box in boxes[3::4])
    assert all("✗" in box and "Not right." in box for box in boxes[1::4])


def _cell(source: str, **metadata: Any) -> Any:
    from nbformat.v4 import new_code_cell  # takes seconds: not for who only collects

    return new_code_cell(source, metadata=metadata)  # type: ignore[no-untyped-call]


def _again(cell: Any) -> Any:
    return _cell(cell.source, **cell.metadata)


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own, and a kernel in which nobody has given a name."""
    monkeypatch.chdir(tmp_path)
    progress.forget()
    return tmp_path


def _number(given: object, **more: Any) -> str:
    return repr(lab.check_number("1", given, 12.0, "seconds", hint="add them up.", **more))


def _choice(given: object) -> str:
    words = {"tcp": "fast means TCP first.", "https": "is it slow?"}
    return repr(lab.check_choice("2", given, "tcp", words, hint="look at the rate."))


def test_a_wrong_answer_gets_a_remark_then_a_hint_and_nonsense_a_sentence(nobody: Path) -> None:
    assert _number(21.0, slips={21.0: "that is TCP."}) == "✗ Not quite: that is TCP."
    assert _number(3) == "✗ 3 seconds it is not. Hint: add them up."
    assert _number("a lot") == "… 'a lot' is not a number; write one in seconds, without the unit."
    assert "is not a number" in _number(np.True_)
    assert _number(12.1) == _number(np.int64(12)) == _number(np.float32(12)) == "✓ Yes: 12 seconds."
    assert _choice("HTTPS") == "✗ Not quite: is it slow?"
    assert _choice("https") == "✗ Not quite: is it slow? Hint: look at the rate."
    assert _choice("udp") == "… 'udp' is not among the answers; write one of: tcp, https."
    assert NOT_YET in _choice(...)
    assert NOT_YET in _number(...)
    assert not list(nobody.iterdir())


def test_who_predicts_is_told_how_far_it_was(nobody: Path) -> None:
    assert NOT_YET in _number(..., predicted=...)
    assert PREDICT in _number(12, predicted=...)
    assert NOTED in _number(..., predicted=4)
    assert _number(12, predicted=4).endswith("You predicted 4, 3 times less.")
    assert _number(12, predicted=11).endswith("You predicted 11: near.")
    assert _number(12, predicted=-1).endswith("You predicted -1.")
    assert "is not a number" in _number(12, predicted="much")


def test_what_was_answered_is_kept_and_collected(nobody: Path) -> None:
    """Two students, one of whom goes on in another kernel, and a broken file."""
    assert (
        lab.student("Ada L.") == "Ada L.: your answers are kept in progress-Ada_L_.json, 0 so far."
    )
    _number(3, predicted=1)
    progress.forget()
    _number(12, predicted=9)  # the only file in the folder is taken up
    _choice("https")
    lab.student("Bo/b", nobody)
    _choice("tcp")
    (nobody / "progress-Cy.json").write_text("{", encoding="utf-8")
    table = lab.sheet(nobody)
    assert table.loc["Ada L."].tolist()[3:] == ["right after 1 miss, predicted 1", "1 miss"]
    assert table.loc["Bo/b", ["solved", "tried", "1", "2"]].tolist() == [1, 1, "", "right at once"]
    assert table.loc["progress-Cy.json", "remark"] == "can't be read"
    assert "Ada L." in table.to_html()
    with pytest.raises(ValueError, match="no letter or digit"):
        lab.student(" / ")
    with pytest.raises(FileNotFoundError, match=r"lab\.student"):
        lab.sheet(nobody / "none")


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
