"""Lessons are clean in git, short-celled, and say what they teach."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from anywhere_sim import figures
from anywhere_sim.lab import controls
from tests.notebooks.lessons import FOLDER, LESSONS, code, read

LINK = re.compile(r"\]\(([^)#]+)[^)]*\)")
MOST_LINES = 15


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
class TestLesson:
    """Each lesson alone."""

    def test_outputs_are_stripped(self, path: Path) -> None:
        assert all(not cell.outputs and cell.execution_count is None for cell in code(read(path)))

    def test_cells_are_few_and_short(self, path: Path) -> None:
        lines = [len(cell.source.splitlines()) for cell in code(read(path))]
        assert 8 <= len(lines) <= 25
        assert median(lines) <= 3
        assert max(lines) <= MOST_LINES
        assert sum(cell.source.count("def ") for cell in code(read(path)) if "solution" not in cell.metadata.get("tags", [])) <= 1

    def test_it_says_what_is_learned_how_long_it_takes_and_where_to_go(self, path: Path) -> None:
        text = [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]
        assert re.match(rf"# {path.stem[:2]} ", text[0])
        assert re.search(r"\*\*What you will learn\*\* \(\d+ minutes\)", text[0])
        assert "## Where to go next" in text[-1]

    def test_exercises_come_with_check_and_solution(self, path: Path) -> None:
        tags = [tag for cell in code(read(path)) for tag in cell.metadata.get("tags", [])]
        number = tags.count("exercise")
        assert 2 <= number <= 4
        assert tags == ["exercise", "check", "solution"] * number

    def test_links_lead_somewhere(self, path: Path) -> None:
        targets = [target for cell in read(path).cells if cell.cell_type == "markdown" for target in LINK.findall(cell.source)]
        assert targets
        for target in targets:
            assert target.startswith("http") or (FOLDER / target).is_file(), target


def test_each_figure_and_explorer_is_used_by_a_lesson() -> None:
    text = "\n".join(cell.source for path in LESSONS for cell in code(read(path)))
    made_of: dict[str, Any] = {"controls": controls, "figures": figures}
    for name in controls.__all__:
        assert name in text or name.endswith("_figure"), name
    for name in made_of["figures"].__all__:
        assert f"figures.{name}" in text or name in {"attempts", "headline", "load", "recovery", "connected_share"}, name


def test_glossary_and_teaching_notes_are_there() -> None:
    assert "mode cache" in (FOLDER / "glossary.md").read_text(encoding="utf-8")
    assert "minutes" in (FOLDER / "teaching.md").read_text(encoding="utf-8")
