"""Paths and kinds of calls: one table of each, under the words that the trace has for them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

import anywhere_sim as aw
from anywhere_sim.rpc import call_types
from anywhere_sim.rpc.call_types import CallType
from anywhere_sim.rpc.path_kinds import PATH_KINDS
from anywhere_sim.traces.words import PATHS, RPC_NAMES
from tests.statements.pairs import small
from tests.support import simulate


def test_each_path_has_a_kind_and_no_hyphen() -> None:
    """An attempt's `order` and `ports` are joined with hyphens."""
    assert set(PATH_KINDS) == set(PATHS)
    assert not any("-" in path for path in PATHS)


def test_each_kind_of_call_has_its_word() -> None:
    kinds = [kind.name for kind in vars(call_types).values() if isinstance(kind, CallType)]
    assert sorted(kinds) == sorted(RPC_NAMES)


def test_a_path_that_nobody_knows_is_refused() -> None:
    def order(*_: object) -> tuple[Any, ...]:
        return ("tcp", "htttps")

    with pytest.raises(
        aw.ScenarioError, match=r"path_order returned .*'htttps'.*'tcp' and 'https'"
    ):
        simulate(small(), 1, rules=aw.Rules(path_order=order))


@pytest.mark.parametrize(("kind", "path"), [("lan", "tcp"), ("dsl", "https")])
@pytest.mark.parametrize("client", ["outlook2003", "outlook2007"])
def test_a_cold_round_opens_what_a_settled_beginning_has(kind: str, path: str, client: str) -> None:
    """Held fixed: one person, one place, two shared mailboxes, no time for a NAT to forget."""

    def opened(beginning: str) -> Counter[str]:
        run = simulate(
            small(
                places__here={"kind": kind},
                groups__people__client=client,
                groups__people__mailboxes=1,
                groups__people__shared_mailboxes=2,
                groups__people__itinerary=[["07:55", "here"]],
                groups__people__itinerary_spread_s=0,
                beginning=beginning,
                end="08:03",
            ),
            1,
        )
        assert set(run.connections["path"].astype(str)) == {path}
        return Counter(run.connections["service"].astype(str))

    assert opened("cold") == opened("settled")
    assert opened("cold")["mail"] >= 6
