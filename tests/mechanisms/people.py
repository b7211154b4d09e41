"""How the mechanisms of people, mail, the beginning and sites are switched off."""

from __future__ import annotations

from typing import Any

from anywhere_sim.kernel.streams import Stream, Streams
from anywhere_sim.model.client import Client
from anywhere_sim.model.mail.draw import Circle
from anywhere_sim.model.mail.post import Post
from anywhere_sim.model.past import Past
from anywhere_sim.model.world import World
from anywhere_sim.scenario.community import Community
from anywhere_sim.traces.recorder import TableRecorder
from tests.mechanisms.patching import Patch, always, nothing, put


def _streams_by_head_count(patch: Patch) -> None:
    """What a stream is called depends on how many people there are in all sites."""
    build, by_name, people = World.__init__, Streams.stream, [0]

    def count(self: World, scenario: Any, *rest: Any, **more: Any) -> None:
        people[0] = sum(group.mailboxes for group in scenario.groups.values())
        build(self, scenario, *rest, **more)

    def stream(self: Streams, name: str) -> Stream:
        return by_name(self, f"{people[0]}/{name}")

    patch.setattr(World, "__init__", count)
    patch.setattr(Streams, "stream", stream)


def _grow(self: TableRecorder) -> None:
    self._buffer.extend(bytes(self._capacity * self._size))
    self._capacity *= 2


PEOPLE = {
    "mail between people, answers": put(Post, "answer_due", nothing),
    "reply to all, forward": put(Circle, "addressees", lambda circle, author, parent, habits, draws: (parent.sender,)),
    "activity mixture, sizes, day shape, bursts": always(Community, "activity_sigma", 0.0),
    "settled beginning: connections": put(Client, "_settle", nothing),
    "settled beginning: unread mail, answers due": put(Past, "replay", nothing),
    "sites": _streams_by_head_count,
    "trace rows flushed to disk while the run goes on": put(TableRecorder, "_make_room", _grow),
}
