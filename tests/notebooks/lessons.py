"""The lessons: where they are, and how one is executed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
LESSONS = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))


def read(path: Path) -> Any:
    """Return a notebook."""
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def executed(notebook: Any) -> Any:
    """Run a notebook from top to bottom, in the folder of the lessons; raises CellExecutionError when a cell does."""
    return NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(FOLDER)}}).execute()


def code(notebook: Any, tag: str | None = None) -> list[Any]:
    """Return the code cells, or those with a tag."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return cells if tag is None else [cell for cell in cells if tag in cell.metadata.get("tags", [])]
