"""Every declaration of a sourced number in the package is in the table of assumptions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import anywhere_sim
from anywhere_sim.report.assumptions import MARKS, assumptions
from anywhere_sim.traces.words import RPC_NAMES

PACKAGE = Path(anywhere_sim.__path__[0])


def declared(tree: ast.AST) -> Iterator[str]:
    """Yield the names that are annotated with a source: fields of classes and constants of
    modules.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            calls = (part.func for part in ast.walk(node.annotation) if isinstance(part, ast.Call))
            if any(isinstance(function, ast.Name) and function.id in MARKS for function in calls):
                yield node.target.id


def test_every_sourced_field_and_constant_of_the_package_is_listed() -> None:
    listed = set(assumptions()["number"])
    names = [
        (path.relative_to(PACKAGE), name)
        for path in sorted(PACKAGE.rglob("*.py"))
        for name in declared(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert len(names) > 100
    assert [each for each in names if each[1] not in listed] == []


def test_every_type_of_call_is_listed() -> None:
    parts = set(assumptions()["part"])
    assert [name for name in RPC_NAMES if f"call {name}" not in parts] == []


def test_no_input_is_listed_twice() -> None:
    table = assumptions()
    assert not table.duplicated(["part", "number"]).any()
