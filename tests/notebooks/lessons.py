"""The lessons: where they are, and how one is executed.

nbformat and nbclient are imported where a lesson is read: they take seconds, and each process of
the tests collects this module.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
LESSONS = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
LONGEST_S = 300  # a cell may take this long on a busy machine


def read(path: Path) -> Any:
    """Return a notebook."""
    import nbformat

    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def executed(notebook: Any) -> Any:
    """Run a notebook from top to bottom, in the folder of the lessons; raises CellExecutionError
    when a cell does.
    """
    return _client(notebook).execute()


@dataclass(slots=True)
class Cost:
    """What a lesson took of its kernel: processor seconds and the most memory, in MB (0 where /proc
    does not tell).
    """

    cpu_s: float = 0.0
    peak_mb: float = 0.0


def executed_with_cost(notebook: Any) -> tuple[Any, Cost]:
    """Run a notebook and return it with what it took."""
    client, cost = _client(notebook), Cost()

    def look(**_: Any) -> None:
        process = Path(f"/proc/{client.km.provisioner.pid}")
        if process.is_dir():
            status = (process / "status").read_text(encoding="utf-8")
            cost.peak_mb = float(status.partition("VmHWM:")[2].split()[0]) / 1000.0
            ticks = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:15]
            cost.cpu_s = sum(int(tick) for tick in ticks) / os.sysconf("SC_CLK_TCK")

    client.on_cell_executed = look
    return client.execute(), cost


def _client(notebook: Any) -> NotebookClient:
    from nbclient import NotebookClient

    return NotebookClient(
        notebook, timeout=LONGEST_S, resources={"metadata": {"path": str(FOLDER)}}
    )


def code(notebook: Any, tag: str | None = None) -> list[Any]:
    """Return the code cells, or those with a tag."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return (
        cells if tag is None else [cell for cell in cells if tag in cell.metadata.get("tags", [])]
    )
