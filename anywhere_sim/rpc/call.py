"""One remote procedure call, from issue to completion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from anywhere_sim.des.station import Job
from anywhere_sim.network.tcp_connection import Transfer
from anywhere_sim.rpc.call_types import ROP_BYTES, CallType
from anywhere_sim.rpc.rops import Rop, weight_of

if TYPE_CHECKING:
    from anywhere_sim.rpc.connection import Connection


class Rpc(Job):
    """A call: what it carries, what it asks of the server, where it is now, and who waits for it.

    `on_end` is called with it when it is over, well or not. `work` runs at the server when the call
    is served and may set `down_bytes`; `respond` takes the response at the server's door.
    `rops` counts the operations that it carries, those of its kind and `more`; `weight` is their
    relative processor time. `reads` and `writes` count accesses to old pages, neighbouring ones as
    one; `touches` names a folder for each row in it that changes. `failed` is empty, or the reason
    why there will be no response. `up_bytes` and `down_bytes` are those of its PDUs, `bytes_up` and
    `bytes_down` those it put on the access path. A failed call is never used again.
    """

    __slots__ = (
        "arrived_s",
        "bytes_down",
        "bytes_up",
        "connection",
        "down_bytes",
        "failed",
        "issued_s",
        "kind",
        "on_end",
        "reads",
        "refusal",
        "respond",
        "rops",
        "served_s",
        "touches",
        "transfer",
        "up_bytes",
        "weight",
        "work",
        "writes",
    )

    connection: Connection
    respond: Callable[[Rpc], object]
    issued_s: float

    def __init__(
        self,
        kind: CallType,
        on_end: Callable[[Rpc], object],
        up_bytes: int = 0,
        down_bytes: int = 0,
        work: Callable[[Rpc], None] | None = None,
        rows: int = 0,
        more: Sequence[Rop] = (),
        touches: Sequence[str] = (),
    ) -> None:
        self.kind = kind
        self.on_end = on_end
        self.up_bytes = kind.up_bytes + up_bytes
        self.down_bytes = kind.down_bytes + down_bytes
        self.work = work
        self.rops = len(kind.rops) + len(more)
        self.weight = kind.weight + kind.weight_per_row * rows
        if more:
            self.weight += weight_of(more)
            self.up_bytes += ROP_BYTES * len(more)
            self.down_bytes += ROP_BYTES * len(more)
        self.reads = kind.pages
        self.writes = kind.writes
        self.touches = touches or kind.touches
        self.failed = ""
        self.refusal = ""
        self.bytes_up = self.bytes_down = 0.0
        self.arrived_s = self.served_s = float("nan")
        self.transfer: Transfer | None = None
