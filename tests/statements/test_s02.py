"""S2: RPC over HTTPS is the predecessor; any pairing with a 2003 in it works, and asks for new mail by polling."""

from __future__ import annotations

from tests.statements.pairs import paths, run, small, words


def statement() -> None:
    for client, store in (("outlook2003", "exchange2003"), ("outlook2003", "exchange2007"), ("outlook2007", "exchange2003")):
        made = run(small(groups__people__client=client, servers__mbx1__profile=store, record_rpcs=True))
        kinds = set(words(made.rpcs["kind"]))
        assert paths(made) == {"https"}
        assert "poll" in kinds
        assert "async_wait" not in kinds


def test_statement() -> None:
    statement()
