"""One remote procedure call under way: its own pending event, from issue to completion."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from anywhere_sim.des.station import Job
from anywhere_sim.rpc.call_types import CallType

if TYPE_CHECKING:
    from anywhere_sim.network.link import Flow
    from anywhere_sim.network.segmentation import WireSize
    from anywhere_sim.rpc.connection import Connection


class Rpc(Job):
    """A call: what it carries, what it asks of the server, where it is now, and who waits for it.

    `failed` is empty, or the reason why there will be no answer. `work` runs at the server when the call is served
    and may set `down_bytes`; `reads` counts reads of old pages, neighbouring ones as one; `answer` takes the answer at the server's door.
    `entered_s`, `wire_size` and `sent_before` (segments on the connection before it) are those of the message on the line. A failed call is never used again.
    """

    __slots__ = (
        "answer",
        "arrived_s",
        "bytes_down",
        "bytes_up",
        "connection",
        "delay_s",
        "down_bytes",
        "entered_s",
        "failed",
        "flow",
        "hops",
        "issued_s",
        "kind",
        "mcycles",
        "reads",
        "refusal",
        "sent_before",
        "served_s",
        "then",
        "up_bytes",
        "wire_size",
        "work",
    )  # fmt: skip

    connection: Connection
    answer: Callable[[Rpc], object]
    issued_s: float
    entered_s: float
    wire_size: WireSize
    sent_before: int

    def __init__(
        self,
        kind: CallType,
        then: Callable[[Rpc], object],
        up_bytes: int = 0,
        down_bytes: int = 0,
        work: Callable[[Rpc], None] | None = None,
        rows: int = 0,
    ) -> None:
        self.kind = kind
        self.then = then
        self.up_bytes = kind.up_bytes + up_bytes
        self.down_bytes = kind.down_bytes + down_bytes
        self.work = work
        self.mcycles = kind.mcycles + kind.mcycles_per_row * rows
        self.reads = kind.pages
        self.failed = ""
        self.refusal = ""
        self.hops = 0
        self.delay_s = 0.0
        self.bytes_up = self.bytes_down = 0.0
        self.arrived_s = self.served_s = float("nan")
        self.flow: Flow | None = None
