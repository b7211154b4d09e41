"""S10: on a fast link the default order is TCP, then HTTPS if that fails."""

from __future__ import annotations

from tests.statements.pairs import first_path, paths, run, small


def statement() -> None:
    fails = run(small(places__here__port_135="open", places__here__internal_names="no_such_name"))
    succeeds = run(small(places__here__port_135="open", places__here__internal_names="resolve"))
    assert first_path(fails) == first_path(succeeds) == "tcp"
    assert paths(fails) == {"https"}
    assert paths(succeeds) == {"tcp"}


def test_statement() -> None:
    statement()
