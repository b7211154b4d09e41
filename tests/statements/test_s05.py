"""S5: the offline file synchronises on the company LAN or through a VPN only."""

from __future__ import annotations

from tests.statements.pairs import run, small, words


def statement() -> None:
    old = {"groups__people__client": "outlook2002", "groups__people__mode": "offline_ost"}
    old |= {"groups__people__policy": {"ost_schedule_s": 600}, "groups__people__itinerary": [["08:10", "later"]]}
    old |= {"groups__people__activity": small().groups["people"].habits.model_dump() | {"send_receives": 20.0}}
    tunnel = run(small(**old, places__later={"kind": "vpn"}))
    assert "done" in words(tunnel.syncs["outcome"])
    for elsewhere in ({"kind": "dsl"}, {"kind": "partner_lan", "port_135": "open", "internal_names": "resolve"}):
        outside = run(small(**old, places__later=elsewhere))
        assert len(outside.syncs) == 0
        assert len(outside.attempts) > 0
        presses = outside.operations[outside.operations["kind"].astype(str) == "send_receive"]
        assert set(words(presses["outcome"])) == {"failed"}


def test_statement() -> None:
    statement()
