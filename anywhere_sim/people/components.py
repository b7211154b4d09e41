"""The classes that people are built from; a run may be given others (`Rules`)."""

from __future__ import annotations

from dataclasses import dataclass

from anywhere_sim.people.mail_workload import ContactNetwork, MailWorkload
from anywhere_sim.people.person import Person


@dataclass(frozen=True, slots=True)
class PeopleComponents:
    """What a site makes its people and their mail of."""

    person: type[Person] = Person
    contact_network: type[ContactNetwork] = ContactNetwork
    mail_workload: type[MailWorkload] = MailWorkload
