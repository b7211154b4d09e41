"""The kinds of RPC: message sizes and what each costs the server.

CPU weights are relative and assumed, from half to double. `MEAN_WEIGHT` is the mean weight of the
calls of medium users in cached mode on the LAN, the workload nearest to the one measured, so that
their mean call costs what was measured (calibrated: 2.65 Mcycles, measurements A2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from anywhere_sim.scenario.sources import assumed, calibrated, documented

MEAN_WEIGHT: Annotated[
    float,
    calibrated(
        "measurements A2: 2.65 Mcycles per call of a medium user in cached mode on the LAN",
        0.9,
        1.3,
    ),
] = 1.02
BUFFER_BYTES: Annotated[int, documented("facts 3: one extended buffer")] = 32_768
CHAINED_BYTES: Annotated[int, documented("facts 3: three chained buffers in one answer")] = 98_304
ROW_BYTES: Annotated[int, assumed("one row of a view: subject, sender, date, flags", 100, 400)] = (
    180
)
HEADER_BYTES: Annotated[
    int, assumed("properties of a message in a header synchronisation, beside its body", 300, 1_500)
] = 700
HEADER_BODY_BYTES: Annotated[int, documented("measurements B6: first 256 bytes of the body")] = 256


@dataclass(frozen=True, slots=True)
class CallType:
    """A kind of call: fixed bytes each way (PDU payload), CPU weight, CPU weight per row, old pages
    read, pages written.
    """

    name: str
    up_bytes: int
    down_bytes: int
    mcycles: float
    mcycles_per_row: float = 0.0
    pages: float = 0.0
    writes: float = 0.0


def _kind(
    name: str,
    up: int,
    down: int,
    weight: float,
    per_row: float = 0.0,
    pages: float = 0.0,
    writes: float = 0.0,
) -> CallType:
    return CallType(name, up, down, weight, per_row, pages, writes)


# sizes: real_peers 2.2, 3 where measured (connect, logon, disconnect); the others are assumed,
# range half to double
CONNECT = _kind("connect", 196, 180, 1.0)
LOGON = _kind("logon", 208, 268, 1.5, pages=4)
DISCONNECT = _kind("disconnect", 44, 48, 0.3)
OPEN_FOLDER = _kind("open_folder", 220, 300, 0.6, pages=2)
QUERY_ROWS = _kind("query_rows", 260, 200, 0.8, per_row=0.004, pages=2)
SEARCH = _kind("search", 360, 200, 1.5, per_row=0.006, pages=2)
OPEN_ITEM = _kind("open_item", 240, 900, 0.9)
READ_BODY = _kind("read_body", 220, 160, 0.9)
SET_PROPERTIES = _kind("set_properties", 320, 180, 0.7, pages=1, writes=1)
CREATE_ITEM = _kind("create_item", 520, 220, 1.2, pages=2, writes=3)
WRITE_BODY = _kind("write_body", 220, 160, 0.9, writes=1)
SUBMIT = _kind("submit", 260, 180, 1.5, pages=2, writes=3)
DELETE_ITEM = _kind("delete_item", 240, 180, 0.8, pages=2, writes=2)
MOVE_ITEM = _kind("move_item", 260, 180, 0.9, pages=3, writes=3)
POLL = _kind("poll", 120, 140, 0.2)
ASYNC_WAIT = _kind("async_wait", 100, 120, 0.2)
NOTIFICATION = _kind("notification", 140, 360, 0.5, pages=1)
SYNC_CONFIGURE = _kind("sync_configure", 700, 420, 1.2, pages=3)
SYNC_BUFFER = _kind("sync_buffer", 220, 200, 1.0)
SYNC_STATE = _kind("sync_state", 220, 420, 0.6)
SYNC_OPEN = _kind("sync_open", 700, 300, 1.0, pages=2)
SYNC_UPLOAD = _kind("sync_upload", 420, 240, 1.4, pages=3, writes=4)
LOOK_UP = _kind("look_up", 260, 520, 1.0)
ADDRESS_BOOK = _kind("address_book", 240, 200, 0.5, pages=4)

MEASURED = ("connect", "logon", "disconnect")  # kinds whose sizes were measured
