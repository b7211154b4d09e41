"""Each statement depends on its own mechanism: switched off, only its own test turns red."""

from __future__ import annotations

import pytest

from tests.mechanisms.ablation import applied
from tests.mechanisms.statements import STATEMENTS
from tests.statements import test_statements


@pytest.mark.long
@pytest.mark.parametrize("number", STATEMENTS)
def test_only_its_own_statement_fails(number: int) -> None:
    with applied(STATEMENTS[number]):
        red = {other for other in STATEMENTS if not _holds(other)}
    assert red == {number}


def _holds(number: int) -> bool:
    try:
        test_statements.STATEMENTS[number]()
    except AssertionError:
        return False
    return True
