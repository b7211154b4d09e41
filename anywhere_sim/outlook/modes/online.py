"""Online mode: every action is calls that someone waits for."""

from __future__ import annotations

from anywhere_sim.des.environment import Process
from anywhere_sim.exchange.message import Delivery
from anywhere_sim.outlook import operations
from anywhere_sim.outlook.base_client import BaseClient
from anywhere_sim.outlook.modes.action import Action, Result
from anywhere_sim.outlook.modes.mode import Mode, ModeComponents
from anywhere_sim.outlook.rpc_session import RpcRequest, RpcSession
from anywhere_sim.rpc import call_types as kinds
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.rpc.call_types import ROW_BYTES


class Online(Mode):
    """No copy: without a connection an action fails."""

    name = "online"
    __slots__ = ("_notification", "_refreshing")

    def __init__(self, client: BaseClient, components: ModeComponents) -> None:
        super().__init__(client, components)
        self._notification = components.notification(client)
        self._refreshing = False

    @property
    def ready(self) -> bool:
        """Whether there is a connection."""
        return self.client.has("mail")

    def resume(self) -> None:
        """Listen, timers at a random phase."""
        if self.client.has("mail"):
            self._notification.start(self.client.draws)

    def connected(self) -> None:
        """Listen for new mail and fetch the view; the person sees that there is a connection."""
        self._notification.start()
        self.noticed()
        self.client.on_change()

    def disconnected(self) -> None:
        """Stop listening."""
        self._notification.stop()

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
            taken.extend(client.mailbox.view.take())

        shown = False
        if (yield from session.call(RpcRequest(kinds.NOTIFICATION))) is not None:
            rows = RpcRequest(
                kinds.QUERY_ROWS,
                down_bytes=ROW_BYTES * 4,
                rows=client.group.items_per_folder,
                work=take,
            )
            shown = (yield from session.call(rows)) is not None
        if shown:
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
            return Result("none", "failed")
        session = RpcSession(self.client, background=False)
        done = yield from session.run(self.steps(action))
        return Result(
            "server",
            "done" if done else "failed",
            session.rpcs,
            session.bytes,
            session.connection_id,
        )

    def steps(self, action: Action) -> list[RpcRequest]:
        """Return the calls that an action takes."""
        client = self.client
        items, store = client.group.items_per_folder, client.store
        if action.kind == "read":
            assert action.delivery is not None
            opened = operations.open_item(
                action.size_bytes, store.reads_of_delivered(action.delivery)
            )
            again = operations.body_down(action.size_bytes, 0.0) * (
                client.group.habits.fetches_per_item - 1
            )
            return opened + again + operations.mark_read()
        if action.kind == "open_old":
            return operations.open_item(action.size_bytes, store.reads_of(action.size_bytes))
        if action.kind == "send":
            return self._send(action)
        simple = {
            "view_folder": lambda: operations.view_folder(items),
            "search": lambda: operations.search(items),
            "calendar": operations.change_item,
            "delete": operations.delete_item,
            "move": operations.move_item,
            "look_up": operations.look_up,
        }
        return simple[action.kind]()

    def _send(self, action: Action) -> list[RpcRequest]:
        message = action.message
        assert message is not None
        steps = operations.send(message.size_bytes)
        steps[-1].work = lambda rpc: self.client.submit(message)
        return steps


def _not_here(delivery: Delivery) -> bool:
    """Whether an exchange of the offline file has not brought it in the meantime."""
    return delivery.state == "delivered"
