"""The Python examples of the README run as they stand, on a smaller scenario."""

from __future__ import annotations

import re
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest

from anywhere_sim.scenario.shipped import scenario_path
from tests.mechanisms.rows import ROOT

EXAMPLES = re.findall(
    r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S
)
SMALLER = {
    '"mobile-workforce"': '"road.toml"',
    "replications=5": "replications=2",
}


def test_the_examples_run_one_after_the_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    road = scenario_path("mobile-workforce").read_text(encoding="utf-8")
    for given, instead in {'"18:30"': '"07:20"', "= 20": "= 3", "= 10": "= 1"}.items():
        assert given in road
        road = road.replace(given, instead)
    (tmp_path / "road.toml").write_text(road, encoding="utf-8")
    whole = "\n".join(EXAMPLES)
    for given, instead in SMALLER.items():
        assert given in whole
        whole = whole.replace(given, instead)
    known: dict[str, Any] = {}
    with chdir(tmp_path):
        exec(compile(whole, "README.md", "exec"), known)
    told = capsys.readouterr().out
    assert len(EXAMPLES) == 1
    assert "nothing lost" in told
    assert "front-end CPU" in told
