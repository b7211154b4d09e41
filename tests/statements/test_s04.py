"""S4: with an offline file, connected or offline is chosen at launch for the whole run of Outlook."""

from __future__ import annotations

from typing import Any

from tests.statements.pairs import run, small, words


def statement() -> None:
    old: dict[str, Any] = {
        "groups__people__client": "outlook2002",
        "groups__people__mode": "offline_ost",
        "groups__people__policy": {"ost_schedule_s": None},
        "groups__people__activity": small().groups["people"].habits.model_dump() | {"send_receives": 0.0},
    }
    stays = run(small(**old, groups__people__itinerary=[["08:10", "office"], ["08:40", "here"]]))
    begins_away = run(small(**old, groups__people__itinerary=[["08:10", "here"], ["08:40", "office"]]))
    assert "offline" not in words(stays.states["state"])
    assert set(words(begins_away.states["state"])) == {"off", "trying", "offline"}
    assert words(begins_away.states["state"]).count("trying") == 3
    changes = begins_away.changes
    assert len(changes) > 0
    assert set(words(changes["state"])) == {"pending"}
    _stays_offline(old)


def _stays_offline(old: dict[str, Any]) -> None:
    """Begun offline, an exchange through a VPN is cut, and F9 or the schedule make the next: still one offline run."""
    cuts = [{"at": f"08:{minute}", "do": "cut", "place": "tunnel", "for_s": 60} for minute in (31, 41, 51)]
    scheduled = old | {"groups__people__policy": {"ost_schedule_s": 600}, "places__tunnel": {"kind": "vpn", "down_kbps": 8, "up_kbps": 8}}
    made = run(small(**scheduled, events=cuts, groups__people__itinerary=[["08:10", "here"], ["08:20", "tunnel"]]))
    assert "cut" in words(made.syncs["outcome"])
    assert set(words(made.states["state"])) == {"off", "trying", "offline"}


def test_statement() -> None:
    statement()
