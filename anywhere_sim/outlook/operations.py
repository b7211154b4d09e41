"""Which calls an action of a person is made of, when the server does the work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from anywhere_sim.outlook.rpc_session import RpcRequest
from anywhere_sim.rpc import call_types as kinds
from anywhere_sim.rpc.call_types import BUFFER_BYTES, CHAINED_BYTES, ROW_BYTES
from anywhere_sim.scenario.sourced import assumed

if TYPE_CHECKING:
    from anywhere_sim.exchange.message import Delivery
    from anywhere_sim.exchange.store import Store

ROWS_ON_SCREEN: Annotated[int, assumed("rows fetched to fill a window", 20, 100)] = 50
ITEM_PAGES: Annotated[float, assumed("pages of an old item beside its body: folder row, properties, recipients", 1, 6)] = 3.0
FRESH_S: Annotated[float, assumed("what was delivered less than this ago is still in the database cache", 300, 7_200)] = 1800.0


def still_cached(store: Store, delivery: Delivery) -> bool:
    """Whether a message is still in the store's database cache: delivered not long ago, and the store has not been away since."""
    return delivery.store_epoch == store.epoch and store.env.now - delivery.delivered_s < FRESH_S


def reads_of(size_bytes: int, io_kb: int) -> int:
    """Return how many reads bring a body whose pages are neighbours: each brings `io_kb` at the most."""
    return -(-size_bytes // (io_kb * 1024))


def body_down(size_bytes: int, reads: float) -> list[RpcRequest]:
    """Read a body: chained buffers of 96 KB; `reads` are those of the whole body."""
    steps = []
    for begin in range(0, size_bytes, CHAINED_BYTES):
        part = min(CHAINED_BYTES, size_bytes - begin)
        steps.append(RpcRequest(kinds.READ_BODY, down_bytes=part, pages=reads * part / size_bytes))
    return steps


def body_up(size_bytes: int) -> list[RpcRequest]:
    """Write a body: buffers of 32 KB on the connection of the person's own requests."""
    return [RpcRequest(kinds.WRITE_BODY, up_bytes=min(BUFFER_BYTES, size_bytes - begin)) for begin in range(0, size_bytes, BUFFER_BYTES)]


def open_item(size_bytes: int, io_kb: int, *, fresh: bool) -> list[RpcRequest]:
    """Open a message: its properties, its body; old ones must be read from disk."""
    touched = 0.0 if fresh else ITEM_PAGES
    return [RpcRequest(kinds.OPEN_ITEM, pages=touched), *body_down(size_bytes, 0.0 if fresh else reads_of(size_bytes, io_kb))]


def mark_read() -> list[RpcRequest]:
    """Set the read flag."""
    return [RpcRequest(kinds.SET_PROPERTIES)]


def view_folder(items: int) -> list[RpcRequest]:
    """Show a folder: the server sorts all its rows and returns the first screen."""
    return [
        RpcRequest(kinds.OPEN_FOLDER),
        RpcRequest(kinds.QUERY_ROWS, down_bytes=ROW_BYTES * min(items, ROWS_ON_SCREEN), rows=items, pages=items / ROWS_ON_SCREEN),
    ]


def search(items: int) -> list[RpcRequest]:
    """Search a folder: the server reads every row."""
    return [RpcRequest(kinds.SEARCH, down_bytes=ROW_BYTES * min(items, ROWS_ON_SCREEN) // 2, rows=items, pages=items / 10.0)]


def send(size_bytes: int) -> list[RpcRequest]:
    """Create, write and submit a message."""
    return [RpcRequest(kinds.CREATE_ITEM), *body_up(size_bytes), RpcRequest(kinds.SUBMIT)]


def change_item() -> list[RpcRequest]:
    """Change an appointment or a contact: open it, set properties."""
    return [RpcRequest(kinds.OPEN_ITEM, pages=ITEM_PAGES), RpcRequest(kinds.SET_PROPERTIES, up_bytes=1_000)]


def delete_item() -> list[RpcRequest]:
    """Move an item to Deleted Items."""
    return [RpcRequest(kinds.DELETE_ITEM)]


def move_item() -> list[RpcRequest]:
    """Move an item to another folder."""
    return [RpcRequest(kinds.MOVE_ITEM)]


def look_up() -> list[RpcRequest]:
    """Resolve a name in the directory."""
    return [RpcRequest(kinds.LOOK_UP, service="directory")]
