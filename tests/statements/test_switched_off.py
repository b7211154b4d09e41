"""Each statement depends on its own mechanism: switched off, its test turns red and no other's does."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.mechanisms.statements import STATEMENTS


@pytest.mark.parametrize("number", STATEMENTS)
def test_only_its_own_statement_fails(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    STATEMENTS[number](monkeypatch)
    red = {other for other in STATEMENTS if not _holds(other)}
    assert red == {number}


def _holds(number: int) -> bool:
    try:
        import_module(f"tests.statements.test_s{number:02d}").statement()
    except AssertionError:
        return False
    return True
