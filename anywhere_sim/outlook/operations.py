"""Which calls an action of a person is made of, when the server does the work."""

from __future__ import annotations

from typing import Annotated

from anywhere_sim.outlook.rpc_session import RpcRequest
from anywhere_sim.rpc import call_types as kinds
from anywhere_sim.rpc.call_types import BUFFER_BYTES, CHAINED_BYTES, ROW_BYTES
from anywhere_sim.scenario.sources import assumed

ROWS_ON_SCREEN: Annotated[int, assumed("rows fetched to fill a window", 20, 100)] = 50
ITEM_PAGES: Annotated[
    float,
    assumed("pages of an old item besides its body: folder row, properties, recipients", 1, 6),
] = 3.0


def body_down(size_bytes: int, reads: float) -> list[RpcRequest]:
    """Read a body: chained buffers of 96 KB; `reads` are those of the whole body."""
    steps = []
    for begin in range(0, size_bytes, CHAINED_BYTES):
        part = min(CHAINED_BYTES, size_bytes - begin)
        steps.append(RpcRequest(kinds.READ_BODY, down_bytes=part, pages=reads * part / size_bytes))
    return steps


def body_up(size_bytes: int) -> list[RpcRequest]:
    """Write a body: buffers of 32 KB on the connection of the person's own requests."""
    return [
        RpcRequest(kinds.WRITE_BODY, up_bytes=min(BUFFER_BYTES, size_bytes - begin))
        for begin in range(0, size_bytes, BUFFER_BYTES)
    ]


def open_item(size_bytes: int, reads: int) -> list[RpcRequest]:
    """Open a message: its properties, its body, which `reads` bring from disk.

    Without any the server still has it in memory.
    """
    touched = ITEM_PAGES if reads else 0.0
    return [RpcRequest(kinds.OPEN_ITEM, pages=touched), *body_down(size_bytes, reads)]


def mark_read() -> list[RpcRequest]:
    """Set the read flag."""
    return [RpcRequest(kinds.SET_PROPERTIES)]


def view_folder(items: int) -> list[RpcRequest]:
    """Show a folder: the server sorts all its rows and returns the first screen."""
    return [
        RpcRequest(kinds.OPEN_FOLDER),
        RpcRequest(
            kinds.QUERY_ROWS,
            down_bytes=ROW_BYTES * min(items, ROWS_ON_SCREEN),
            rows=items,
            pages=items / ROWS_ON_SCREEN,
        ),
    ]


def search(items: int) -> list[RpcRequest]:
    """Search a folder: the server reads every row."""
    return [
        RpcRequest(
            kinds.SEARCH,
            down_bytes=ROW_BYTES * min(items, ROWS_ON_SCREEN) // 2,
            rows=items,
            pages=items / 10.0,
        )
    ]


def send(size_bytes: int) -> list[RpcRequest]:
    """Create, write and submit a message."""
    return [RpcRequest(kinds.CREATE_ITEM), *body_up(size_bytes), RpcRequest(kinds.SUBMIT)]


def change_item() -> list[RpcRequest]:
    """Change an appointment or a contact: open it, set properties."""
    return [
        RpcRequest(kinds.OPEN_ITEM, pages=ITEM_PAGES),
        RpcRequest(kinds.SET_PROPERTIES, up_bytes=1_000),
    ]


def delete_item() -> list[RpcRequest]:
    """Move an item to Deleted Items."""
    return [RpcRequest(kinds.DELETE_ITEM)]


def move_item() -> list[RpcRequest]:
    """Move an item to another folder."""
    return [RpcRequest(kinds.MOVE_ITEM)]


def look_up() -> list[RpcRequest]:
    """Resolve a name in the directory."""
    return [RpcRequest(kinds.LOOK_UP, service="directory")]
