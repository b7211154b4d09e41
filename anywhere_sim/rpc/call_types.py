"""The kinds of RPC: the operations that each carries, message sizes, pages touched.

Sizes are those of the PDU payload, without rows, bodies and states, which come on top.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import Annotated, Final

from anywhere_sim.rpc import rops
from anywhere_sim.rpc.rops import STATE_PROPERTY, Rop
from anywhere_sim.scenario.server import PACKET_WEIGHT
from anywhere_sim.scenario.sources import documented

BUFFER_BYTES: Annotated[int, documented("facts 3: one extended buffer")] = 32_768
CHAINED_BYTES: Annotated[int, documented("facts 3: three chained buffers in one answer")] = 98_304
HEADER_BODY_BYTES: Annotated[int, documented("measurements B6: first 256 bytes of the body")] = 256


@dataclass(frozen=True, slots=True)
class CallType:
    """A kind of call: fixed bytes each way, the operations it always carries, old pages read, pages
    written, relative processor time per row that it looks at, and the folders in which it changes
    a row (`touches`).
    """

    name: str
    up_bytes: int
    down_bytes: int
    rops: tuple[Rop, ...] = ()
    weight: float = 0.0
    weight_per_row: float = 0.0
    pages: float = 0.0
    writes: float = 0.0
    touches: tuple[str, ...] = ()


def _kind(
    name: str,
    up: int,
    down: int,
    *carried: Rop,
    per_row: float = 0.0,
    pages: float = 0.0,
    writes: float = 0.0,
    touches: tuple[str, ...] = (),
) -> CallType:
    weight = PACKET_WEIGHT + fsum([rop.weight for rop in carried])
    return CallType(name, up, down, carried, weight, per_row, pages, writes, touches)


# sizes: real_peers 2.2, 3 where measured (connect, logon, disconnect); the others are assumed,
# range half to double
CONNECT = _kind("connect", 196, 180)
LOGON = _kind("logon", 208, 268, rops.LOGON, pages=4)
DISCONNECT = _kind("disconnect", 44, 48)
START = _kind(
    "start",
    240,
    900,
    rops.OPEN_FOLDER,
    rops.GET_PROPERTIES,
    rops.GET_PROPERTY_IDS,
    rops.RELEASE,
    pages=1,
)
HIERARCHY = _kind(
    "hierarchy",
    240,
    300,
    rops.OPEN_FOLDER,
    rops.GET_HIERARCHY_TABLE,
    rops.SET_COLUMNS,
    rops.QUERY_ROWS,
    rops.REGISTER_NOTIFICATION,
    pages=4,
)
BACKGROUND = _kind("background", 180, 260, pages=1)

# a table of messages: opened once, watched from then on (MS-OXCNOTIF 3.1.4)
OPEN_FOLDER = _kind(
    "open_folder", 220, 300, rops.OPEN_FOLDER, rops.GET_PROPERTIES, rops.RELEASE, pages=1
)
VIEW_DEFINITION = _kind(
    "view_definition",
    260,
    900,
    rops.GET_CONTENTS_TABLE,
    rops.SET_COLUMNS,
    rops.FIND_ROW,
    rops.RELEASE,
    pages=2,
)
OPEN_TABLE = _kind(
    "open_table",
    260,
    200,
    rops.GET_CONTENTS_TABLE,
    rops.SET_COLUMNS,
    rops.SORT_TABLE,
    rops.QUERY_POSITION,
)
QUERY_ROWS = _kind("query_rows", 120, 200, rops.SEEK_ROW, rops.QUERY_ROWS, per_row=0.004)
SEARCH = _kind(
    "search", 360, 200, rops.OPEN_FOLDER, rops.SET_SEARCH_CRITERIA, per_row=0.006, pages=2, writes=2
)
SEARCH_STATUS = _kind("search_status", 120, 160, rops.GET_SEARCH_CRITERIA, rops.QUERY_POSITION)

# a message
OPEN_ITEM = _kind(
    "open_item", 200, 900, rops.OPEN_MESSAGE, rops.GET_PROPERTIES, rops.GET_MESSAGE_STATUS
)
READ_BODY = _kind("read_body", 180, 160, rops.OPEN_STREAM, rops.READ_STREAM, rops.RELEASE)
READ_PROPERTIES = _kind("read_properties", 160, 500)
OPEN_ATTACHMENT = _kind(
    "open_attachment",
    260,
    400,
    rops.OPEN_ATTACHMENT,
    rops.GET_PROPERTIES,
    rops.OPEN_STREAM,
    rops.READ_STREAM,
    pages=1,
)
SET_READ_FLAG = _kind(
    "set_read_flag", 150, 100, rops.SET_READ_FLAG, rops.GET_PROPERTIES, touches=("inbox",)
)
SET_PROPERTIES = _kind("set_properties", 320, 180)
SAVE_ITEM = _kind(
    "save_item", 240, 180, rops.SET_PROPERTIES, rops.SAVE_CHANGES, touches=("calendar",)
)
CREATE_ITEM = _kind(
    "create_item",
    520,
    220,
    rops.CREATE_MESSAGE,
    rops.SET_PROPERTIES,
    rops.MODIFY_RECIPIENTS,
    pages=1,
)
WRITE_BODY = _kind("write_body", 180, 120, rops.OPEN_STREAM, rops.WRITE_STREAM, rops.COMMIT_STREAM)
SUBMIT = _kind(
    "submit", 260, 180, rops.SAVE_CHANGES, rops.SUBMIT_MESSAGE, writes=3, touches=("outbox", "sent")
)
DELETE_ITEM = _kind(
    "delete_item",
    200,
    120,
    rops.OPEN_FOLDER,
    rops.MOVE_COPY_MESSAGES,
    rops.RELEASE,
    touches=("inbox", "deleted"),
)
MOVE_ITEM = _kind(
    "move_item",
    200,
    120,
    rops.OPEN_FOLDER,
    rops.MOVE_COPY_MESSAGES,
    rops.RELEASE,
    touches=("inbox", "other"),
)
FREE_BUSY = _kind(
    "free_busy",
    900,
    240,
    rops.OPEN_FOLDER,
    rops.OPEN_MESSAGE,
    rops.SET_PROPERTIES,
    rops.SAVE_CHANGES,
    pages=2,
    writes=2,
)

# hearing of changes: neither a poll nor a wait carries an operation (MS-OXCRPC 3.1.4.2)
POLL = _kind("poll", 120, 140)
ASYNC_WAIT: Final = _kind("async_wait", 100, 120)
NOTIFICATION = _kind("notification", 120, 320, rops.NOTIFY, pages=1)

# synchronisation (MS-OXCFXICS): four properties of state go up for a download of contents, three
# for an upload, two for the hierarchy; the final state of a download comes inside its stream
SYNC_CONFIGURE = _kind(
    "sync_configure",
    700,
    260,
    rops.OPEN_FOLDER,
    rops.SYNC_CONFIGURE,
    *(4 * STATE_PROPERTY),
    pages=3,
)
SYNC_HIERARCHY = _kind(
    "sync_hierarchy",
    500,
    200,
    rops.OPEN_FOLDER,
    rops.SYNC_CONFIGURE,
    *(2 * STATE_PROPERTY),
    pages=3,
)
SYNC_BUFFER = _kind("sync_buffer", 120, 160, rops.GET_BUFFER)
SYNC_IMPORT = _kind(
    "sync_import", 620, 260, rops.OPEN_FOLDER, rops.OPEN_COLLECTOR, *(3 * STATE_PROPERTY), pages=2
)
SYNC_CHANGES = _kind("sync_changes", 120, 120)
SYNC_STATE = _kind(
    "sync_state",
    160,
    200,
    rops.GET_TRANSFER_STATE,
    rops.GET_BUFFER,
    rops.RELEASE,
    rops.RELEASE,
    rops.RELEASE,
)

# the directory (MS-OXNSPI); the offline address book is a file in public folders
LOOK_UP = _kind("look_up", 260, 520, rops.NSPI_RESOLVE_NAMES)
ADDRESS_BOOK = _kind("address_book", 240, 200, rops.OPEN_STREAM, rops.READ_STREAM, pages=4)

MEASURED: Final = ("connect", "logon", "disconnect")  # kinds whose sizes were measured
_OF_SYNC = (SYNC_CONFIGURE, SYNC_HIERARCHY, SYNC_BUFFER, SYNC_IMPORT, SYNC_CHANGES, SYNC_STATE)
SYNCHRONISING: Final = frozenset(kind.name for kind in _OF_SYNC)
