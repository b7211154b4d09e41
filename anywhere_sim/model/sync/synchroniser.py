"""Incremental synchronisation: what is new comes down, what was changed in the copy goes up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from anywhere_sim.kernel.clock import Process
from anywhere_sim.model import rpc_kinds as kinds
from anywhere_sim.model import script
from anywhere_sim.model.ask import Asker, Step
from anywhere_sim.model.mail.message import Delivery, Message
from anywhere_sim.model.rpc import Rpc
from anywhere_sim.model.rpc_kinds import CHAINED_BYTES, HEADER_BODY_BYTES, HEADER_BYTES
from anywhere_sim.model.sync.change import Change
from anywhere_sim.model.sync.entry import Sync
from anywhere_sim.scenario.sourced import assumed

if TYPE_CHECKING:
    from anywhere_sim.model.client import Client

CHANGES_PER_CALL: Annotated[int, assumed("changes imported in one call of 32 KB", 5, 50)] = 20
CHANGE_BYTES: Annotated[int, assumed("one changed item without body", 200, 1_500)] = 400


class Synchroniser:
    """The exchange between copy and server of one client; each synchronisation is a row of `syncs`.

    `take` returns what the server has and the copy has not, `put_back` undoes it for those that did not come.
    """

    def __init__(self, client: Client, take: Callable[[], list[Delivery]], put_back: Callable[[list[Delivery]], None]) -> None:
        self.client = client
        self._take = take
        self._put_back = put_back
        self.world = client.world
        self.clock = client.clock
        self.pending: list[Change] = []
        self.uploading: list[Change] = []

    def add(self, kind: str, operation: int, message: Message | None = None) -> Change:
        """Note a change made in the copy."""
        change = Change(self.world.recorder.changes.next_id(), operation, kind, self.clock.now, message)
        self.pending.append(change)
        return change

    def hand_over(self) -> list[Change]:
        """Give up the changes that have not reached the server, oldest first."""
        changes, self.uploading, self.pending = self.uploading + self.pending, [], []
        return changes

    def download(self, trigger: str, *, headers: bool) -> Process:
        """Fetch what has arrived: configure, state, buffers; the value is True when all came.

        Each delivery reaches the copy with the buffer that carries its last byte; if the transfer is cut, what had
        come stays and the rest is fetched the next time.
        """
        sync = Sync(self.client, "incremental", "inbox", "down", trigger)
        taken: list[Delivery] = []

        def take(rpc: Rpc) -> None:
            taken.extend(self._take())

        asker = sync.asker
        done = (yield from asker.ask(Step(kinds.SYNC_CONFIGURE, work=take))) is not None
        if done:
            sync.items = yield from self._fetch(asker, taken, headers=headers)
            done = sync.items == len(taken) and (yield from asker.ask(Step(kinds.SYNC_STATE))) is not None
        self._put_back(taken[sync.items :])
        sync.end(done=done)
        return done

    def _fetch(self, asker: Asker, taken: list[Delivery], *, headers: bool) -> Process:
        """Fetch the items in chained buffers; the value is how many came whole."""
        sizes = [HEADER_BYTES + (HEADER_BODY_BYTES if headers else delivery.message.size_bytes) for delivery in taken]
        total, sent, arrived, end = sum(sizes), 0, 0, 0
        io_kb = self.client.store.spec.io_kb
        while sent < total:
            part = min(CHAINED_BYTES, total - sent)
            pages = 0.0 if script.still_cached(self.client.store, taken[arrived]) else script.reads_of(part, io_kb)
            if (yield from asker.ask(Step(kinds.SYNC_BUFFER, down_bytes=part, pages=pages))) is None:
                return arrived
            sent += part
            while arrived < len(taken) and end + sizes[arrived] <= sent:
                end += sizes[arrived]
                self._reach(taken[arrived], body=not headers)
                arrived += 1
        return arrived

    def _reach(self, delivery: Delivery, *, body: bool) -> None:
        delivery.body = body
        if delivery.state == "delivered":
            self.client.box.reach(delivery, self.clock.now)

    def upload(self, trigger: str) -> Process:
        """Send what was changed in the copy, Outbox included; the value is True when all went.

        A change counts as uploaded when its call is answered; one whose call was cut waits for the next time. What the
        server did take is recognised by its change key, so nothing is applied twice.
        """
        sync = Sync(self.client, "incremental", "changes", "up", trigger)
        asker = sync.asker
        self.uploading, self.pending = self.pending, []
        done = (yield from asker.ask(Step(kinds.SYNC_OPEN))) is not None
        while done and self.uploading:
            batch = self._batch()
            done = yield from self._send(asker, batch)
            if done:
                self._uploaded(batch, sync.number)
                sync.items += len(batch)
        if done:
            done = (yield from asker.ask(Step(kinds.SYNC_STATE))) is not None
        self.pending, self.uploading = self.uploading + self.pending, []
        sync.end(done=done)
        return done

    def _batch(self) -> list[Change]:
        """Return the next changes for one call: one message of the Outbox, or up to a call's worth of small changes."""
        if self.uploading[0].message is not None:
            return self.uploading[:1]
        small = next((place for place, change in enumerate(self.uploading) if change.message is not None), len(self.uploading))
        return self.uploading[: min(small, CHANGES_PER_CALL)]

    def _send(self, asker: Asker, batch: list[Change]) -> Process:
        message = batch[0].message
        if message is None:
            return (yield from asker.ask(Step(kinds.SYNC_UPLOAD, up_bytes=CHANGE_BYTES * len(batch)))) is not None

        def submitted(rpc: Rpc) -> None:
            if batch[0].state == "pending":
                batch[0].state = "taken"
                self.world.post.submitted(message)

        steps = [Step(kinds.SYNC_UPLOAD)]
        steps += [
            Step(kinds.WRITE_BODY, up_bytes=min(CHAINED_BYTES, message.size_bytes - begin))
            for begin in range(0, message.size_bytes, CHAINED_BYTES)
        ]
        steps.append(Step(kinds.SUBMIT, work=submitted))
        return (yield from asker.run(steps))

    def _uploaded(self, batch: list[Change], sync: int) -> None:
        for change in batch:
            change.uploaded_s, change.sync, change.state = self.clock.now, sync, "uploaded"
            self.record_change(change)
        del self.uploading[: len(batch)]

    def record_change(self, change: Change) -> None:
        """Write a change's row."""
        state = "uploaded" if change.state == "uploaded" else "pending"
        self.world.recorder.changes.row(
            change=change.change, mailbox=self.client.mailbox, operation=change.operation, kind=change.kind,
            made_s=change.made_s, uploaded_s=change.uploaded_s, sync=change.sync, state=state,
        )  # fmt: skip

    def record_open(self) -> None:
        """Write the rows of the changes that are still in the copy."""
        for change in self.uploading + self.pending:
            self.record_change(change)
