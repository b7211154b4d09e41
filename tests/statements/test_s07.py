"""S7: plugging in and out of the LAN needs no change of configuration and no restart."""

from __future__ import annotations

from tests.statements.pairs import paths, run, small, words


def statement() -> None:
    policy = {"roh_flags": 0x3}
    stays = run(small(groups__people__policy=policy, groups__people__itinerary=[["08:10", "office"]]))
    moves = run(
        small(groups__people__policy=policy, groups__people__itinerary=[["08:10", "office"], ["08:30", "here"], ["09:00", "office"]])
    )
    for mailbox, rows in moves.connections.sort_values("start_s").groupby(moves.connections["mailbox"].astype(str)):
        seen = list(dict.fromkeys(zip(words(rows["place"]), words(rows["path"]), strict=True)))
        assert seen == [("office", "tcp"), ("here", "https")], mailbox
        back = rows[(rows["start_s"] > 32_400 - 120) & (rows["place"].astype(str) == "office")]
        assert set(words(back["path"])) == {"tcp"}, mailbox
    assert paths(stays) == {"tcp"}
    assert words(moves.states["state"]).count("off") == 3


def test_statement() -> None:
    statement()
