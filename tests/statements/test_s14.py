"""S14: a profile needs the local network the first time; without it the remote path is refused."""

from __future__ import annotations

from tests.statements.pairs import paths, run, small


def statement() -> None:
    new = {"groups__people__set_up": False, "groups__people__client": "outlook2007", "servers__mbx1__profile": "exchange2007"}
    new |= {"groups__people__mailbox_mb": 1}
    away = run(small(**new))
    assert paths(away) == set()
    assert paths(run(small(**new, groups__people__itinerary=[["08:10", "office"]]))) == {"tcp"}
    lifted = run(small(**new, groups__people__policy={"first_setup": "autodiscover"}))
    assert paths(lifted) == {"https"}
    older = run(small(**new | {"groups__people__client": "outlook2003"}, groups__people__policy={"first_setup": "autodiscover"}))
    assert paths(older) == set()


def test_statement() -> None:
    statement()
