"""Lessons are clean in git, short-celled, and say what they teach."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from statistics import median

import pytest

from anywhere_sim import figures
from anywhere_sim.lab import controls
from tests.notebooks.lessons import FOLDER, LESSONS, code, read

LINK = re.compile(r"\]\(([^)#]+)[^)]*\)")
MAX_LINES = 15
WIDEST = 115  # letters; what is wider has to be scrolled in a notebook beside its list of files


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
class TestLesson:
    """Each lesson alone."""

    def test_outputs_are_stripped(self, path: Path) -> None:
        assert all(not cell.outputs and cell.execution_count is None for cell in code(read(path)))

    def test_cells_are_few_and_short(self, path: Path) -> None:
        lines = [len(cell.source.splitlines()) for cell in code(read(path))]
        assert 8 <= len(lines) <= 25
        assert median(lines) <= 3
        assert max(lines) <= MAX_LINES
        assert (
            max(len(line) for cell in code(read(path)) for line in cell.source.splitlines())
            <= WIDEST
        )
        teaching = [
            cell
            for cell in code(read(path))
            if not {"exercise", "solution"} & set(cell.metadata.get("tags", []))
        ]
        assert sum(cell.source.count("def ") for cell in teaching) <= 1

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
        assert all(
            cell.metadata["wrong"] and "..." in cell.source for cell in code(read(path), "exercise")
        )

    def test_no_answer_is_seen_before_it_is_asked_for(self, path: Path) -> None:
        """A folded cell shows its first line."""
        for tag in ("check", "solution"):
            for cell in code(read(path), tag):
                assert cell.metadata["jupyter"]["source_hidden"]
                assert cell.source.startswith("# ")

    def test_links_lead_somewhere(self, path: Path) -> None:
        targets = [
            target
            for cell in read(path).cells
            if cell.cell_type == "markdown"
            for target in LINK.findall(cell.source)
        ]
        assert {"glossary.md"} <= set(targets)
        for target in targets:
            assert target.startswith("https://") or (FOLDER / target).is_file(), target

    def test_it_links_to_code_and_names_sources(self, path: Path) -> None:
        last = read(path).cells[-1].source
        assert "](../" in last
        assert "Source" in last or path.stem.startswith("00")


ROOMS = [Path(figures.__file__).parents[1] / room for room in ("cli", "report", "traces")]


def test_each_figure_is_used_by_a_lesson_or_a_command_and_each_explorer_by_a_lesson() -> None:
    text = "\n".join(cell.source for path in LESSONS for cell in code(read(path)))
    explorers = {name.rpartition("_")[0] for name in controls.__all__}
    used = [name for name in explorers if f"{name}_figure" in text or f"{name}_explorer" in text]
    drawn = inspect.getsource(controls)
    assert set(used) == explorers
    files = [path for room in ROOMS for path in room.glob("*.py")]
    commands = "\n".join(path.read_text(encoding="utf-8") for path in files)
    for name in figures.__all__:
        assert (
            f"figures.{name}(" in text
            or f"return {name}(" in drawn
            or f"import_module(FIGURES).{name}(" in commands
            or re.search(rf"from anywhere_sim\.figures\.\w+ import [^\n]*\b{name}\b", commands)
        ), name


def test_each_word_that_leads_to_the_glossary_stands_there() -> None:
    """The site leads a link to its own row, whose meaning opens over it."""
    glossary = (FOLDER / "glossary.md").read_text(encoding="utf-8")
    rows = [row.lower() for row in re.findall(r"^\| ([^|]+) \|", glossary, re.MULTILINE)]
    text = "\n".join(cell.source for path in LESSONS for cell in read(path).cells)
    words = set(re.findall(r"\[([^\]]+)\]\(glossary\.md\)", text)) - {"glossary", "Glossary"}
    assert len(words) > 20
    assert {word for word in words if not any(word.lower() in row for row in rows)} == set()


def test_glossary_and_teaching_notes_are_there() -> None:
    assert "mode cache" in (FOLDER / "glossary.md").read_text(encoding="utf-8")
    assert "minutes" in (FOLDER / "teaching.md").read_text(encoding="utf-8")
