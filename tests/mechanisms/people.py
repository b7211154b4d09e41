"""How the mechanisms of people, mail, the beginning and sites are switched off."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from anywhere_sim.des.environment import Process
from anywhere_sim.exchange.mailbox import Delivery, Message
from anywhere_sim.outlook.client import Client
from anywhere_sim.people.arrivals import DayShape
from anywhere_sim.people.mail_workload import ContactNetwork, MailWorkload, Reply
from anywhere_sim.people.person import Person
from anywhere_sim.scenario.activity import Activity
from anywhere_sim.scenario.group import Group
from anywhere_sim.scenario.scenario import Scenario
from anywhere_sim.scenario.sites import Site
from anywhere_sim.simulation.mail_history import MailHistory
from anywhere_sim.simulation.warm_start import WarmStart
from anywhere_sim.traces.recorder import Recorder
from anywhere_sim.traces.run import TableFile
from tests.mechanisms.ablation import Ablation, in_each, people, simulation


class _NobodyReplies(MailWorkload):
    def reply(self, name: str, reader: str, share: float) -> Reply | None:
        return None


class _AllRepliesTakeAsLong(MailWorkload):
    def hours_of(self, part: float) -> float:
        return 2.0


class _OneReadingTime(MailWorkload):
    """Everybody stays with each message for the mean time."""

    def reading_s(self, message: Message, reader: str, habits: Activity) -> float:
        return habits.reading_s


class _AllAsActive(MailWorkload):
    def activity_levels(self, group: str, people: int) -> list[float]:
        return [1.0] * people


class _HoursOfTheCommunity(MailWorkload):
    def shape_of_day(self, habits: Activity) -> DayShape:
        return self.day_shape


class _RepliesToTheSender(ContactNetwork):
    def reply_recipients(self, author: str, parent: Message, *given: Any) -> tuple[str, ...]:
        return (parent.sender,)


class _RepliesNotChecked(Scenario):
    def _check_replies(self, name: str, group: Group) -> None:
        """Replies may grow for ever."""


class _OneSite(Scenario):
    def sites(self) -> tuple[Site, ...]:
        parts = super().sites()
        servers = tuple(server for part in parts for server in part.servers)
        return (Site(parts[0].name, tuple(self.groups), servers),)


class _DraftsThrownAway(Person):
    def _send(self, message: Message) -> Process:
        done = yield from super()._send(message)
        self._drafts = ()
        return done


class _TriesAtOnce(Person):
    """Somebody who writes what was due as soon as Outlook is open, connected or not."""

    def postpones(self, due_s: float) -> bool:
        return False


class _LooksOnce(Person):
    """Somebody who looks at the copy upon opening Outlook, and not at what comes right after."""

    def launch(self, place: str) -> None:
        super().launch(place)
        self._expects_mail = False


class _NothingToCatchUp(Person):
    def _catch_up(self) -> Process:
        yield from ()


class _NobodyConnected(WarmStart):
    def _connect(self, client: Client, open_s: float) -> None:
        """The client is left without a connection."""


class _NobodyIsReading(Person):
    def schedule_reading(self, delivery: Delivery, from_s: float, until_s: float) -> None:
        """What was begun has been read by the start."""


class _NoMailBefore(MailHistory):
    def replay(self) -> None:
        """Nobody has written anything before the start."""


class _NoMailOfYesterday(MailHistory):
    days = 0


class _WrittenAtTheEnd(TableFile):
    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._kept: list[pa.RecordBatch] = []

    def write_batch(self, batch: pa.RecordBatch) -> None:
        self._kept.append(batch)

    def close(self) -> None:
        if self._kept:
            rows = pa.Table.from_batches(self._kept).unify_dictionaries().combine_chunks()
            super().write_batch(rows.to_batches()[0])
        super().close()


class _KeptToTheEnd(Recorder):
    table_file = _WrittenAtTheEnd


PEOPLE: dict[str, Ablation] = {
    "mail between people, answers": people(mail_workload=_NobodyReplies),
    "delays of answers": people(mail_workload=_AllRepliesTakeAsLong),
    "answers that would never end are refused": Ablation(scenario_class=_RepliesNotChecked),
    "time with a message is drawn": people(mail_workload=_OneReadingTime),
    "what has been read is deleted, moved, or stays": in_each(
        "groups", "activity__move_share", 0.1
    ),
    "reply to all, forward": people(contact_network=_RepliesToTheSender),
    "activity mixture, sizes, day shape, bursts": people(mail_workload=_AllAsActive),
    "load tests spread their tasks evenly": people(mail_workload=_HoursOfTheCommunity),
    "settled beginning: connections": simulation(warm_start=_NobodyConnected),
    "settled beginning: unread mail, answers due": simulation(mail_history=_NoMailBefore),
    "settled beginning: people in the middle of their mail": people(person=_NobodyIsReading),
    "the first day has the mail of days before": simulation(mail_history=_NoMailOfYesterday),
    "what could not be sent is sent later": people(person=_DraftsThrownAway),
    "what was to be written before Outlook was open waits for a connection": people(
        person=_TriesAtOnce
    ),
    "what had waited on the server is read when it has come": people(person=_LooksOnce),
    "what came due while Outlook was closed": people(person=_NothingToCatchUp),
    "sites": Ablation(scenario_class=_OneSite),
    "trace rows flushed to disk while the run goes on": simulation(recorder=_KeptToTheEnd),
}
