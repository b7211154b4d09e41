"""Each public function and class has an example in its docstring, and it prints what it says.

Examples of `anywhere_sim`, `.lab` and `.figures` begin with what a reader of the site has before
him: the blocks of docs/reference/examples.md. Those of `.analysis` run with their own modules
(tests/analysis/test_examples.py).
"""

from __future__ import annotations

import ast
import doctest
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

import anywhere_sim as aw
from anywhere_sim import analysis, figures, lab
from tests.mechanisms.rows import ROOT
from tests.test_pages import blocks, files

PAGE = ROOT / "docs/reference/examples.md"
PUBLIC = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module in (analysis, aw, lab, figures)
    for name in module.__all__
    if callable(getattr(module, name))
}
RUN_HERE = {
    name: entry
    for name, entry in PUBLIC.items()
    if not entry.__module__.startswith(f"{analysis.__name__}.")
}
LONG = {
    "anywhere_sim.Capacity", "anywhere_sim.capacity", "anywhere_sim.sensitivity",
    "anywhere_sim.figures.capacity", "anywhere_sim.figures.tornado",
    "anywhere_sim.lab.capacity_in_words", "anywhere_sim.lab.compare_speed_rules",
    "anywhere_sim.lab.hold_off_curve", "anywhere_sim.lab.tornado_table",
}  # fmt: skip
"""They make dozens of runs."""


def documented(entry: Any) -> str:
    """Return a docstring as it stands in the source: a compiled class keeps none."""
    file = ROOT / f"{entry.__module__.replace('.', '/')}.py"
    for each in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(each, ast.ClassDef | ast.FunctionDef) and each.name == entry.__name__:
            return ast.get_docstring(each) or ""
    raise AssertionError(f"{file} does not define {entry.__name__}")


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the page's blocks leave, in a folder of their own."""
    mpl.use("Agg")
    names: dict[str, Any] = {}
    with chdir(tmp_path_factory.mktemp("examples")):
        for name, text in files(PAGE):
            Path(name).write_text(text, encoding="utf-8")
        code = [block.text for block in blocks(PAGE) if block.language == "python"]
        exec(compile("\n".join(code), PAGE.name, "exec"), names)
        yield names


@pytest.mark.parametrize("name", PUBLIC)
def test_each_public_name_has_an_example(name: str) -> None:
    assert ">>>" in documented(PUBLIC[name])


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.long) if name in LONG else name for name in RUN_HERE],
)
def test_an_example_prints_what_it_says(name: str, known: dict[str, Any]) -> None:
    test = doctest.DocTestParser().get_doctest(
        documented(RUN_HERE[name]), dict(known), name, name, 0
    )
    told: list[str] = []
    assert doctest.DocTestRunner(verbose=False).run(test, out=told.append).failed == 0, told
