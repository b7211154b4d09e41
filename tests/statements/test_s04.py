"""S4: with an offline file, connected or offline is chosen at launch for the whole run of Outlook."""

from __future__ import annotations

from tests.statements.pairs import run, small, words


def statement() -> None:
    old = {
        "groups__people__client": "outlook2002",
        "groups__people__mode": "offline_ost",
        "groups__people__policy": {"ost_schedule_s": None},
    }
    stays = run(small(**old, groups__people__itinerary=[["08:10", "office"], ["08:40", "here"]]))
    begins_away = run(small(**old, groups__people__itinerary=[["08:10", "here"], ["08:40", "office"]]))
    assert "offline" not in words(stays.states["state"])
    assert set(words(begins_away.states["state"])) == {"off", "offline"}
    changes = begins_away.changes
    assert len(changes) > 0
    assert set(words(changes["state"])) == {"pending"}


def test_statement() -> None:
    statement()
