"""S11: on a slow link the default order is HTTPS, then TCP."""

from __future__ import annotations

from tests.statements.pairs import first_path, paths, run, small


def statement() -> None:
    slow = {"places__here": {"kind": "gprs", "internal_names": "resolve", "port_135": "open"}}
    works, fails = run(small(**slow)), run(small(**slow, servers__fe1__request_limit=0))
    assert first_path(works) == first_path(fails) == "https"
    assert paths(works) == {"https"}
    assert paths(fails) == {"tcp"}


def test_statement() -> None:
    statement()
