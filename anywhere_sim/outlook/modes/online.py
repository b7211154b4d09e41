"""Online mode: every action is calls that someone waits for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from anywhere_sim.des.environment import Process
from anywhere_sim.exchange.message import Delivery
from anywhere_sim.outlook import operations
from anywhere_sim.outlook.modes.action import Action, Result
from anywhere_sim.outlook.notifications import NewMailNotification
from anywhere_sim.outlook.rpc_session import RpcRequest, RpcSession
from anywhere_sim.outlook.sync.change import Change
from anywhere_sim.rpc import call_types as kinds
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.rpc.call_types import ROW_BYTES

if TYPE_CHECKING:
    from anywhere_sim.outlook.client import Client


class Online:
    """No copy: without a connection an action fails."""

    name = "online"
    connects = True
    __slots__ = ("_refreshing", "client", "notice")

    def __init__(self, client: Client) -> None:
        self.client = client
        self.notice = NewMailNotification(client)
        self._refreshing = False

    @property
    def ready(self) -> bool:
        """Whether there is a connection."""
        return self.client.has("mail")

    def hand_over(self) -> list[Change]:
        """There is no copy with changes in it."""
        return []

    def take_over(self, changes: list[Change]) -> None:
        """Nobody is switched to online mode."""

    def launched(self) -> None:
        """Nothing to prepare."""

    def launched_settled(self) -> None:
        """Nothing to choose."""

    def came_before(self, delivery: Delivery, arrived_s: float) -> None:
        """The view shows it."""
        self.client.copy.reach(delivery, arrived_s)

    def connected_settled(self) -> None:
        """Listen, timers at a random phase."""
        self.notice.start_settled()

    def exits(self) -> Process:
        """Nothing keeps Outlook from ending."""
        yield from ()

    def record_open(self) -> None:
        """There is no copy with changes in it."""

    def connected(self) -> None:
        """Listen for new mail and fetch the view; the person sees that there is a connection."""
        self.notice.start()
        self.noticed()
        self.client.world.persons[self.client.mailbox].hear()

    def disconnected(self) -> None:
        """Stop listening."""
        self.notice.stop()

    def quitting(self) -> None:
        """Stop listening."""
        self.notice.stop()

    def connected_state(self) -> str:
        """Return "connected"."""
        return "connected"

    def noticed(self) -> None:
        """Fetch the notification and the changed rows of the view in the background."""
        if not self._refreshing and self.client.server_mailbox.view.new:
            self._refreshing = True
            self.client.env.process(self._refresh())

    def _refresh(self) -> Process:
        """The view shows what the server had when it answered."""
        client = self.client
        asker = RpcSession(client, background=True)
        taken: list[Delivery] = []

        def take(rpc: Rpc) -> None:
            taken.extend(client.server_mailbox.view.take())

        shown = False
        if (yield from asker.ask(RpcRequest(kinds.NOTIFICATION))) is not None:
            rows = RpcRequest(kinds.QUERY_ROWS, down_bytes=ROW_BYTES * 4, rows=client.group.items_per_folder, work=take)
            shown = (yield from asker.ask(rows)) is not None
        if shown:
            for delivery in filter(_not_here, taken):
                client.copy.reach(delivery, client.env.now)
        else:
            client.server_mailbox.view.put_back(list(filter(_not_here, taken)))
        self._refreshing = False
        if client.has("mail"):
            self.noticed()

    def unread(self) -> Iterable[Delivery]:
        """Return what the view shows as unread."""
        return self.client.copy.unread

    def perform(self, action: Action) -> Process:
        """Ask the server for everything, one call after the other."""
        if not self.client.has("mail"):
            return Result("none", "failed")
        asker = RpcSession(self.client, background=False)
        done = yield from asker.run(self.steps(action))
        return Result("server", "done" if done else "failed", asker.rpcs, asker.bytes, asker.connection)

    def steps(self, action: Action) -> list[RpcRequest]:
        """Return the calls that an action takes."""
        client = self.client
        items, store = client.group.items_per_folder, client.store
        if action.kind == "read":
            assert action.delivery is not None
            opened = operations.open_item(action.size_bytes, store.reads_of_delivered(action.delivery))
            again = operations.body_down(action.size_bytes, 0.0) * (client.group.habits.fetches_per_item - 1)
            return opened + again + operations.mark_read()
        if action.kind == "open_old":
            return operations.open_item(action.size_bytes, store.reads_of(action.size_bytes))
        if action.kind == "send":
            return self._send(action)
        simple = {
            "view_folder": lambda: operations.view_folder(items), "search": lambda: operations.search(items), "calendar": operations.change_item,
            "delete": operations.delete_item, "move": operations.move_item, "look_up": operations.look_up,
        }  # fmt: skip
        return simple[action.kind]()

    def _send(self, action: Action) -> list[RpcRequest]:
        message = action.message
        assert message is not None
        steps = operations.send(message.size_bytes)
        steps[-1].work = lambda rpc: self.client.world.post.submitted(message)
        return steps


def _not_here(delivery: Delivery) -> bool:
    """Whether an exchange of the offline file has not brought it in the meantime."""
    return delivery.state == "delivered"
