"""The option that runs a test without one of the model's mechanisms."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mechanisms.ablation import applied
from tests.mechanisms.switches import SWITCHES


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--ablate",
        choices=sorted(SWITCHES),
        help="run without this mechanism (a row of docs/mechanisms.md)",
    )


@pytest.fixture(autouse=True)
def _without_a_mechanism(request: pytest.FixtureRequest) -> Iterator[None]:
    name = request.config.getoption("--ablate")
    if name is None:
        yield
        return
    with applied(SWITCHES[name]):
        yield
