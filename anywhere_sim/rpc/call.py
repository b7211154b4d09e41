"""One remote procedure call, from issue to completion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import fsum, isnan
from typing import TYPE_CHECKING

from anywhere_sim.des.station import Job
from anywhere_sim.network.tcp_connection import Transfer
from anywhere_sim.rpc.call_types import CallType
from anywhere_sim.rpc.rops import Rop

if TYPE_CHECKING:
    from anywhere_sim.rpc.connection import Connection

NAN = float("nan")


class Rpc(Job):
    """A call: what it carries, what it asks of the server, where it is now, and who waits for it.

    `on_end` is called with it when it is over, well or not. `work` runs at the server when the call
    is served and may set `down_bytes`; `respond` takes the response at the server's door.
    `rops` counts the operations that it carries, those of its kind and `more`; `weight` is their
    relative processor time. `reads` and `writes` count accesses to old pages, neighbouring ones as
    one; `touches` names a folder for each row in it that changes. `failed` is empty, or the reason
    why there will be no response. `up_bytes` and `down_bytes` are those of its PDUs, `bytes_up` and
    `bytes_down` those it put on the access path. A failed call is never used again.

    `operation` is the id of the person's action that waits for it, 0 in the background. The
    instants are those at which it is issued, has come up the line (`reached_s`), is at the store or
    directory (`arrived_s`; `entered_s` once it is no longer parked), has been computed, served, and
    given back to the line (`returned_s`). `cpu_s` is its time on the server's processor,
    `stall_up_s` how long its sender has held it up.
    """

    __slots__ = (
        "arrived_s",
        "bytes_down",
        "bytes_up",
        "computed_s",
        "connection",
        "cpu_s",
        "down_bytes",
        "entered_s",
        "failed",
        "issued_s",
        "kind",
        "more",
        "on_end",
        "operation",
        "reached_s",
        "reads",
        "refusal",
        "respond",
        "returned_s",
        "rops",
        "served_s",
        "stall_up_s",
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
    reached_s: float
    entered_s: float
    returned_s: float
    stall_up_s: float

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
            self.weight += fsum([rop.weight for rop in more])
        self.more = more
        self.reads = kind.pages
        self.writes = kind.writes
        self.touches = touches or kind.touches
        self.failed = ""
        self.refusal = ""
        self.operation = 0
        self.bytes_up = self.bytes_down = self.cpu_s = 0.0
        self.arrived_s = self.computed_s = self.served_s = NAN
        self.transfer: Transfer | None = None

    def parts_s(self) -> dict[str, float]:
        """Return the parts of an answered call's time before it went down the line, in seconds.

        They have the names of columns of `rpcs`. A refused call has been computed by nobody.
        """
        computed_s = self.served_s if isnan(self.computed_s) else self.computed_s
        waited_s = computed_s - self.entered_s - self.cpu_s
        return {
            "stall_up_s": self.stall_up_s,
            "front_end_up_s": self.arrived_s - self.reached_s,
            "queue_s": max(0.0, round(waited_s, 9)),  # without what rounding leaves
            "cpu_s": self.cpu_s,
            "disk_s": self.served_s - computed_s,
            "front_end_down_s": self.returned_s - self.served_s,
        }
