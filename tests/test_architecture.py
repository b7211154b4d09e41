"""The rooms of the model: no circle of imports is large, and imports for types alone are few."""

from __future__ import annotations

from pathlib import Path

import grimp

ROOMS = ("des", "network", "rpc", "exchange", "outlook", "people", "simulation")
PACKAGE = Path(__file__).parents[1] / "anywhere_sim"


def test_no_circle_of_imports_has_more_than_five_files() -> None:
    """Imports under TYPE_CHECKING count; between rooms import-linter allows no circle at all."""
    graph = grimp.build_graph("anywhere_sim", exclude_type_checking_imports=False)
    modules = [
        name for name in graph.modules if name.split(".")[1:2] and name.split(".")[1] in ROOMS
    ]
    circles = {
        name: graph.find_downstream_modules(name) & graph.find_upstream_modules(name)
        for name in modules
    }
    assert len(modules) > 50
    assert {name: circle for name, circle in circles.items() if len(circle) > 4} == {}


def test_few_files_import_for_types_alone() -> None:
    files = [path for room in ROOMS for path in (PACKAGE / room).rglob("*.py")]
    hidden = [path for path in files if "if TYPE_CHECKING" in path.read_text(encoding="utf-8")]
    assert len(hidden) <= 8
