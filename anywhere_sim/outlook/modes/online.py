"""Online mode: every action is calls that someone waits for."""

from __future__ import annotations

from collections.abc import Callable

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Process
from anywhere_sim.exchange.mailbox import Delivery
from anywhere_sim.outlook import operations
from anywhere_sim.outlook.base_client import BaseClient
from anywhere_sim.outlook.modes.mode import Mode, ModeComponents
from anywhere_sim.outlook.operations import Action, Result
from anywhere_sim.outlook.rpc_session import RpcRequest, RpcSession
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.traces.words import OperationKind

INBOX, OTHER, SHARED = "inbox", "other", "shared"
NOTHING = ("", "")
"""No folder's table is open."""


@mypyc_attr(allow_interpreted_subclasses=True)
class Online(Mode):
    """No copy: without a connection an action fails.

    The table of the folder that is shown stays open: looking at it again costs nothing, since the
    server tells of every change (MS-OXCNOTIF 3.1.4).

    >>> aw.Online.name, aw.Online.keeps_copy, aw.Online.builds_views
    ('online', False, True)
    """

    name = "online"
    keeps_copy = False
    __slots__ = ("_notification", "_refreshing", "_shown", "background")

    def __init__(self, client: BaseClient, components: ModeComponents) -> None:
        super().__init__(client, components)
        self._notification = components.notification(client)
        self.background = components.background(
            client, client.group.requests.online_background_per_hour
        )
        self._refreshing = False
        self._shown = NOTHING

    @property
    def ready(self) -> bool:
        """Whether there is a connection."""
        return self.client.has("mail")

    def launched(self) -> None:
        """Outlook has started."""
        self.background.launched()

    def resume(self) -> None:
        """Listen, timers at a random phase; the Inbox is shown."""
        if self.client.has("mail"):
            self._shown = (INBOX, "")
            self._notification.start(self.client.draws)
            self.background.resume()

    def connected(self) -> None:
        """Listen for new mail and fetch the view; the person sees that there is a connection."""
        self._shown = NOTHING
        self._notification.start()
        if self.client.group.search_folders:
            self.client.env.process(self._open_search_folders())
        self.background.connected()
        self.noticed()
        self.client.on_change()

    def disconnected(self) -> None:
        """Stop listening."""
        self._notification.stop()
        self.background.disconnected()

    def mail_path_changed(self) -> None:
        """Listen in the way of the connections that are left."""
        self._notification.adapt()

    def noticed(self) -> None:
        """Fetch the notification and the changed rows of the view in the background."""
        if not self._refreshing and self.client.mailbox.view.new:
            self._refreshing = True
            self.client.env.process(self._refresh())

    def _refresh(self) -> Process:
        """The view shows what the server had when it answered."""
        client = self.client
        session = RpcSession(client, background=True)
        taken: list[Delivery] = []

        def take(rpc: Rpc) -> None:
            if not rpc.failed:  # else nobody is there any more to show it
                taken.extend(client.mailbox.view.take())

        steps = operations.new_mail(client.group.requests, len(client.mailbox.view.new))
        steps[-1].work = take
        if (yield from session.run(steps)):
            for delivery in filter(_not_here, taken):
                client.copy.reach(delivery, client.env.now)
        else:
            client.mailbox.view.put_back(list(filter(_not_here, taken)))
        self._refreshing = False
        if client.has("mail"):
            self.noticed()

    def perform(self, action: Action) -> Process:
        """Ask the server for everything, one call after the other."""
        if not self.client.has("mail"):
            self.client.asked("needed")
            return Result("none", "failed")
        session = RpcSession(self.client, background=False, operation=action.operation_id)
        shown = self._shown
        done = yield from session.run(self.steps(action))
        if not done and self._shown != shown:
            self._shown = NOTHING
        if action.kind == "calendar" and done:
            self.background.calendar_changed()
        return Result(
            "server",
            "done" if done else session.outcome,
            session.rpcs,
            session.rops,
            session.bytes,
            session.connection_id,
        )

    def steps(self, action: Action) -> list[RpcRequest]:
        """Return the calls that an action takes."""
        return _STEPS[action.kind](self, action)

    def _look(self, action: Action) -> list[RpcRequest]:
        """Look at the Inbox: nothing, if its table is open in that order."""
        return self._show(INBOX, action.arrangement)

    def _show(self, folder: str, arrangement: str = "") -> list[RpcRequest]:
        group, shown = self.client.group, self._shown
        self._shown = (folder, arrangement)
        if shown == self._shown:
            return []
        rows = group.items_per_folder if self._builds(folder, arrangement) else 0
        if shown[0] == folder:
            return operations.open_table(group.requests, group.items_per_folder, rows)
        return operations.switch_folder(group.requests, group.items_per_folder, rows)

    def _builds(self, folder: str, index: str) -> bool:
        """Use an index of a folder; the value is whether it did not exist."""
        return self.client.mailbox.views.use(folder, index, self.client.env.now)

    def _open_search_folders(self) -> Process:
        """The tables of the search folders are opened with the first connection."""
        group, steps = self.client.group, list[RpcRequest]()
        for number in range(group.search_folders):
            rows = group.items_per_folder if self._builds(INBOX, f"search{number}") else 0
            steps += operations.open_table(group.requests, group.items_per_folder, rows)[:1]
        yield from RpcSession(self.client, background=True).run(steps)

    def _read(self, action: Action) -> list[RpcRequest]:
        delivery, requests = action.delivery, self.client.group.requests
        assert delivery is not None
        body_bytes = delivery.message.body_bytes
        reads = self.client.store.reads_of_delivered(delivery, body_bytes)
        return operations.preview(requests, body_bytes, reads) + operations.mark_read()

    def _open_window(self, action: Action) -> list[RpcRequest]:
        assert action.delivery is not None
        body_bytes = action.delivery.message.body_bytes
        return operations.open_window(self.client.group.requests, body_bytes)

    def _open_attachment(self, action: Action) -> list[RpcRequest]:
        assert action.delivery is not None
        size_bytes = action.delivery.message.attachment_bytes
        reads = self.client.store.reads_of_delivered(action.delivery, size_bytes)
        return operations.open_attachment(size_bytes, reads)

    def _open_old(self, action: Action) -> list[RpcRequest]:
        """Go to another folder if need be, scroll, and look at an item."""
        requests = self.client.group.requests
        steps = self._show(OTHER) if action.elsewhere else []
        steps += [operations.rows(requests, requests.rows_per_query) for _ in range(action.screens)]
        reads = self.client.store.reads_of(action.size_bytes)
        return steps + operations.preview(requests, action.size_bytes, reads)

    def _search(self, action: Action) -> list[RpcRequest]:
        group = self.client.group
        return operations.search(group.requests, group.items_per_folder)

    def _calendar(self, action: Action) -> list[RpcRequest]:
        return operations.change_item(self.client.group.requests)

    def _delete(self, action: Action) -> list[RpcRequest]:
        return operations.delete_item() + self._next_item(action)

    def _move(self, action: Action) -> list[RpcRequest]:
        return operations.move_item() + self._next_item(action)

    def _next_item(self, action: Action) -> list[RpcRequest]:
        """The reading pane shows the item after the one that has gone, if there is one."""
        if not action.next_bytes:
            return []
        requests, store = self.client.group.requests, self.client.store
        return operations.preview(requests, action.next_bytes, store.reads_of(action.next_bytes))

    def _look_up(self, action: Action) -> list[RpcRequest]:
        return operations.look_up()

    def _shared_folder(self, action: Action) -> list[RpcRequest]:
        self._shown = (SHARED, "")
        group = self.client.group
        return operations.switch_folder(group.requests, group.items_per_folder)

    def _send(self, action: Action) -> list[RpcRequest]:
        message = action.message
        assert message is not None
        steps = operations.send(
            self.client.group.requests, message.size_bytes, answer=bool(message.parent_name)
        )

        def submit(rpc: Rpc) -> None:
            if message.waits:  # else the answer to the first try was lost
                self.client.submit(message)

        steps[-1].work = submit
        return steps


_STEPS: dict[OperationKind, Callable[[Online, Action], list[RpcRequest]]] = {
    "view_folder": Online._look,
    "read": Online._read,
    "open_window": Online._open_window,
    "open_attachment": Online._open_attachment,
    "open_old": Online._open_old,
    "search": Online._search,
    "calendar": Online._calendar,
    "delete": Online._delete,
    "move": Online._move,
    "look_up": Online._look_up,
    "shared_folder": Online._shared_folder,
    "send": Online._send,
}


def _not_here(delivery: Delivery) -> bool:
    """Whether an exchange of the offline file has not brought it in the meantime."""
    return delivery.state == "delivered"
