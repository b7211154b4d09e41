"""Incremental synchronisation: what is new comes down, what was changed in the copy goes up."""

from __future__ import annotations

from typing import Literal

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Process
from anywhere_sim.exchange.mailbox import Delivery, Message, SyncState
from anywhere_sim.outlook import operations
from anywhere_sim.outlook.base_client import BaseClient
from anywhere_sim.outlook.local_copy import Change
from anywhere_sim.outlook.rpc_session import RpcRequest, RpcSession
from anywhere_sim.outlook.sync.synchronisation import Sync
from anywhere_sim.rpc import call_types as kinds
from anywhere_sim.rpc import rops
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.rpc.call_types import BUFFER_BYTES, CHAINED_BYTES, HEADER_BODY_BYTES
from anywhere_sim.scenario.requests import Requests
from anywhere_sim.traces.words import ChangeKind, Folder, SyncTrigger

OUTBOX: Literal["outbox"] = "outbox"
FOLDER_OF: dict[ChangeKind, Folder] = {
    "read_flag": "inbox",
    "delete": "deleted",
    "move": "other",
    "calendar": "calendar",
    "message": OUTBOX,
}


@mypyc_attr(allow_interpreted_subclasses=True)
class Synchroniser:
    """The exchange between copy and server of one client; each synchronisation is a row of `syncs`.

    `state` is what the mailbox has and the copy has not. `full` says that the last download stopped
    since the file on the disk had no room for what came next.
    """

    __slots__ = ("_requests", "_sent", "_state", "client", "env", "full", "pending", "uploading")

    def __init__(self, client: BaseClient, state: SyncState) -> None:
        self.client = client
        self._state = state
        self._requests = client.group.requests
        self.env = client.env
        self.pending: list[Change] = []
        self.uploading: list[Change] = []
        self._sent = 0
        self.full = False

    def add(self, kind: ChangeKind, operation_id: int, message: Message | None = None) -> Change:
        """Note a change made in the copy."""
        change = Change(
            self.client.recorder.changes.next_id(), operation_id, kind, self.env.now, message
        )
        self.pending.append(change)
        if message is not None:
            self.client.copy.takes(message.size_bytes)
        return change

    def hand_over(self) -> list[Change]:
        """Give up the changes that have not reached the server, oldest first."""
        changes, self.uploading, self.pending = self.uploading + self.pending, [], []
        return changes

    def download(self, trigger: SyncTrigger, *, headers: bool) -> Process:
        """Fetch what has arrived; the value is True when all came.

        One call opens the folder, configures, and brings the state; buffers follow, and the final
        state is at the end of their stream (MS-OXCFXICS 3.3.5.8). The first buffer may ride with
        the first call. Each delivery reaches the copy with the buffer that carries its last byte;
        if the transfer is cut, what had come stays and the rest is fetched the next time. What
        comes after the last one for which there is room waits on the server.
        """
        self.full = False
        if not self.client.has("mail"):
            return False
        sync = Sync(self.client, "incremental", "inbox", "down", trigger)
        taken: list[Delivery] = []
        requests = self._requests
        rides, state_bytes = requests.first_buffer_rides, requests.state_bytes

        def take(rpc: Rpc) -> None:
            if rpc.failed:  # nobody is there any more: the copy still asks from its old state
                return
            taken.extend(self._state.take())
            kept = self._with_room(taken, headers)
            self.full = kept < len(taken)
            self._state.put_back(taken[kept:])
            del taken[kept:]
            if rides:
                stream = sum(self._sizes(taken, headers)) + state_bytes
                rpc.down_bytes += min(CHAINED_BYTES, stream)
                rpc.reads += self._reads(taken[0], rpc.down_bytes) if taken else 0

        configure = RpcRequest(
            kinds.SYNC_CONFIGURE, state_bytes, work=take, more=FIRST_BUFFER if rides else ()
        )
        done = (yield from sync.session.call(configure)) is not None
        if done:
            came = CHAINED_BYTES if rides else 0
            whole = yield from self._fetch(sync, taken, self._sizes(taken, headers), came, headers)
            done = whole and sync.items == len(taken)
        for size_bytes in self._sizes(taken[sync.items :], headers):
            self.client.copy.give_back(size_bytes)
        self._state.put_back(taken[sync.items :])
        sync.end(done=done, full=self.full)
        return done and not self.full

    def _with_room(self, deliveries: list[Delivery], headers: bool) -> int:
        """Return how many of them the file on the disk takes, in their order."""
        takes = self.client.copy.takes
        sizes = enumerate(self._sizes(deliveries, headers))
        return next((place for place, size in sizes if not takes(size)), len(deliveries))

    def _fetch(
        self, sync: Sync, taken: list[Delivery], sizes: list[int], came: int, headers: bool
    ) -> Process:
        """Fetch items and final state in chained buffers, of which `came` bytes have come.

        The value is True when all came; `sync.items` counts the items that did.
        """
        total, end = sum(sizes) + self._requests.state_bytes, 0
        while True:
            while sync.items < len(taken) and end + sizes[sync.items] <= came:
                end += sizes[sync.items]
                self._reach(taken[sync.items], body=not headers)
                sync.items += 1
            if came >= total:
                return True
            part = min(CHAINED_BYTES, total - came)
            pages = self._reads(taken[sync.items], part) if sync.items < len(taken) else 0
            more = RELEASES if came + part >= total else ()
            buffer = RpcRequest(kinds.SYNC_BUFFER, down_bytes=part, pages=pages, more=more)
            if (yield from sync.session.call(buffer)) is None:
                return False
            came += part

    def _sizes(self, deliveries: list[Delivery], headers: bool) -> list[int]:
        """Return the bytes of each in a stream, whole or as a header."""
        header_bytes = self._requests.header_bytes
        return [
            header_bytes + (HEADER_BODY_BYTES if headers else delivery.message.size_bytes)
            for delivery in deliveries
        ]

    def _reads(self, delivery: Delivery, size_bytes: int) -> int:
        return self.client.store.reads_of_delivered(delivery, size_bytes)

    def _reach(self, delivery: Delivery, *, body: bool) -> None:
        if delivery.state == "delivered":
            self.client.copy.reach(delivery, self.env.now, body=body)
        else:
            self.client.copy.set_body(delivery, body=body)

    def hierarchy(self, trigger: SyncTrigger) -> Process:
        """Ask which folders have changed; the value is True when the answer came."""
        return (yield from self._small("hierarchy", trigger, 0, self._requests.hierarchy_bytes))

    def sent_items(self, trigger: SyncTrigger) -> Process:
        """Fetch the properties of what has been sent.

        The server has moved it to Sent Items, its body is in the copy.
        """
        sent, self._sent = self._sent, 0
        sent_bytes = sent * self._requests.header_bytes
        if sent and not (yield from self._small("sent", trigger, sent, sent_bytes)):
            self._sent += sent

    def folder(self, folder: Folder, trigger: SyncTrigger, changes: int = 0) -> Process:
        """Ask a folder for changes, of which there are none or few, in items that the copy has.

        The value is True when the answer came.
        """
        down_bytes = changes * self._requests.change_bytes
        return (yield from self._small(folder, trigger, changes, down_bytes))

    def _small(self, folder: Folder, trigger: SyncTrigger, items: int, down_bytes: int) -> Process:
        """Synchronise a folder of which little is new: two calls, or one if the buffer rides."""
        if not self.client.has("mail"):
            return False
        sync = Sync(self.client, "incremental", folder, "down", trigger)
        kind = kinds.SYNC_HIERARCHY if folder == "hierarchy" else kinds.SYNC_CONFIGURE
        requests = self._requests
        down_bytes += requests.state_bytes
        if requests.first_buffer_rides:
            steps = [
                RpcRequest(kind, requests.state_bytes, down_bytes, more=FIRST_BUFFER + RELEASES)
            ]
        else:
            buffer = RpcRequest(kinds.SYNC_BUFFER, down_bytes=down_bytes, more=RELEASES)
            steps = [RpcRequest(kind, requests.state_bytes), buffer]
        done = yield from sync.session.run(steps)
        sync.items = items if done else 0
        sync.end(done=done)
        return done

    def upload(self, trigger: SyncTrigger) -> Process:
        """Send what was changed in the copy, folder by folder; the value is True when all went.

        The Outbox is a folder. A change counts as uploaded when its call is answered; one whose
        call was cut waits for the next time. What the server did take is recognised by its change
        key, so nothing is applied twice.
        """
        done = True
        self.uploading, self.pending = self.pending, []
        for folder in dict.fromkeys(FOLDER_OF[change.kind] for change in self.uploading):
            done = done and (yield from self._upload_folder(folder, trigger))
        self.pending, self.uploading = self.uploading + self.pending, []
        return done

    def _upload_folder(self, folder: Folder, trigger: SyncTrigger) -> Process:
        """Open a collector with its state, import, read the new state (MS-OXCFXICS 3.3.5.9).

        What fits rides with the first call; a message of the Outbox has calls of its own.
        """
        sync = Sync(self.client, "incremental", folder, "up", trigger)
        session, batch = sync.session, self._batch(folder)
        requests = self._requests
        rides = requests.imports_ride and folder != OUTBOX
        opening = RpcRequest(kinds.SYNC_IMPORT, requests.state_bytes)
        if rides:
            _add_imports(opening, batch, requests)
        done = (yield from session.call(opening)) is not None
        if done and rides:
            self._uploaded(batch, sync)
        while done and (batch := self._batch(folder)):
            done = yield from self._send(session, batch)
            if done:
                self._uploaded(batch, sync)
        if done:
            done = (yield from session.call(RpcRequest(kinds.SYNC_STATE))) is not None
        sync.end(done=done)
        return done

    def _batch(self, folder: Folder) -> list[Change]:
        """Return the next changes of a folder for one call.

        It carries one message of the Outbox, or as many small changes as fit a buffer of 32 KB.
        """
        here = [change for change in self.uploading if FOLDER_OF[change.kind] == folder]
        if folder == OUTBOX:
            return here[:1]
        requests = self._requests
        each = requests.change_bytes if folder == "calendar" else requests.small_change_bytes
        return here[: BUFFER_BYTES // max(each, 1)]

    def _send(self, session: RpcSession, batch: list[Change]) -> Process:
        message = batch[0].message
        if message is None:
            changes = RpcRequest(kinds.SYNC_CHANGES)
            _add_imports(changes, batch, self._requests)
            return (yield from session.call(changes)) is not None

        def submitted(rpc: Rpc) -> None:
            if batch[0].state == "pending":
                batch[0].state = "taken"
                self.client.submit(message)

        change_bytes = self._requests.change_bytes
        steps = [
            RpcRequest(kinds.SYNC_CHANGES, change_bytes, more=NEW_MESSAGE),
            *operations.body_up(message.size_bytes, CHAINED_BYTES),
            RpcRequest(kinds.SUBMIT, work=submitted),
        ]
        return (yield from session.run(steps))

    def _uploaded(self, batch: list[Change], sync: Sync) -> None:
        sync.items += len(batch)
        for change in batch:
            change.uploaded_s, change.sync_id = self.env.now, sync.sync_id
            change.state = "uploaded"
            self._record(change)
            self.uploading.remove(change)
            self._sent += change.message is not None

    def _record(self, change: Change) -> None:
        """Write a change's row."""
        state = "uploaded" if change.state == "uploaded" else "pending"
        self.client.recorder.changes.row(
            change=change.change_id, mailbox=self.client.mailbox_name, group=self.client.group_name,
            operation=change.operation_id, kind=change.kind, made_s=change.made_s,
            uploaded_s=change.uploaded_s, sync=change.sync_id, state=state,
        )  # fmt: skip

    def record_unfinished(self) -> None:
        """Write the rows of the changes that are still in the copy."""
        for change in self.uploading + self.pending:
            self._record(change)


FIRST_BUFFER = (rops.GET_BUFFER,)
RELEASES = (rops.RELEASE, rops.RELEASE)
NEW_MESSAGE = (
    rops.IMPORT_MESSAGE_CHANGE, rops.SET_PROPERTIES, rops.MODIFY_RECIPIENTS,
)  # fmt: skip
ITEM_CHANGE = (rops.IMPORT_MESSAGE_CHANGE, rops.SET_PROPERTIES, rops.SAVE_CHANGES)


def _add_imports(request: RpcRequest, batch: list[Change], requests: Requests) -> None:
    """Let a call import changes of one folder.

    Read flags and deletes are many in one operation, moves one each, an item takes three.
    """
    kind = batch[0].kind
    count = len(batch)
    if kind == "calendar":
        request.more = ITEM_CHANGE * count
        request.up_bytes += requests.change_bytes * count
        request.touches = ("calendar",) * count
        return
    request.up_bytes += requests.small_change_bytes * count
    if kind == "read_flag":
        request.more, request.touches = (rops.IMPORT_READ_STATE,), ("inbox",) * count
    elif kind == "delete":
        request.more, request.touches = (rops.IMPORT_MOVE,) * count, ("inbox", "deleted") * count
    else:
        request.more, request.touches = (rops.IMPORT_MOVE,) * count, ("inbox", "other") * count
