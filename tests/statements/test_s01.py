"""S1: Outlook Anywhere: Outlook 2007 reaches Exchange 2007 from anywhere over HTTPS."""

from __future__ import annotations

from tests.statements.pairs import paths, run, small, words


def statement() -> None:
    new = {"groups__people__client": "outlook2007", "servers__mbx1__profile": "exchange2007", "record_rpcs": True}
    anywhere, nowhere = run(small(**new)), run(small(**new, places__here__web="none"))
    assert paths(anywhere) == {"https"}
    assert "async_wait" in words(anywhere.rpcs["kind"])
    assert paths(nowhere) == set()


def test_statement() -> None:
    statement()
