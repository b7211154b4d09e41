"""The Outlook versions: what each can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from anywhere_sim.scenario.words import ClientName


@dataclass(frozen=True, slots=True)
class ClientVersion:
    """What a version of Outlook can do.

    `direct_extra_connections` is how many connections to the store it opens over TCP beyond the five (facts 1.4: about 6 in
    all for 2003, about 10 for 2007; three more for 2007 is assumed).
    """

    name: ClientName
    year: int
    http: bool
    cached: bool
    async_wait: bool
    stack: str
    direct_extra_connections: int


CLIENTS: Mapping[ClientName, ClientVersion] = {
    "outlook2002": ClientVersion("outlook2002", 2002, False, False, False, "windows-xp", 0),
    "outlook2003": ClientVersion("outlook2003", 2003, True, True, False, "windows-xp", 0),
    "outlook2007": ClientVersion("outlook2007", 2007, True, True, True, "windows-vista", 3),
}
