"""A machine's cache of names: what is asked again, when, and what it costs (failures 1)."""

from __future__ import annotations

from typing import Any

import pytest

import anywhere_sim as aw
from anywhere_sim.des.environment import Environment, Process
from anywhere_sim.network.link import ConstantRate
from anywhere_sim.network.resolver import Resolver
from anywhere_sim.network.tcp_exchange import StageFailed
from anywhere_sim.network.tcp_model import STACKS
from anywhere_sim.report.story import story
from anywhere_sim.scenario.place import Place
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.scenario.spec import StackName
from tests.statements.pairs import run, small, words
from tests.support import line, over, rules

RTT_S = 0.050
FREE, ASKED = pytest.approx(0.0), pytest.approx(RTT_S, abs=0.002)


class Machine:
    """A resolver, and the network in which its machine is."""

    def __init__(self, stack: StackName, **policy: Any) -> None:
        self.stack = STACKS[stack]
        self.resolver: Resolver = rules().network.resolver(self.stack, Policy(**policy))
        self.env = Environment()

    def ask(self, at_s: float, names: str = "resolve", name: str = "mbx1") -> tuple[str, float]:
        """Return what an internal name is at a place, and how long that takes: ("", s) is an
        address that may be kept for an hour.
        """
        env = self.env
        place = Place.model_validate(
            {"kind": "dsl", "rtt_ms": 1_000 * RTT_S, "internal_names": names}
        )
        links = [rules().network.processor_sharing_link(env, ConstantRate(1e6)) for _ in "ud"]
        talk, said = over(line(env, place, self.stack, (links[0], links[1]))), [""]

        def asking() -> Process:
            try:
                yield from self.resolver.resolve(talk, name, 3_600.0, internal=True)
            except StageFailed as failure:
                said[0] = failure.reason

        env.run(until=at_s)
        env.process(asking())
        env.run()
        return said[0], env.now - at_s


@pytest.mark.parametrize(
    ("stack", "policy", "kept_s"),
    [
        ("windows-vista", {}, 3_600.0),
        ("windows-xp", {"dns_positive_max_s": 60}, 60.0),
        ("linux", {}, 0.0),
    ],
)
def test_an_address_is_kept_for_its_time_to_live(
    stack: StackName, policy: dict[str, Any], kept_s: float
) -> None:
    machine = Machine(stack, **policy)
    assert machine.ask(10.0) == ("", ASKED)
    if kept_s:
        assert machine.ask(kept_s) == ("", FREE)
    assert machine.ask(kept_s + 11.0) == ("", ASKED)


@pytest.mark.parametrize(
    ("stack", "policy", "kept_s"),
    [
        ("windows-2000", {}, 300.0),
        ("windows-xp", {}, 900.0),
        ("windows-xp", {"dns_negative_s": 300}, 300.0),
        ("windows-vista", {}, 900.0),
    ],
)
def test_no_such_name_is_an_answer_that_is_kept(
    stack: StackName, policy: dict[str, Any], kept_s: float
) -> None:
    machine = Machine(stack, **policy)
    assert machine.ask(10.0, "no_such_name") == ("no_such_name", ASKED)
    assert machine.ask(kept_s, "no_such_name") == ("no_such_name", FREE)
    assert machine.ask(kept_s + 1.0, "no_such_name", "gc1") == ("no_such_name", ASKED)
    assert machine.ask(kept_s + 11.0, "no_such_name") == ("no_such_name", ASKED)


def test_silence_is_remembered_on_windows_2000_alone() -> None:
    """There each query fails at once for half a minute, whatever is asked; elsewhere every name
    costs the whole schedule again, unless the policy says otherwise.
    """
    old = Machine("windows-2000")
    assert old.ask(10.0, "silent") == ("silent", pytest.approx(17.0))
    assert old.ask(56.0, "resolve", "gc1") == ("silent", FREE)
    assert old.ask(58.0) == ("", ASKED)
    xp = Machine("windows-xp")
    assert xp.ask(10.0, "silent") == ("silent", pytest.approx(15.0))
    assert xp.ask(26.0, "silent", "gc1") == ("silent", pytest.approx(15.0))
    assert Machine("windows-xp", dns_silence_hold_s=30).resolver.remembered("mbx1", 0.0) is None


def silent_rounds(**policy: Any) -> list[float]:
    """Return what each attempt of the first round lasted over TCP where no name is answered."""
    servers = {
        "fe1": {"role": "front_end"}, "mbx1": {"role": "mailbox"}, "gc1": {"role": "directory"},
    }  # fmt: skip
    made = run(
        small(
            servers=servers, end="08:20", groups__people__mailboxes=1,
            groups__people__policy=policy, places__here__internal_names="silent",
        )
    )  # fmt: skip
    tried = made.attempts[(made.attempts["round"] == 1) & (made.attempts["path"] == "tcp")]
    return [float(s) for s in (tried["end_s"] - tried["start_s"])]


def test_a_round_pays_for_silence_once_per_name_or_once() -> None:
    """The store and the directory are two names; a machine that remembers silence waits once."""
    assert silent_rounds() == [pytest.approx(15.0), pytest.approx(15.0)]
    assert silent_rounds(dns_silence_hold_s=30) == [pytest.approx(15.0), pytest.approx(0.0)]


def carried(to: str, **policy: Any) -> aw.Run:
    """Return the morning of a person who opens Outlook at home and is elsewhere five minutes
    later.
    """
    return run(
        small(
            end="08:40", groups__people__mailboxes=1, groups__people__itinerary_spread_s=0,
            groups__people__itinerary=[["08:10", "here"], ["08:15", to]],
            groups__people__policy={"roh_flags": 0x2B} | policy, places__there={"kind": "vpn"},
        )
    )  # fmt: skip


def test_the_miss_of_the_road_is_met_in_the_office() -> None:
    """TCP is tried first: at home nobody knows the store's name, so it goes over HTTPS; in the
    office it does too, unless the cache is emptied where the network changes (both assumed).
    """
    usual = {"roh_flags": 0x23}
    kept, flushed = carried("office", **usual), carried("office", **usual, dns_flush_on_move=True)
    for made, path in ((kept, "https"), (flushed, "tcp")):
        there = made.connections[made.connections["place"] == "office"]
        assert set(words(there["path"])) == {path}
    told = story(kept, 1)
    assert "the name was not resolved after 0.00 s (from the machine's cache)" in told
