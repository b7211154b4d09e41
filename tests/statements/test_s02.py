"""S2: RPC over HTTPS is the predecessor; any pairing with a 2003 in it works, and asks for new mail by polling."""

from __future__ import annotations

import pandas as pd

import anywhere_sim as aw
from tests.statements.pairs import paths, run, small, words

HOLD_OFF_S, POLL_S = 30.0, 60.0


def paired(client: str, store: str) -> aw.Run:
    """Return a run of a pairing, its connections kept alive behind the NAT."""
    changes = {"groups__people__client": client, "servers__mbx1__profile": store, "groups__people__policy": {"keep_alive_s": 120}}
    return run(small(**changes, groups__people__mailboxes=6, end="11:00", record_rpcs=True))


def ages_s(made: aw.Run) -> pd.Series:
    """Return how long each message took from the server to the client while everybody was connected."""
    messages = made.messages[made.messages["delivered_s"] > 8.25 * 3600]
    return (messages["reached_s"] - messages["delivered_s"]).dropna()


def statement() -> None:
    for client, store in (("outlook2003", "exchange2003"), ("outlook2003", "exchange2007"), ("outlook2007", "exchange2003")):
        made = paired(client, store)
        kinds = set(words(made.rpcs["kind"]))
        assert paths(made) == {"https"}
        assert "poll" in kinds
        assert "async_wait" not in kinds
        assert set(made.connections.groupby("mailbox", observed=True).size()) == {5}
        # a poll comes at any time of its minute, then the hold-off; a window that is open already takes what comes along
        ages = ages_s(made)
        assert len(ages) > 50
        assert HOLD_OFF_S + 0.3 * POLL_S < ages.mean() < HOLD_OFF_S + 0.7 * POLL_S
        assert ages.quantile(0.9) > HOLD_OFF_S + 0.6 * POLL_S


def test_statement() -> None:
    statement()


def test_a_pair_of_2007_is_told_at_once() -> None:
    """The other side of the statement: a parked wait leaves only the hold-off, over the same five connections."""
    made = paired("outlook2007", "exchange2007")
    assert "poll" not in words(made.rpcs["kind"])
    assert set(made.connections.groupby("mailbox", observed=True).size()) == {5}
    assert ages_s(made).median() < HOLD_OFF_S + 2.0
