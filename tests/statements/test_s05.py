"""S5: the offline file synchronises on the company LAN or through a VPN only."""

from __future__ import annotations

from tests.statements.pairs import run, small, words


def statement() -> None:
    old = {"groups__people__client": "outlook2002", "groups__people__mode": "offline_ost"}
    old |= {"groups__people__policy": {"ost_schedule_s": 600}, "groups__people__itinerary": [["08:10", "later"]]}
    tunnel = run(small(**old, places__later={"kind": "vpn"}))
    outside = run(small(**old, places__later={"kind": "dsl"}))
    assert "done" in words(tunnel.syncs["outcome"])
    assert len(outside.syncs) == 0
    assert len(outside.attempts) > 0


def test_statement() -> None:
    statement()
