"""Somebody who does with Outlook what a test says, and a note of every call that is made."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import anywhere_sim as aw
from anywhere_sim.des.environment import Process
from anywhere_sim.exchange.mailbox import Delivery, Message
from anywhere_sim.outlook.operations import Action
from anywhere_sim.people.person import Person
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.rpc.connection import Connection
from anywhere_sim.traces.words import OperationKind
from tests.support import QUIET, build, simulate

NOTHING = dict.fromkeys(
    (
        "new_messages", "reply_share", "outside_messages", "folder_views", "old_items_opened",
        "searches", "calendar_changes", "directory_look_ups", "shared_folder_views",
        "send_receives", "delete_share", "move_share", "opened_in_window_share",
        "attachment_opened_share", "next_item_share", "arrangement_share", "screens_scrolled",
    ),
    0.0,
)  # fmt: skip
"""Habits of a person who does nothing of their own accord."""
NO_SURPRISES = QUIET | {"target_download_share": 0.0}


@dataclass(slots=True)
class Noted:
    """What a scripted run has asked of its servers: each call in order, and the tables."""

    calls: list[Rpc] = field(default_factory=list)
    run: aw.Run | None = None

    def kinds(self) -> list[str]:
        """Return the kinds of the calls, in order."""
        return [rpc.kind.name for rpc in self.calls]

    def of(self, kind: str) -> list[Rpc]:
        """Return the calls of one kind."""
        return [rpc for rpc in self.calls if rpc.kind.name == kind]

    def rows(self) -> list[tuple[str, int, int, int]]:
        """Return kind, operations, bytes of PDU up and down of each call, in order."""
        return [(rpc.kind.name, rpc.rops, rpc.up_bytes, rpc.down_bytes) for rpc in self.calls]

    @property
    def made(self) -> aw.Run:
        """The tables of the run."""
        assert self.run is not None
        return self.run


class Scripted(Person):
    """A person with an empty agenda; `act`, `mail` and `look` are what a script is made of."""

    def act(self, kind: OperationKind, **about: Any) -> Process:
        """Do one thing and wait until it is done; the value is its Result."""
        return (yield from self._act(Action(kind, **about)))

    def mail(self, name: str = "one") -> Delivery:
        """Let a message come in from outside, and return its way to this mailbox."""
        message = self.workload.from_outside(self.name, name, self.env.now)
        self._transport.register(message)
        self._transport.receive(message)
        return message.deliveries[0]

    def written(self, parent: Message | None = None) -> Message:
        """Return what has been written to somebody outside, or as the answer to a message."""
        name = "an answer" if parent else "a message"
        message = self.workload.compose(self.name, name, parent, self.habits, self.env.now)
        self._transport.register(message)
        return message

    def look(self) -> Process:
        """Look at the Inbox and read what is there, as people do."""
        yield from self._check()

    def rest(self, seconds: float) -> Process:
        """Do nothing for so long."""
        yield self.env.timeout(seconds)

    def _fill_agenda(self) -> None:
        """Nothing is due."""


Script = Callable[[Scripted], Generator[Any, Any, Any]]


def scenario(
    mode: Literal["online", "cached"],
    *,
    client: str = "outlook2003",
    store: str = "exchange2003",
    size_bytes: int = 10_000,
    habits: dict[str, float] | None = None,
    requests: dict[str, Any] | None = None,
    **changes: Any,
) -> aw.Scenario:
    """Return one person on the company LAN from 08:00; the run begins at 09:00 with Outlook in use,
    all messages have one size, and nothing but the script happens.
    """
    content: dict[str, Any] = {
        "why": "one person does what a test says",
        "start": "09:00",
        "end": "11:00",
        "servers": {"mbx1": {"role": "mailbox", "profile": store}},
        "places": {"office": {"kind": "lan"}},
        "communities": {
            "everybody": {"size_mean_bytes": size_bytes, "size_sigma": 0.0, "burst_messages": 1.0}
        },
        "groups": {
            "people": {
                "mailboxes": 1, "client": client, "mode": mode, "server": "mbx1",
                "itinerary": [["08:00", "office"]], "itinerary_spread_s": 0,
                "activity": NOTHING | {"reading_s": 20.0} | (habits or {}),
                "requests": NO_SURPRISES | (requests or {}),
                "policy": {"address_book_changed_share": 0.0},
            },
        },
    }  # fmt: skip
    built = build(content)
    return built.with_(**changes) if changes else built


def play(given: aw.Scenario, script: Script, parts: aw.Rules | None = None) -> Noted:
    """Let the person follow the script from the start; calls are noted from then on."""
    noted = Noted()

    class Noting(Connection):
        def call(self, rpc: Rpc) -> None:
            noted.calls.append(rpc)
            super().call(rpc)

    class Following(Scripted):
        def _work(self) -> Process:
            yield from script(self)

    chosen = parts or aw.Rules()
    noted.run = simulate(
        given,
        1,
        rules=replace(
            chosen,
            rpc=replace(chosen.rpc, connection=Noting),
            people=replace(chosen.people, person=Following),
        ),
    )
    return noted
