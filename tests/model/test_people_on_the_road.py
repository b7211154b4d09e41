"""What the road does to people and their copies: look-ups, portals, first set-ups."""

from __future__ import annotations

from dataclasses import replace

import pytest

from anywhere_sim.des.environment import Process
from anywhere_sim.outlook.sync.address_book import AddressBook
from tests.model.scripted import Scripted, play, scenario
from tests.statements.pairs import paths, run, small, words
from tests.support import rules


class _NoBook(AddressBook):
    @property
    def is_missing(self) -> bool:
        return True


def look_ups_on_a_dead_line(*, book: bool) -> tuple[list[str], float]:
    """Return who served a look-up on a GPRS line that has just gone, and how long it took.

    The client does not know yet that the line is away.
    """
    given = scenario(
        "cached",
        places__office={"kind": "gprs"},
        servers__fe1={"role": "front_end"},
        servers__gc1={"role": "directory"},
        events=[{"at": "09:10", "do": "cut", "place": "office", "for_s": 300}],
    )
    parts = rules()
    if not book:
        parts = replace(parts, outlook=replace(parts.outlook, address_book=_NoBook))

    def script(person: Scripted) -> Process:
        yield from person.rest(600.5)
        yield from person.act("look_up")

    operations = play(given, script, parts).made.operations
    return words(operations["served_by"]), float(operations["wait_s"].max())


def test_with_an_address_book_no_look_up_waits_for_a_dead_line() -> None:
    """Slow or fast, the copy's own book answers at once."""
    assert look_ups_on_a_dead_line(book=True) == (["copy"], 0.0)


def test_without_a_book_a_look_up_is_given_up_when_the_dialog_appears() -> None:
    """The dialog comes after 8 s (KB 839862); the line is found dead much later."""
    assert look_ups_on_a_dead_line(book=False) == (["copy"], 8.0)


@pytest.mark.parametrize(("came", "connected_s"), [("07:45", 8 * 3600), ("07:58", 8 * 3600 + 480)])
def test_a_settled_beginning_knows_when_the_portal_was_opened(came: str, connected_s: int) -> None:
    """Ten minutes after the person came, whether that is before the start or after it."""
    made = run(
        small(
            end="08:30",
            beginning="settled",
            places__here={"kind": "hotspot", "portal_login_s": 600},
            groups__people__itinerary=[[came, "here"]],
            groups__people__itinerary_spread_s=0,
            groups__people__policy={"roh_flags": 0x2B, "backoff": "none"},
        )
    )
    first_s = made.connections.groupby(made.connections["mailbox"].astype(str))["start_s"].min()
    assert first_s.between(connected_s, connected_s + 60).all()


def test_a_first_set_up_needs_the_companys_network_and_not_an_open_port_alone() -> None:
    new = {
        "end": "08:20",
        "places__here": {
            "kind": "partner_lan", "port_135": "open", "internal_names": "resolve",
        },
        "groups__people__mailbox_mb": 1,
    }  # fmt: skip
    assert paths(run(small(**new, groups__people__set_up=True))) == {"tcp"}
    assert paths(run(small(**new, groups__people__set_up=False))) == set()
    inside = new | {"places__here": {"kind": "vpn"}}
    assert paths(run(small(**inside, groups__people__set_up=False))) == {"tcp"}


CRASH = [{"at": "08:20", "do": "crash", "server": "fe1", "for_s": 3000}]


def test_outlook_tries_for_five_minutes_and_then_every_fifteen() -> None:
    """Trying to connect until an attempt has failed after 5 min, then disconnected (2007's help);
    the step is 15 s and what an attempt takes: 21 s of silence, and the names of TCP.
    """
    alone = {"groups__people__mailboxes": 1, "groups__people__policy": {"roh_flags": 0x2B}}
    made = run(small(events=CRASH, **alone))
    states = made.states[["state", "start_s", "end_s"]].astype({"state": str})
    lost = states[states["state"] == "trying"].iloc[1]
    begun_s = made.attempts["start_s"].groupby(made.attempts["round"]).min()
    rounds_s = begun_s[begun_s >= lost["start_s"]]
    tries_s = rounds_s[rounds_s < lost["end_s"]]
    assert 300.0 < lost["end_s"] - lost["start_s"] < 300.0 + 90.0
    assert tries_s.diff().dropna().between(15.0, 75.0).all()
    later_s = rounds_s[rounds_s > lost["end_s"]].iloc[0]
    assert later_s - lost["end_s"] == pytest.approx(900.0, abs=15.0)
    assert words(states["state"]).count("disconnected") >= 1


def test_a_disconnected_outlook_tries_at_once_when_the_person_asks_or_the_network_changes() -> None:
    """Twenty minutes after the store has gone, in the quarter of an hour between two tries."""
    event = [{"at": "09:01", "do": "shutdown", "server": "mbx1", "for_s": 6000}]
    asked_s = 9 * 3600 + 20 * 60 + 0.5
    given = scenario("cached", events=event)

    def script(person: Scripted) -> Process:
        yield from person.rest(asked_s - 9 * 3600)
        yield from person.act("send_receive")

    attempts = play(given, script, rules()).made.attempts
    pressed = attempts[attempts["trigger"].astype(str) == "f9"]
    assert pressed["start_s"].min() == asked_s
    cut = [*event, {"at": "09:20", "do": "cut", "place": "office", "for_s": 40}]
    attempts = play(scenario("cached", events=cut), lambda person: person.rest(0), rules())
    seen = attempts.made.attempts
    link_s = seen["start_s"][seen["trigger"].astype(str) == "link"].min()
    assert 9 * 3600 + 1240 <= link_s <= 9 * 3600 + 1240 + 15


def test_a_notice_that_was_lost_rides_in_the_next_answer() -> None:
    """The line is in a gap when mail comes, so that its notice is lost; the person's next action
    brings it, long before the notice is sent again.
    """
    gap = [{"at": "09:10", "do": "gap", "place": "office", "for_s": 5}]
    came_s, acted_s = 9 * 3600 + 602.0, 9 * 3600 + 610.0

    def script(person: Scripted) -> Process:
        yield from person.rest(came_s - 9 * 3600)
        person.mail()
        yield from person.rest(acted_s - came_s)
        yield from person.act("calendar")

    messages = play(scenario("online", events=gap), script, rules()).made.messages
    assert messages["reached_s"].tolist() == [pytest.approx(acted_s, abs=2.0)]
