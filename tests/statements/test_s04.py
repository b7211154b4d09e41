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
    """Begun offline in a cut; when the tunnel is back the scheduled exchanges are cut, and the next are made: still one offline run."""
    scheduled = old | {"groups__people__policy": {"ost_schedule_s": 600}, "places__tunnel": {"kind": "vpn", "down_kbps": 8, "up_kbps": 8}}
    away = {"at": "08:05", "do": "cut", "place": "tunnel", "for_s": 600}
    cuts = [away, *({"at": f"08:{minute}", "do": "cut", "place": "tunnel", "for_s": 60} for minute in (22, 32, 42, 52))]
    made = run(small(**scheduled, events=cuts, groups__people__itinerary=[["08:10", "tunnel"]]))
    assert "cut" in words(made.syncs["outcome"])
    assert set(words(made.states["state"])) == {"off", "offline"}


def test_statement() -> None:
    statement()
