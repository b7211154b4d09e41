"""The classes that people are built from; a run may be given others (`Rules`)."""

from __future__ import annotations

from dataclasses import dataclass

from mypy_extensions import mypyc_attr

from anywhere_sim.people.mail_workload import ContactNetwork, MailWorkload
from anywhere_sim.people.person import Person


@mypyc_attr(native_class=False)
@dataclass(frozen=True)
class PeopleComponents:
    """What a site makes its people and their mail of."""

    person: type[Person] = Person
    contact_network: type[ContactNetwork] = ContactNetwork
    mail_workload: type[MailWorkload] = MailWorkload
