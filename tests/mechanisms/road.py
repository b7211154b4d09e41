"""How what happens to people and their clients on the road is switched off."""

from __future__ import annotations

from math import inf

from anywhere_sim.des.environment import Process
from anywhere_sim.outlook.client import Client
from anywhere_sim.outlook.connection_order import ConnectionRules
from anywhere_sim.outlook.connection_round import ConnectionRound
from anywhere_sim.outlook.modes.cached import Cached
from anywhere_sim.outlook.notifications import NewMailNotification
from anywhere_sim.outlook.sync.address_book import AddressBook
from anywhere_sim.people.itinerary import Itinerary
from anywhere_sim.people.person import Person
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.traces.words import RoundTrigger
from tests.mechanisms.ablation import Ablation, in_each, outlook, people


class _SlowLinesAskTheDirectory(Cached):
    def _asks_directory(self) -> bool:
        return self.headers_only and self.client.has("directory")


class _NobodyCancels(Cached):
    dialog_s = inf


class _ThereForever(Itinerary):
    def there_since_s(self) -> float:
        return -inf


class _BeenThere(Person):
    itinerary_type = _ThereForever


class _AnyOpenPort(Client):
    @property
    def may_log_on(self) -> bool:
        return True


class _DisconnectedAtOnce(ConnectionRules):
    def keeps_trying(self, without_s: float, policy: Policy) -> bool:
        return False


class _NobodyIsAsked(Client):
    def asked(self, trigger: RoundTrigger) -> None:
        """The client goes by its clock."""


class _NothingIsRenewed(AddressBook):
    def renew(self) -> None:
        """The book is due when it is due."""


class _StaysWhereItIs(Client):
    def begin_anew(self) -> None:
        """The mailbox is not moved."""


class _ContentWithOne(Client):
    @property
    def has_all_mail(self) -> bool:
        return self.has("mail")


class _AnyAdapterWaits(Client):
    @property
    def media_sense_s(self) -> float:
        return self.access_path.stack.media_sense_s


class _TriesTwice(ConnectionRound):
    def _first_mail(self) -> Process:
        yield from super()._first_mail()
        if self.client.count("mail") == 1:
            yield from self._open("mail")


class _LidsDoNothing(Client):
    def sleep(self) -> None:
        """The machine goes on."""


class _AnswersBringNothing(NewMailNotification):
    def _answered(self) -> None:
        """What is pending waits for the next notice."""


class _OneDay(Itinerary):
    def moves(self, day: int = 0) -> list[tuple[float, str]]:
        return [] if day else super().moves(0)


class _OneDayOnly(Person):
    itinerary_type = _OneDay


ROAD: dict[str, Ablation] = {
    "names looked up in the copy's own book, on slow lines too": outlook(
        cached=_SlowLinesAskTheDirectory
    ),
    "a look-up is cancelled when the dialog appears": outlook(cached=_NobodyCancels),
    "settled beginning: the portal of a hotspot": people(person=_BeenThere),
    "first set-up: the company's network": outlook(client=_AnyOpenPort),
    "Outlook's own reconnect: trying, then disconnected": outlook(
        connection_rules=_DisconnectedAtOnce
    ),
    "a mail connection that is refused is tried once a round": outlook(
        connection_round=_TriesTwice
    ),
    "a mail connection that is missing is tried again": outlook(client=_ContentWithOne),
    "a try at once when the person asks": outlook(client=_NobodyIsAsked),
    "high port of direct RPC": in_each("places", "high_ports", "open"),
    "size of the directory": Ablation(
        scenario=lambda scenario: scenario.with_(directory_entries=None)
    ),
    "the whole book is due": outlook(address_book=_NothingIsRenewed),
    "asleep: no action, no attempt, sessions left behind": outlook(client=_LidsDoNothing),
    "pending notices ride in the next answer": outlook(notification=_AnswersBringNothing),
    "itineraries repeat by weekday": people(person=_OneDayOnly),
    "a mailbox that is moved begins anew": outlook(client=_StaysWhereItIs),
    "media sense: the address outlives the link": in_each("groups", "policy__media_sense_s", 0.0),
    "media sense: not where the address is dialled": outlook(client=_AnyAdapterWaits),
}
