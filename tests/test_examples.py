"""Each public function has an example in its docstring, and it prints what it says.

Examples of `anywhere_sim`, `.lab` and `.figures` begin with what a reader of the site has before
him (docs/reference): the modules, a scenario `office`, two runs of it in `runs`, and `run`.
"""

from __future__ import annotations

import doctest
from inspect import isfunction
from types import ModuleType
from typing import Any

import matplotlib as mpl
import pytest

import anywhere_sim as aw
from anywhere_sim import analysis, figures, lab

NEED_A_STUDY = {
    "cell_means", "curves", "headline", "sensitivity", "sentences", "tornado", "tornado_table",
}  # fmt: skip
"""They take the results of a study, as lessons 03 and 07 and docs/how-to/study.md do."""
NEED_MINUTES = {"capacity", "capacity_in_words"}
"""Searches a size by dozens of runs; tests/experiments has it on a small scenario."""
NEED_A_CAPTURE = {"export_captures", "packets_by_port", "wireshark_lines", "write_packets"}
"""They take dpkt or tshark, which may be absent; lesson 01 and docs/formats/pcap.md have them."""
WITHOUT = NEED_A_STUDY | NEED_MINUTES | NEED_A_CAPTURE
PUBLIC = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module in (aw, lab, figures)
    for name in module.__all__
    if isfunction(getattr(module, name)) and name not in WITHOUT
}
SLOW = {"hold_off_curve", "compare_speed_rules"}
RUN_HERE = {
    name: entry
    for name, entry in PUBLIC.items()
    if not entry.__module__.startswith(
        f"{analysis.__name__}."
    )  # test_examples of analysis has those
}


@pytest.fixture(scope="module")
def known() -> dict[str, Any]:
    """The first block of the pages docs/reference/lab.md and figures.md."""
    mpl.use("Agg")
    office = aw.Scenario.load("office-day").with_(
        end="08:30", groups__online__mailboxes=3, groups__cached__mailboxes=3
    )
    online = office.with_(groups__cached__mode="online")
    runs = {"online": aw.simulate(online, seed=7), "cached": aw.simulate(office, seed=7)}
    modules: dict[str, ModuleType] = {
        "aw": aw, "lab": lab, "figures": figures, "analysis": analysis,
    }  # fmt: skip
    return {**modules, "office": office, "runs": runs, "run": runs["online"]}


@pytest.mark.parametrize("name", PUBLIC)
def test_each_public_function_has_an_example(name: str) -> None:
    assert ">>>" in str(PUBLIC[name].__doc__)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.long) if name.rpartition(".")[2] in SLOW else name
        for name in RUN_HERE
    ],
)
def test_an_example_prints_what_it_says(name: str, known: dict[str, Any]) -> None:
    (test,) = doctest.DocTestFinder(recurse=False).find(
        RUN_HERE[name], name, module=False, globs=dict(known)
    )
    told: list[str] = []
    assert doctest.DocTestRunner(verbose=False).run(test, out=told.append).failed == 0, told
