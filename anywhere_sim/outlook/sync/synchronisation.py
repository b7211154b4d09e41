"""One synchronisation under way, and its row in the trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anywhere_sim.outlook.rpc_session import RpcSession

if TYPE_CHECKING:
    from anywhere_sim.outlook.client import Client


class Sync:
    """A synchronisation from its begin to its end; one that is open at the end of the run is written as unfinished."""

    __slots__ = ("_client", "_place", "_row", "asker", "items", "number")

    def __init__(self, client: Client, kind: str, folder: str, direction: str, trigger: str) -> None:
        self._client = client
        self._place = client.place_name
        self.asker = RpcSession(client, background=True)
        self.number = client.world.recorder.syncs.next_id()
        self.items = 0
        self._row = {"kind": kind, "folder": folder, "direction": direction, "trigger": trigger, "start_s": client.env.now}
        client.world.open_syncs[self] = None

    def end(self, *, done: bool) -> None:
        """The synchronisation is over, whole or cut."""
        del self._client.world.open_syncs[self]
        self.record("done" if done else "cut")

    def record(self, outcome: str) -> None:
        """Write the row."""
        client, asker = self._client, self.asker
        client.world.recorder.syncs.row(
            sync=self.number, connection=asker.connection, mailbox=client.mailbox,
            group=client.group_name, end_s=client.env.now, items=self.items,
            rpcs=asker.rpcs, bytes=asker.bytes, outcome=outcome, place=self._place, **self._row,
        )  # fmt: skip
