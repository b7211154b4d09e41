"""The rooms of the model: no circle of imports is large, and imports for types alone are few.

What is switched off in a test is handed into the run, for compiled code does not see a patch.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import FrameType
from typing import ClassVar

import grimp
import pytest

import anywhere_sim as aw
from anywhere_sim.compiled import way
from anywhere_sim.des.environment import Process
from anywhere_sim.outlook.components import OutlookComponents
from anywhere_sim.outlook.modes.online import Online
from anywhere_sim.outlook.operations import Action
from tests.statements.pairs import small

ROOMS = ("des", "network", "rpc", "exchange", "outlook", "people", "simulation")
NUMERIC_ROOMS = ("des", "network", "rpc", "exchange", "people")
PACKAGE = Path(__file__).parents[1] / "anywhere_sim"
BASICS = ("des", "traces")
"""Rooms that every line of the model may go through, and nobody has to read to follow a call."""
CONNECTED_S = 29_400.0
"""By then the one client of `OneMessage` has all its connections."""


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


def test_times_and_bytes_are_added_alike_on_every_python() -> None:
    """The built-in sum of floats is compensated from Python 3.12 on; here it counts, no more."""
    files = [path for room in NUMERIC_ROOMS for path in (PACKAGE / room).rglob("*.py")]
    assert len(files) > 20
    sums = [
        f"{path.name}:{node.lineno}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "sum"
        if not ast.unparse(node.args[0]).startswith("(1 for")
    ]
    assert sums == []


def test_no_mechanism_is_ablated_by_a_patch() -> None:
    tests = PACKAGE.parent / "tests"
    files = [path for room in ("mechanisms", "statements") for path in (tests / room).glob("*.py")]
    assert len(files) > 10
    assert [found for path in files for found in _patches(path)] == []


def test_classes_that_a_run_may_be_given_others_of_stay_open_when_compiled() -> None:
    """A compiled class refuses subclasses in Python unless it and its bases say otherwise."""
    rules = aw.Rules()
    given = [getattr(rules, each.name) for each in fields(rules)]
    rooms = [each for each in given if is_dataclass(each) and not isinstance(each, type)]
    named = [getattr(room, each.name) for room in rooms for each in fields(room)]
    classes = {
        base
        for kind in (*named, *given)
        if isinstance(kind, type)
        for base in kind.__mro__
        if base.__module__.startswith("anywhere_sim.")
    }
    assert len(classes) > 40
    assert {kind.__qualname__ for kind in classes} <= _open_classes()


def _open_classes() -> set[str]:
    """Return the classes of the rooms with `allow_interpreted_subclasses`."""
    files = [path for room in (*ROOMS, "traces") for path in (PACKAGE / room).rglob("*.py")]
    return {
        node.name
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and any(
            "allow_interpreted_subclasses=True" in ast.unparse(each) for each in node.decorator_list
        )
    }


def test_a_command_begins_without_what_only_pictures_and_notebooks_need() -> None:
    """Each command and each worker process pays for what is imported; a script that simulates and
    writes does not pay for pandas.
    """
    told = "print(*sys.modules)"
    code = f"import sys, anywhere_sim; {told}; import anywhere_sim.cli; {told}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    package, command = (set(line.split()) for line in done.stdout.splitlines())
    heavy = {"IPython", "SALib", "dask", "ipywidgets", "matplotlib", "scipy"}
    assert heavy & command == set()
    assert "pandas" not in package


class OneMessage(Online):
    """Online mode that notes the package's files whose functions run while it opens a message."""

    __slots__ = ()
    files: ClassVar[set[str]] = set()

    def perform(self, action: Action) -> Process:
        """Profile the first message that is read once all connections are there."""
        first = not self.files and self.client.env.now > CONNECTED_S
        if not (first and action.kind == "read"):
            return (yield from super().perform(action))
        before = sys.getprofile()
        sys.setprofile(self._called)
        try:
            return (yield from super().perform(action))
        finally:
            sys.setprofile(before)

    def _called(self, frame: FrameType, event: str, argument: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and PACKAGE in path.parents:
            self.files.add(path.relative_to(PACKAGE).as_posix())


@pytest.mark.skipif(way() == "compiled", reason="a profile sees no calls of compiled code")
def test_who_follows_one_message_reads_few_files() -> None:
    """Opened online, over HTTPS, by the only client of its servers; `des` and `traces` apart."""
    rules = aw.Rules(outlook=OutlookComponents(online=OneMessage))
    one = small(
        places__here__kind="dsl",
        groups__people__mode="online",
        groups__people__mailboxes=1,
        end="08:12",
    )
    made = aw.simulate(one, 1, rules=rules)
    assert set(made.connections["path"].astype(str)) == {"https"}
    files = {name for name in OneMessage.files if name.split("/")[0] not in BASICS}
    assert {"people/person.py", "exchange/front_end.py", "exchange/store.py"} <= files
    assert len(files) <= 18


def _patches(path: Path) -> list[str]:
    """Return where a file sets an attribute of something that it has imported, or may do so."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = (each for each in ast.walk(tree) if isinstance(each, ast.Import | ast.ImportFrom))
    imported = {name.asname or name.name for each in imports for name in each.names}
    return [
        f"{path.name}:{node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.expr | ast.arg) and _sets(node, imported)
    ]


def _sets(node: ast.expr | ast.arg, imported: set[str]) -> bool:
    if isinstance(node, ast.arg):
        return node.arg == "monkeypatch"
    if isinstance(node, ast.Attribute):
        owner: ast.expr = node
        while isinstance(owner, ast.Attribute):
            owner = owner.value
        stored = isinstance(node.ctx, ast.Store | ast.Del)
        return node.attr == "setattr" or (
            stored and isinstance(owner, ast.Name) and owner.id in imported
        )
    return isinstance(node, ast.Name) and node.id in ("setattr", "delattr", "MonkeyPatch")
