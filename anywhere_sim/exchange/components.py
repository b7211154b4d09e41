"""The classes that servers are built from; a run may be given others (`Rules`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mypy_extensions import mypyc_attr

from anywhere_sim.exchange.front_end import FrontEnd
from anywhere_sim.exchange.mail_transport import MailTransport
from anywhere_sim.exchange.pool import Pool
from anywhere_sim.exchange.server import Directory
from anywhere_sim.exchange.store import Store, StoreComponents


@mypyc_attr(native_class=False)
@dataclass(frozen=True)
class ExchangeComponents(StoreComponents):
    """The servers of a site, the parts of a store, and the transport between mailboxes."""

    front_end: type[FrontEnd] = FrontEnd
    store: type[Store] = Store
    directory: type[Directory] = Directory
    pool: type[Pool[Any]] = Pool
    mail_transport: type[MailTransport] = MailTransport
