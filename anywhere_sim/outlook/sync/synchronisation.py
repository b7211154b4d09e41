"""One synchronisation under way, and its row in the trace."""

from __future__ import annotations

from anywhere_sim.outlook.base_client import BaseClient, OpenSync
from anywhere_sim.outlook.rpc_session import RpcSession
from anywhere_sim.traces.words import Direction, Folder, SyncKind, SyncOutcome, SyncTrigger


class Sync(OpenSync):
    """A synchronisation from its begin to its end; the client knows those that are open."""

    __slots__ = ("_client", "_place_name", "_row", "items", "session")

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
        self._row = {
            "kind": kind, "folder": folder, "direction": direction, "trigger": trigger,
            "start_s": client.env.now,
        }  # fmt: skip
        client.open_syncs[self] = None

    def end(self, *, done: bool) -> None:
        """The synchronisation is over, whole or cut."""
        del self._client.open_syncs[self]
        self._record("done" if done else "cut")

    def record_unfinished(self) -> None:
        """Write its row at the end of the run."""
        self._record("unfinished")

    def _record(self, outcome: SyncOutcome) -> None:
        client, session = self._client, self.session
        client.recorder.syncs.row(
            sync=self.sync_id, connection=session.connection_id, mailbox=client.mailbox_name,
            group=client.group_name, end_s=client.env.now, items=self.items, rpcs=session.rpcs,
            rops=session.rops, bytes=session.bytes, outcome=outcome, place=self._place_name,
            **self._row,
        )  # fmt: skip
