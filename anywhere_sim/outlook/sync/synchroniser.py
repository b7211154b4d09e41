"""Incremental synchronisation: what is new comes down, what was changed in the copy goes up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from anywhere_sim.des.environment import Process
from anywhere_sim.exchange.mailbox import SyncState
from anywhere_sim.exchange.message import Delivery, Message
from anywhere_sim.outlook.base_client import BaseClient
from anywhere_sim.outlook.local_copy import Change
from anywhere_sim.outlook.rpc_session import RpcRequest, RpcSession
from anywhere_sim.outlook.sync.synchronisation import Sync
from anywhere_sim.rpc import call_types as kinds
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.rpc.call_types import CHAINED_BYTES, HEADER_BODY_BYTES, HEADER_BYTES
from anywhere_sim.scenario.sources import assumed
from anywhere_sim.traces.words import ChangeKind, Folder, SyncTrigger

CHANGES_PER_CALL: Annotated[int, assumed("changes imported in one call of 32 KB", 5, 50)] = 20
STATE_BYTES: Annotated[int, assumed("the four state properties of a folder", 100, 2_000)] = 400
HIERARCHY_BYTES: Annotated[
    int, assumed("changes of the folder tree since the last connection: mostly none", 0, 4_000)
] = 200
CHANGE_BYTES: Annotated[int, assumed("one changed item without body", 200, 1_500)] = 400


OUTBOX: Literal["outbox"] = "outbox"
FOLDER_OF: dict[ChangeKind, Folder] = {
    "read_flag": "inbox",
    "delete": "deleted",
    "move": "other",
    "calendar": "calendar",
    "message": OUTBOX,
}


class Synchroniser:
    """The exchange between copy and server of one client; each synchronisation is a row of `syncs`.

    `state` is what the mailbox has and the copy has not.
    """

    __slots__ = ("_sent", "_state", "client", "env", "pending", "uploading")

    def __init__(self, client: BaseClient, state: SyncState) -> None:
        self.client = client
        self._state = state
        self.env = client.env
        self.pending: list[Change] = []
        self.uploading: list[Change] = []
        self._sent = 0

    def add(self, kind: ChangeKind, operation_id: int, message: Message | None = None) -> Change:
        """Note a change made in the copy."""
        change = Change(
            self.client.recorder.changes.next_id(), operation_id, kind, self.env.now, message
        )
        self.pending.append(change)
        return change

    def hand_over(self) -> list[Change]:
        """Give up the changes that have not reached the server, oldest first."""
        changes, self.uploading, self.pending = self.uploading + self.pending, [], []
        return changes

    def download(self, trigger: SyncTrigger, *, headers: bool) -> Process:
        """Fetch what has arrived; the value is True when all came.

        The calls are configure, state, buffers, final state (facts 3). Each delivery reaches the
        copy with the buffer that carries its last byte; if the transfer is cut, what had come stays
        and the rest is fetched the next time.
        """
        sync = Sync(self.client, "incremental", "inbox", "down", trigger)
        taken: list[Delivery] = []

        def take(rpc: Rpc) -> None:
            taken.extend(self._state.take())

        session = sync.session
        done = yield from session.run(_configure(work=take))
        if done:
            sync.items = yield from self._fetch(session, taken, headers=headers)
            done = sync.items == len(taken) and (yield from session.run(_finish(empty=not taken)))
        self._state.put_back(taken[sync.items :])
        sync.end(done=done)
        return done

    def _fetch(self, session: RpcSession, taken: list[Delivery], *, headers: bool) -> Process:
        """Fetch the items in chained buffers; the value is how many came whole."""
        sizes = [
            HEADER_BYTES + (HEADER_BODY_BYTES if headers else delivery.message.size_bytes)
            for delivery in taken
        ]
        total, sent, arrived, end = sum(sizes), 0, 0, 0
        store = self.client.store
        while sent < total:
            part = min(CHAINED_BYTES, total - sent)
            pages = store.reads_of(part) if store.reads_of_delivered(taken[arrived]) else 0
            if (
                yield from session.call(RpcRequest(kinds.SYNC_BUFFER, down_bytes=part, pages=pages))
            ) is None:
                return arrived
            sent += part
            while arrived < len(taken) and end + sizes[arrived] <= sent:
                end += sizes[arrived]
                self._reach(taken[arrived], body=not headers)
                arrived += 1
        return arrived

    def _reach(self, delivery: Delivery, *, body: bool) -> None:
        if delivery.state == "delivered":
            self.client.copy.reach(delivery, self.env.now, body=body)
        else:
            self.client.copy.set_body(delivery, body=body)

    def hierarchy(self, trigger: SyncTrigger) -> Process:
        """Ask which folders have changed; the value is True when the answer came."""
        return (yield from self._small("hierarchy", trigger, 0, HIERARCHY_BYTES))

    def sent_items(self, trigger: SyncTrigger) -> Process:
        """Fetch the properties of what has been sent.

        The server has moved it to Sent Items, its body is in the copy.
        """
        sent, self._sent = self._sent, 0
        if sent and not (yield from self._small("sent", trigger, sent, sent * HEADER_BYTES)):
            self._sent += sent

    def _small(self, folder: Folder, trigger: SyncTrigger, items: int, down_bytes: int) -> Process:
        sync = Sync(self.client, "incremental", folder, "down", trigger)
        steps = [
            *_configure(),
            RpcRequest(kinds.SYNC_BUFFER, down_bytes=down_bytes),
            *_finish(empty=False),
        ]
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
        sync = Sync(self.client, "incremental", folder, "up", trigger)
        session = sync.session
        done = (yield from session.call(RpcRequest(kinds.SYNC_OPEN, STATE_BYTES))) is not None
        while done and (batch := self._batch(folder)):
            done = yield from self._send(session, batch)
            if done:
                self._uploaded(batch, sync.sync_id)
                sync.items += len(batch)
        if done:
            done = (yield from session.call(RpcRequest(kinds.SYNC_STATE))) is not None
        sync.end(done=done)
        return done

    def _batch(self, folder: Folder) -> list[Change]:
        """Return the next changes of a folder for one call.

        It carries one message of the Outbox, or up to a call's worth of small changes.
        """
        here = [change for change in self.uploading if FOLDER_OF[change.kind] == folder]
        return here[: 1 if folder == OUTBOX else CHANGES_PER_CALL]

    def _send(self, session: RpcSession, batch: list[Change]) -> Process:
        message = batch[0].message
        if message is None:
            return (
                yield from session.call(
                    RpcRequest(kinds.SYNC_UPLOAD, up_bytes=CHANGE_BYTES * len(batch))
                )
            ) is not None

        def submitted(rpc: Rpc) -> None:
            if batch[0].state == "pending":
                batch[0].state = "taken"
                self.client.submit(message)

        steps = [RpcRequest(kinds.SYNC_UPLOAD)]
        steps += [
            RpcRequest(kinds.WRITE_BODY, up_bytes=min(CHAINED_BYTES, message.size_bytes - begin))
            for begin in range(0, message.size_bytes, CHAINED_BYTES)
        ]
        steps.append(RpcRequest(kinds.SUBMIT, work=submitted))
        return (yield from session.run(steps))

    def _uploaded(self, batch: list[Change], sync_id: int) -> None:
        for change in batch:
            change.uploaded_s, change.sync_id, change.state = self.env.now, sync_id, "uploaded"
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


def _configure(work: Callable[[Rpc], None] | None = None) -> list[RpcRequest]:
    """Open the folder and configure, then upload its state (facts 3: two calls)."""
    return [RpcRequest(kinds.SYNC_CONFIGURE, work=work), RpcRequest(kinds.SYNC_STATE, STATE_BYTES)]


def _finish(*, empty: bool) -> list[RpcRequest]:
    """Read the final state; with nothing to bring there is still a buffer that says so."""
    return (
        [RpcRequest(kinds.SYNC_BUFFER), RpcRequest(kinds.SYNC_STATE)]
        if empty
        else [RpcRequest(kinds.SYNC_STATE)]
    )
