"""Published figures that the model has to reach without having been fitted to them."""

from __future__ import annotations

import pytest

from anywhere_sim.validation.facts import _kilobytes
from anywhere_sim.validation.store_facts import day


def test_a_medium_cached_user_moves_what_was_published() -> None:
    """2,600 KB a day with 50 KB messages, within 15 % (facts 5.1)."""
    assert _kilobytes(day()) == pytest.approx(2600.0, rel=0.15)
