"""Cached mode: the client works on its copy and connects and disconnects by itself."""

from __future__ import annotations

from itertools import cycle, islice
from typing import Annotated, ClassVar

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Process, Timer
from anywhere_sim.exchange.mailbox import Delivery
from anywhere_sim.outlook import operations
from anywhere_sim.outlook.base_client import BaseClient
from anywhere_sim.outlook.local_copy import Change
from anywhere_sim.outlook.modes.mode import Mode, ModeComponents
from anywhere_sim.outlook.operations import Action, Result
from anywhere_sim.outlook.rpc_session import RpcRequest, RpcSession
from anywhere_sim.outlook.sync.shared_folders import kept_mailboxes
from anywhere_sim.outlook.sync.synchronisation import Sync
from anywhere_sim.rpc import call_types as kinds
from anywhere_sim.scenario.sources import documented
from anywhere_sim.traces.words import (
    ChangeKind,
    Folder,
    OperationOutcome,
    ServedBy,
    State,
    SyncTrigger,
)  # fmt: skip

CHANGES: dict[str, ChangeKind] = {
    "read": "read_flag",
    "calendar": "calendar",
    "delete": "delete",
    "move": "move",
    "send": "message",
}
OTHER_FOLDERS: tuple[Folder, ...] = (
    "sent", "deleted", "calendar", "contacts", "drafts", "outbox", "utility", "other",
)  # fmt: skip
"""What a copy synchronises besides the Inbox when it is connected again."""
TARGETS: dict[ChangeKind, Folder] = {"delete": "deleted", "move": "other"}
"""Folders in which a change of another folder arrives."""
DIALOG_S: Annotated[
    float, documented("KB 839862: so long Outlook waits before it says so and offers to cancel")
] = 8.0


@mypyc_attr(allow_interpreted_subclasses=True)
class Cached(Mode):
    """A copy, hold-off timers, and a synchroniser that runs whenever there is a connection.

    >>> aw.Cached.name, aw.Cached.keeps_copy, aw.Cached.builds_views
    ('cached', True, False)
    """

    name = "cached"
    builds_views = False
    dialog_s: ClassVar[float] = DIALOG_S
    __slots__ = (
        "_again", "_asking", "_down", "_downloading", "_draws", "_first_change_s",
        "_notification", "_old", "_opened", "_up", "_uploading", "address_book", "background",
        "env", "first_sync", "shared_folders", "synchroniser",
    )  # fmt: skip

    def __init__(self, client: BaseClient, components: ModeComponents) -> None:
        super().__init__(client, components)
        self.env = client.env
        self._notification = components.notification(client)
        self.synchroniser = components.synchroniser(client, client.mailbox.view)
        self.first_sync = components.first_sync(client, empty=not client.has_copy)
        self.shared_folders = (
            components.shared_folders(client, self.synchroniser, empty=not client.has_copy)
            if kept_mailboxes(client)
            else None
        )
        self._down = Timer(client.env, self._download)
        self._up = Timer(client.env, self._upload)
        self.address_book = components.address_book(client, lambda: not self.headers_only)
        self._first_change_s = 0.0
        self._downloading = self._uploading = self._asking = self._again = False
        self._old = client.streams.stream(f"old/{client.mailbox_name}")
        self._draws = client.streams.stream(f"copy/{client.mailbox_name}")
        self._opened = True
        self.background = components.background(
            client, client.group.requests.cached_background_per_hour
        )

    @property
    def ready(self) -> bool:
        """The copy is always there."""
        return True

    def hand_over(self) -> list[Change]:
        """Give up what waits in the copy."""
        return self.synchroniser.hand_over()

    def take_over(self, changes: list[Change]) -> None:
        """What waited in the old copy waits in this one; it goes up with the next connection."""
        self.synchroniser.pending += changes

    def launched(self) -> None:
        """Outlook has started; the copy is still on the disk."""
        self._opened = False
        self.background.launched()

    def resume(self) -> None:
        """Listen, timers at a random phase; a copy that is empty is filled from now on."""
        self.address_book.resume()
        if not self.client.has("mail"):
            return
        self._notification.start(self.client.draws)
        self.background.resume()
        if self.shared_folders is not None:
            self.shared_folders.resume()
        if not self.first_sync.complete:
            self.first_sync.start("connected")
        self.address_book.schedule_call()

    def receive_earlier(self, delivery: Delivery, arrived_s: float) -> None:
        """It is in the copy, the header at least."""
        self.client.copy.reach(delivery, arrived_s, body=not self.headers_only)

    def renew_address_book(self) -> None:
        """The whole address book is due."""
        self.address_book.renew()

    def record_unfinished(self) -> None:
        """Write down the changes that are still in the copy."""
        self.synchroniser.record_unfinished()

    def connected(self) -> None:
        """Listen, go on with the first synchronisation, exchange what has waited."""
        self._notification.start()
        self.background.connected()
        if not self.first_sync.complete:
            self.first_sync.start("connected")
        self._download("connected")
        if self.synchroniser.pending:
            self._upload("connected")
        if self.shared_folders is not None:
            self.shared_folders.connected()
        self.address_book.schedule_call()

    def disconnected(self) -> None:
        """Stop listening; timers keep what is due."""
        self._notification.stop()
        self.background.disconnected()
        if self.shared_folders is not None:
            self.shared_folders.disconnected()
        self._down.clear()
        self._up.clear()
        self.address_book.rest()

    def connected_state(self) -> State:
        """Return "connected_headers" on a slow link (facts 1.2) or when only headers are wanted."""
        return "connected_headers" if self.headers_only else "connected"

    @property
    def headers_only(self) -> bool:
        """Whether only headers are synchronised now."""
        policy = self.client.policy
        return policy.download == "headers" or (
            policy.headers_on_slow and self.client.speed.name == "slow"
        )

    def mail_path_changed(self) -> None:
        """Listen in the way of the connections that are left."""
        self._notification.adapt()

    def noticed(self) -> None:
        """Fetch the notification, and begin the hold-off unless it runs."""
        if (
            self._notification.mechanism() != "poll" and not self._asking
        ):  # the answer to a poll carries it
            self._asking = True
            self.env.process(self._fetch_notification())
        self._hold_off()

    def _hold_off(self) -> None:
        """Download after the hold-off; further changes in its window are fetched together, and what
        comes during a download after that.
        """
        if self._downloading:
            self._again = True
        elif self._down.due_s == float("inf"):
            self._down.set(self.env.now + self.client.policy.hold_off_down_s)

    def _fetch_notification(self) -> Process:
        yield from RpcSession(self.client, background=True).call(RpcRequest(kinds.NOTIFICATION))
        self._asking = False

    def _download(self, trigger: SyncTrigger = "hold_off") -> None:
        if not self._downloading and self.client.has("mail"):
            self._downloading = True
            self._down.clear()
            self.env.process(self._downloads(trigger))

    def _downloads(self, trigger: SyncTrigger) -> Process:
        if trigger == "connected":
            yield from self.synchroniser.hierarchy(trigger)
            yield from self._other_folders()
        staged = self.client.policy.download == "headers_then_full" and not self.headers_only
        done = yield from self.synchroniser.download(trigger, headers=self.headers_only or staged)
        if done and not self.headers_only:
            done = yield from self._bodies()
        self._downloading = False
        if trigger == "connected":
            self.client.on_change()
        cut = not done and not self.synchroniser.full
        if self._again or (cut and self.client.has("mail")):
            self._again = False
            self._hold_off()

    def _other_folders(self) -> Process:
        """After a connection the copy asks every folder that it has whether anything is new."""
        for folder in islice(cycle(OTHER_FOLDERS), self.client.group.requests.reconnect_folders):
            if not (yield from self.synchroniser.folder(folder, "connected")):
                return

    def _bodies(self) -> Process:
        """Fetch the bodies of headers that have come; the value is True when all came.

        This happens after the headers, or when the link is no longer slow.
        """
        copy = self.client.copy
        bare = copy.without_body() if self.first_sync.complete else []
        if not bare:
            return True
        sync = Sync(self.client, "incremental", "inbox", "down", "bodies")
        done, full = True, False
        for delivery in bare:
            if done and delivery in copy.unread and not copy.has_body(delivery):
                size_bytes = delivery.message.size_bytes
                full = not copy.takes(size_bytes)
                if full:
                    break
                done = yield from sync.session.run(self._body_down(delivery))
                if done:
                    copy.set_body(delivery)
                else:
                    copy.give_back(size_bytes)
                sync.items += done
        sync.end(done=done, full=full)
        return done

    def _body_down(self, delivery: Delivery) -> list[RpcRequest]:
        size_bytes = delivery.message.size_bytes
        reads = self.client.store.reads_of_delivered(delivery, size_bytes)
        return operations.body_down(size_bytes, reads)

    def _change(self, action: Action) -> None:
        now, policy = self.env.now, self.client.policy
        if not self.synchroniser.pending:
            self._first_change_s = now
        self.synchroniser.add(CHANGES[action.kind], action.operation_id, action.message)
        if self.client.has("mail"):
            self._up.set(
                min(self._first_change_s + policy.hold_off_max_s, now + policy.hold_off_up_s)
            )

    def _upload(self, trigger: SyncTrigger = "hold_off") -> None:
        if not self._uploading and self.client.has("mail") and self.synchroniser.pending:
            self._uploading = True
            self._up.clear()
            self.env.process(self._uploads(trigger))

    def _uploads(self, trigger: SyncTrigger) -> Process:
        changed = {change.kind for change in self.synchroniser.pending}
        done = yield from self.synchroniser.upload(trigger)
        yield from self.synchroniser.sent_items("sent")
        for kind in sorted(changed & TARGETS.keys()) if done else ():
            if self._draws.bernoulli(self.client.group.requests.target_download_share):
                yield from self.synchroniser.folder(TARGETS[kind], "uploaded")
        self._uploading = False
        if self.synchroniser.pending and self.client.has("mail"):
            policy, now = self.client.policy, self.env.now
            if done:
                latest_s = self._first_change_s + policy.hold_off_max_s
                self._up.set(max(now, min(latest_s, now + policy.hold_off_up_s)))
            else:
                self._up.set(now + policy.hold_off_max_s)

    def perform(self, action: Action) -> Process:
        """Serve the person from the copy; only a body that is not in it has to be fetched."""
        if not self._opened:
            self._opened = True
            yield self.env.timeout(self._opening_s())
        result = Result("copy")
        delivery = action.delivery
        if action.kind == "send_receive":
            self.client.asked("f9")
            self._download("f9")
            self._upload("f9")
        if action.kind == "look_up" and self._asks_directory():
            result = yield from self._look_up(action)
        if action.kind == "shared_folder":
            result = yield from self._shared_folder(action)
        if (
            action.kind == "read"
            and delivery is not None
            and not self.client.copy.has_body(delivery)
        ):
            result = yield from self._body(action, delivery)
        if action.kind == "open_old" and not self._in_copy():
            result = yield from self._old_item(action)
        if action.kind in CHANGES and result.outcome == "done":
            self._change(action)
        if action.kind == "calendar":
            self.background.calendar_changed()
        return result

    def _opening_s(self) -> float:
        """Return how long the copy's disk takes until the first view is there, in seconds."""
        group = self.client.group
        mean_s = group.copy_open_s
        return self._draws.lognormal(mean_s, group.copy_open_sigma) if mean_s else 0.0

    def _asks_directory(self) -> bool:
        """Whether a name is resolved by the server: as long as no address book has come."""
        return self.address_book.is_missing and self.client.has("directory")

    def _look_up(self, action: Action) -> Process:
        """Ask the directory for a name.

        Who has no answer when the dialog appears cancels it and goes on with what was typed.
        """
        steps = operations.look_up()
        asked = self.env.process(self._from_server(action, steps, otherwise="copy"))
        yield asked | self.env.timeout(self.dialog_s)
        return asked.value if asked.triggered else Result("copy")

    def _shared_folder(self, action: Action) -> Process:
        """Look at a folder of another mailbox, which few copies have (KB 870926, KB 936247)."""
        if self.shared_folders is not None and self.shared_folders.answer():
            return Result("copy")
        if not self.client.has("mail"):
            return Result("none", "waiting")
        group = self.client.group
        steps = operations.switch_folder(group.requests, group.items_per_folder)
        return (yield from self._from_server(action, steps, otherwise="none"))

    def _in_copy(self) -> bool:
        """Whether an old item, any of the mailbox, has come with the first synchronisation."""
        return self.first_sync.complete or self.first_sync.has(self._old.uniform())

    def _old_item(self, action: Action) -> Process:
        """Fetch an item that is not in the copy; without a connection there is nothing to open."""
        if not self.client.has("mail"):
            return Result("none", "waiting")
        size_bytes = action.size_bytes
        reads = self.client.store.reads_of(size_bytes)
        steps = operations.preview(self.client.group.requests, size_bytes, reads)
        return (yield from self._from_server(action, steps, otherwise="none"))

    def _body(self, action: Action, delivery: Delivery) -> Process:
        """Fetch a body on demand.

        Without a connection the header is all there is, and the message waits to be read.
        """
        if not self.client.has("mail"):
            return Result("header", "waiting")
        size_bytes = delivery.message.size_bytes
        reads = self.client.store.reads_of_delivered(delivery, size_bytes)
        steps = operations.preview(self.client.group.requests, size_bytes, reads)
        result: Result = yield from self._from_server(action, steps, otherwise="header")
        if result.outcome == "done" and self.client.copy.takes(size_bytes):
            self.client.copy.set_body(delivery)
        return result

    def _from_server(
        self, action: Action, steps: list[RpcRequest], *, otherwise: ServedBy
    ) -> Process:
        """Ask for what the copy does not hold.

        If the connection goes the person has what there is `otherwise`.
        """
        session = RpcSession(self.client, background=False, operation=action.operation_id)
        done = yield from session.run(steps)
        without: OperationOutcome = "cancelled" if session.cancelled else "waiting"
        outcome = "done" if done or otherwise == "copy" else without
        return Result(
            "server" if done else otherwise,
            outcome,
            session.rpcs,
            session.rops,
            session.bytes,
            session.connection_id,
        )
