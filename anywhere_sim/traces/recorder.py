"""All tables of one site and replication on their way, in memory or into files."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pyarrow as pa
from mypy_extensions import mypyc_attr

from anywhere_sim.traces.rows import (
    ROWS,
    AttemptRows,
    ChangeRows,
    ConnectionRows,
    LinkRows,
    MessageRows,
    OperationRows,
    RpcRows,
    ServerRows,
    StateRows,
    SyncRows,
)
from anywhere_sim.traces.run import Part, TableFile
from anywhere_sim.traces.schema import TABLES
from anywhere_sim.traces.table_rows import GROUP_ROWS, Sink


@mypyc_attr(allow_interpreted_subclasses=True)
class Recorder:
    """All tables of one site and replication, in memory or straight into Parquet files of a folder.

    `rpcs` says whose calls are written down: all, none, or some mailboxes'. `completed_rpcs` counts
    the calls that got a response.
    """

    attempts: AttemptRows
    connections: ConnectionRows
    syncs: SyncRows
    operations: OperationRows
    states: StateRows
    messages: MessageRows
    changes: ChangeRows
    servers: ServerRows
    links: LinkRows
    rpcs: RpcRows

    table_file: ClassVar[type[TableFile]] = TableFile
    group_rows: ClassVar[int] = GROUP_ROWS

    def __init__(
        self,
        site: str,
        replication: int,
        rpcs: bool | frozenset[str] = False,
        folder: Path | None = None,
        cell: str = "",
    ) -> None:
        self._site = site
        self._rpcs = rpcs
        self._folder = folder
        self._batches: dict[str, list[pa.RecordBatch]] = {name: [] for name in TABLES}
        self._files: dict[str, TableFile] = {}
        self.completed_rpcs = 0
        for name, rows in ROWS.items():
            sink: Sink = self._batches[name].append
            if folder is not None:
                self._files[name] = self.table_file(folder, name, site)
                sink = self._files[name].write_batch
            setattr(self, name, rows((cell, site, replication), sink, self.group_rows))

    def wants_rpcs(self, mailbox: str) -> bool:
        """Whether the calls of a mailbox are written down."""
        return self._rpcs if isinstance(self._rpcs, bool) else mailbox in self._rpcs

    def finish(self) -> Part:
        """Return all tables, complete: in memory, or where their files are."""
        for name in TABLES:
            getattr(self, name).flush()
        if self._folder is None:
            return Part(
                self._site,
                {
                    name: pa.Table.from_batches(self._batches[name], TABLES[name].arrow())
                    for name in TABLES
                },
            )
        for file in self._files.values():
            file.close()
        return Part(self._site, {name: Path(file.where) for name, file in self._files.items()})
