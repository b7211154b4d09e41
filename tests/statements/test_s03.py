"""S3: direct RPC over TCP asks the endpoint mapper on 135, then a high port."""

from __future__ import annotations

from tests.statements.pairs import paths, run, small, words


def statement() -> None:
    inside = {"places__here__internal_names": "resolve", "groups__people__policy": {"roh_flags": 0x3}}
    answered = run(small(**inside, places__here__port_135="open"))
    dropped = run(small(**inside, places__here__port_135="drop"))
    assert paths(answered) == {"tcp"}
    assert set(words(answered.attempts["ports"])) == {"135-high"}
    assert set(answered.attempts["round_trips"]) == {7}  # mapper: connect, bind, map; service: connect, bind, two calls
    assert "tcp" not in paths(dropped)
    assert set(words(dropped.attempts["ports"])) == {"135", "443"}


def test_statement() -> None:
    statement()
