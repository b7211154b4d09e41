"""The address book: when it is due, and its download."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import fsum
from typing import Annotated, ClassVar

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Process, Timer
from anywhere_sim.outlook.base_client import BaseClient
from anywhere_sim.outlook.rpc_session import RpcRequest
from anywhere_sim.outlook.sync.synchronisation import Sync
from anywhere_sim.rpc import call_types as kinds
from anywhere_sim.rpc.call_types import CHAINED_BYTES
from anywhere_sim.scenario.group import CLOSED, OFF
from anywhere_sim.scenario.quantities import DAY_S
from anywhere_sim.scenario.sources import documented

BYTES_PER_USER: Annotated[
    int, documented("facts 1.6: about 1 MB per 1,000 users", 1_000, 4_000)
] = 1_000
WHOLE_ABOVE: Annotated[float, documented("facts 1.6: a full download if more than 1/8 changed")] = (
    0.125
)


@mypyc_attr(allow_interpreted_subclasses=True)
class AddressBook:
    """Downloads the address book when it is due, `allowed` and there is a connection.

    It fetches the changes of a day, or all of it.
    """

    whole_above: ClassVar[float] = WHOLE_ABOVE

    __slots__ = ("_allowed", "_client", "_due_s", "_fetching", "_stale", "_timer", "_whole")

    def __init__(self, client: BaseClient, allowed: Callable[[], bool]) -> None:
        self._client = client
        self._allowed = allowed
        self._timer = Timer(client.env, self._begin)
        self._fetching = False
        self._whole = not client.has_copy
        self._stale = False
        self._due_s = client.env.now if self._whole else self._after_yesterday_s()

    def _after_yesterday_s(self) -> float:
        """Return when the book is due.

        That counts from the last success, at a time of yesterday at which Outlook was open. One
        that came due before the start waits for the launch.
        """
        client = self._client
        fetched_s = _at(client.draws.uniform(), _open(client.group.itinerary)) - DAY_S
        return fetched_s + client.policy.address_book_every_s

    @property
    def is_missing(self) -> bool:
        """Whether no book has come yet."""
        return self._whole

    def resume(self) -> None:
        """Outlook has been in use before the start: what came due has been fetched in time."""
        while not self._whole and self._due_s < self._client.env.now:
            self._due_s += self._client.policy.address_book_every_s

    def renew(self) -> None:
        """The whole book is due now (facts 1.6: after a change of more than an eighth, or when
        files are gone); the one that is here answers until then.
        """
        self._stale = True
        self._due_s = self._client.env.now
        if self._client.has("mail"):
            self.schedule_call()

    def schedule_call(self) -> None:
        """Tell that there is a connection.

        Fetch the book when it is due, at once if it was due while there was none.
        """
        if self._allowed() and not self._fetching:
            self._timer.set(max(self._client.env.now, self._due_s))

    def rest(self) -> None:
        """There is no connection: what is due waits."""
        self._timer.clear()

    def _begin(self) -> None:
        if self._client.has("mail") and self._allowed():
            self._fetching = True
            self._client.env.process(self._fetch())

    def _fetch(self) -> Process:
        size_bytes, stale = self._bytes(), self._stale
        self._stale = False
        if (yield from self._download(size_bytes)):
            self._due_s = self._client.env.now + self._client.policy.address_book_every_s
            self._whole = False
            if self._stale:  # again, while the last was on its way
                self._due_s = self._client.env.now
        else:
            self._stale = self._stale or stale
        self._fetching = False
        if self._client.has("mail"):
            self.schedule_call()

    def _bytes(self) -> int:
        changed = self._client.policy.address_book_changed_share
        whole = self._client.address_book_users * BYTES_PER_USER
        whole_due = self._whole or self._stale
        return whole if whole_due or changed > self.whole_above else max(1, int(whole * changed))

    def _download(self, left_bytes: int) -> Process:
        """Download so many bytes; the value is True when all came.

        What is cut is begun again (facts 1.6).
        """
        sync = Sync(self._client, "address_book", "address_book", "down", "due")
        done = True
        while done and left_bytes > 0:
            part = min(CHAINED_BYTES, left_bytes)
            request = RpcRequest(kinds.ADDRESS_BOOK, down_bytes=part)
            done = (yield from sync.session.call(request)) is not None
            left_bytes -= part
        sync.items = int(done)
        sync.end(done=done)
        return done


def _open(itinerary: Sequence[tuple[float, str]]) -> list[tuple[float, float]]:
    """Return from when to when Outlook is open on such a day, in s since midnight."""
    return [
        (from_s, min(to_s, DAY_S))
        for (from_s, place), (to_s, _) in pairwise([*itinerary, (DAY_S, OFF)])
        if place not in CLOSED and from_s < DAY_S
    ]


def _at(share: float, spans: Sequence[tuple[float, float]]) -> float:
    """Return the time at which this share of the spans has passed.

    The middle of the day when there are none.
    """
    left_s = share * fsum(to_s - from_s for from_s, to_s in spans)
    for from_s, to_s in spans:
        if left_s <= to_s - from_s:
            return from_s + left_s
        left_s -= to_s - from_s
    return DAY_S / 2.0
