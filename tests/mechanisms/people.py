"""How the mechanisms of people, mail, the beginning and sites are switched off."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from anywhere_sim.des.random_streams import Stream, Streams
from anywhere_sim.exchange.message import Message
from anywhere_sim.people.mail_workload import ContactNetwork, MailWorkload
from anywhere_sim.people.person import Person
from anywhere_sim.scenario import scenario as scenario_module
from anywhere_sim.scenario.community import Community
from anywhere_sim.simulation.site import SiteModel
from anywhere_sim.simulation.warm_start import WarmStart
from anywhere_sim.traces.part import TableFile
from tests.mechanisms.ablation import Ablation, in_each, room
from tests.mechanisms.patching import Patch, Switch, always, no_process, nothing, put


def _streams_by_head_count(patch: Patch) -> None:
    """What a stream is called depends on how many people there are in all sites."""
    build, by_name, people = SiteModel.__init__, Streams.stream, [0]

    def count(self: SiteModel, scenario: Any, *rest: Any, **more: Any) -> None:
        people[0] = sum(group.mailboxes for group in scenario.groups.values())
        build(self, scenario, *rest, **more)

    def stream(self: Streams, name: str) -> Stream:
        return by_name(self, f"{people[0]}/{name}")

    patch.setattr(SiteModel, "__init__", count)
    patch.setattr(Streams, "stream", stream)


def _kept_to_the_end(patch: Patch) -> None:
    """Rows stay in memory until the file is closed."""
    write, close = TableFile.write_batch, TableFile.close
    kept: dict[TableFile, list[pa.RecordBatch]] = {}

    def keep(self: TableFile, batch: pa.RecordBatch) -> None:
        kept.setdefault(self, []).append(batch)

    def write_all(self: TableFile) -> None:
        if batches := kept.pop(self, []):
            write(
                self,
                pa.Table.from_batches(batches)
                .unify_dictionaries()
                .combine_chunks()
                .to_batches()[0],
            )
        close(self)

    patch.setattr(TableFile, "write_batch", keep)
    patch.setattr(TableFile, "close", write_all)


class TriesAtOnce(Person):
    """Somebody who writes what was due as soon as Outlook is open, connected or not."""

    def postpones(self, due_s: float) -> bool:
        return False


PEOPLE: dict[str, Ablation | Switch] = {
    "mail between people, answers": put(MailWorkload, "reply", nothing),
    "delays of answers": put(MailWorkload, "hours_of", lambda self, part: 2.0),
    "answers that would never end are refused": put(
        scenario_module, "replies_grow", lambda shares, habits: False
    ),
    "what has been read is deleted, moved, or stays": in_each(
        "groups", "activity__move_share", 0.1
    ),
    "reply to all, forward": put(
        ContactNetwork,
        "reply_recipients",
        lambda circle, author, parent, habits, draws: (parent.sender,),
    ),
    "activity mixture, sizes, day shape, bursts": always(Community, "activity_sigma", 0.0),
    "settled beginning: connections": put(WarmStart, "_connect", nothing),
    "settled beginning: unread mail, answers due": put(WarmStart, "replay_mail", nothing),
    "what could not be sent is sent later": put(Message, "waits", property(lambda self: False)),
    "what was to be written before Outlook was open waits for a connection": room(
        "people", person=TriesAtOnce
    ),
    "what came due while Outlook was closed": put(Person, "_catch_up", no_process),
    "sites": _streams_by_head_count,
    "trace rows flushed to disk while the run goes on": _kept_to_the_end,
}
