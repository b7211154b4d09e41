"""Every shipped scenario gives the numbers on file; `make golden` rewrites them."""

from __future__ import annotations

import pytest

from anywhere_sim.scenario.shipped import scenario_names
from tests.golden.fingerprints import fingerprint, known


@pytest.mark.parametrize("name", scenario_names())
def test_numbers_on_file(name: str) -> None:
    assert fingerprint(name) == known()[name]
