"""One synchronisation under way and its row in the trace; the first one, which fills a copy."""

from __future__ import annotations

from math import fsum
from typing import Annotated, TypeVar

from mypy_extensions import mypyc_attr
from simpy import Event

from anywhere_sim.des.environment import Process
from anywhere_sim.outlook.base_client import BaseClient, OpenSync
from anywhere_sim.outlook.rpc_session import RpcRequest, RpcSession
from anywhere_sim.rpc import call_types as kinds
from anywhere_sim.rpc.call_types import CHAINED_BYTES
from anywhere_sim.scenario.sources import documented
from anywhere_sim.traces.words import Direction, Folder, SyncKind, SyncOutcome, SyncTrigger

K = TypeVar("K")

ITEM_BYTES: Annotated[
    int,
    documented(
        "measurements B8: mean size of a message; items lie apart, each begins a read of its own"
    ),
] = 50_000


class Sync(OpenSync):
    """A synchronisation from its begin to its end; the client knows those that are open."""

    __slots__ = (
        "_client", "_direction", "_folder", "_kind", "_place_name", "_start_s", "_trigger", "items",
        "session",
    )  # fmt: skip

    def __init__(
        self,
        client: BaseClient,
        kind: SyncKind,
        folder: Folder,
        direction: Direction,
        trigger: SyncTrigger,
    ) -> None:
        self._client = client
        self._place_name = client.place_name
        self.session = RpcSession(client, background=True)
        self.sync_id = client.recorder.syncs.next_id()
        self.items = 0
        self._kind = kind
        self._folder = folder
        self._direction = direction
        self._trigger = trigger
        self._start_s = client.env.now
        client.open_syncs += (self,)

    def end(self, *, done: bool, full: bool = False) -> None:
        """The synchronisation is over: whole, cut, or stopped by a file that is full."""
        client = self._client
        client.open_syncs = tuple(sync for sync in client.open_syncs if sync is not self)
        self._record("cut" if not done else "full" if full else "done")

    def fill(self, left_bytes: dict[K, float], part_of: K) -> Process:
        """Bring what is left of a part of a copy, as far as its file has room, and end.

        The value is how it ended: "done", "cut" or "full"; `left_bytes` says what is still missing.
        """
        client, session, full = self._client, self.session, False
        done = (yield from session.call(RpcRequest(kinds.SYNC_CONFIGURE))) is not None
        while done and left_bytes[part_of] > 0:
            part = int(min(CHAINED_BYTES, max(1.0, left_bytes[part_of])))
            full = not client.copy.takes(part)
            if full:
                break
            pages = max(part / ITEM_BYTES, client.store.reads_of(part))
            done = (
                yield from session.call(RpcRequest(kinds.SYNC_BUFFER, down_bytes=part, pages=pages))
            ) is not None
            if done:
                left_bytes[part_of] = max(0.0, left_bytes[part_of] - part)
                self.items += 1
            else:
                client.copy.give_back(part)
        self.end(done=done, full=full)
        return "cut" if not done else "full" if full else "done"

    def record_unfinished(self) -> None:
        """Write its row at the end of the run."""
        self._record("unfinished")

    def _record(self, outcome: SyncOutcome) -> None:
        client, session = self._client, self.session
        client.recorder.syncs.row(
            sync=self.sync_id, connection=session.connection_id, mailbox=client.mailbox_name,
            group=client.group_name, end_s=client.env.now, items=self.items, rpcs=session.rpcs,
            rops=session.rops, bytes=session.bytes, outcome=outcome, place=self._place_name,
            kind=self._kind, folder=self._folder, direction=self._direction,
            trigger=self._trigger, start_s=self._start_s,
        )  # fmt: skip


PARALLEL_FOLDERS: Annotated[
    int,
    documented(
        "measurements B6: four folders in parallel, one channel for the person's own request"
    ),
] = 4

# facts 1.6: the documented order; the shares of the mailbox are assumed
FOLDERS: tuple[tuple[Folder, float], ...] = (
    ("utility", 0.01), ("calendar", 0.04), ("contacts", 0.02), ("drafts", 0.01), ("inbox", 0.40),
    ("other", 0.25), ("sent", 0.20), ("deleted", 0.07),
)  # fmt: skip


@mypyc_attr(allow_interpreted_subclasses=True)
class FirstSync:
    """Filling an empty copy, folder by folder, four at a time.

    What has come stays when it is cut. A folder for which the file has no room left stops there;
    the others are tried all the same (KB 288283). A copy that is not empty has what fits. `left` is
    what has not come, in bytes.
    """

    __slots__ = ("_active", "_cut", "_over", "_queue", "_workers", "client", "left")

    def __init__(self, client: BaseClient, *, empty: bool) -> None:
        self.client = client
        self.left: dict[Folder, float] = {}
        if empty:
            client.copy.clear()
        for folder, share in FOLDERS:
            size_bytes = share * client.group.mailbox_mb * 1e6
            kept_bytes = 0.0 if empty else min(size_bytes, client.copy.room_bytes)
            client.copy.takes(kept_bytes)
            if kept_bytes < size_bytes:
                self.left[folder] = size_bytes - kept_bytes
        self._queue: list[Folder] = []
        self._active: list[Folder] = []
        self._workers = 0
        self._over: Event | None = None
        self._cut = False

    @property
    def complete(self) -> bool:
        """Whether the whole mailbox is in the copy."""
        return not any(self.left.values())

    @property
    def share(self) -> float:
        """The share of the mailbox that is in the copy."""
        return 1.0 - fsum(self.left.values()) / (self.client.group.mailbox_mb * 1e6)

    def has(self, at: float) -> bool:
        """Whether an item is in the copy that lies at this share of the mailbox."""
        return self.complete or at < self.share

    def start(self, trigger: SyncTrigger) -> None:
        """Begin, or go on where it was cut, if there is a connection."""
        if not self.client.has("mail"):
            return
        self._queue = [
            folder for folder, left in self.left.items() if left > 0 and folder not in self._active
        ]
        self._cut = False
        for _ in range(min(PARALLEL_FOLDERS - self._workers, len(self._queue))):
            self._workers += 1
            self.client.env.process(self._work(trigger))

    def fill(self, trigger: SyncTrigger) -> Process:
        """Begin, and wait for the end; the value is True when the whole mailbox is in the copy."""
        self.start(trigger)
        if self._workers:
            self._over = self.client.env.event()
            yield self._over
        return self.complete

    def _work(self, trigger: SyncTrigger) -> Process:
        while self._queue and not self._cut:
            folder = self._queue.pop(0)
            self._active.append(folder)
            whole = yield from self._folder(folder, trigger)
            self._active.remove(folder)
            self._cut = self._cut or not whole
        self._workers -= 1
        if self._cut and not self._workers and self.client.has("mail"):
            self.start("resumed")
        if not self._workers and self._over is not None:
            over, self._over = self._over, None
            over.succeed()

    def _folder(self, folder: Folder, trigger: SyncTrigger) -> Process:
        """Fetch what is left of a folder; the value is False when the connection was cut."""
        client, begun_s = self.client, self.client.env.now
        sync = Sync(client, "first", folder, "down", trigger)
        ended: SyncOutcome = yield from sync.fill(self.left, folder)
        if ended == "done" and folder == "inbox":
            client.copy.bring_bodies(begun_s, client.env.now)
        return ended != "cut"
