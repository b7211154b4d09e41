"""Which calls an action of a person is made of, when the server does the work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from anywhere_sim.model import rpc_kinds as kinds
from anywhere_sim.model.ask import Step
from anywhere_sim.model.rpc_kinds import BUFFER_BYTES, CHAINED_BYTES, ROW_BYTES
from anywhere_sim.scenario.sourced import assumed

if TYPE_CHECKING:
    from anywhere_sim.model.mail.message import Delivery
    from anywhere_sim.model.servers.store import Store

ROWS_ON_SCREEN: Annotated[int, assumed("rows fetched to fill a window", 20, 100)] = 50
ITEM_PAGES: Annotated[float, assumed("pages of an old item beside its body: folder row, properties, recipients", 1, 6)] = 3.0
FRESH_S: Annotated[float, assumed("what was delivered less than this ago is still in the database cache", 300, 7_200)] = 1800.0


def still_cached(store: Store, delivery: Delivery) -> bool:
    """Whether a message is still in the store's database cache: delivered not long ago, and the store has not been away since."""
    return delivery.store_epoch == store.epoch and store.clock.now - delivery.delivered_s < FRESH_S


def reads_of(size_bytes: int, io_kb: int) -> int:
    """Return how many reads bring a body whose pages are neighbours: each brings `io_kb` at the most."""
    return -(-size_bytes // (io_kb * 1024))


def body_down(size_bytes: int, reads: float) -> list[Step]:
    """Read a body: chained buffers of 96 KB; `reads` are those of the whole body."""
    steps = []
    for begin in range(0, size_bytes, CHAINED_BYTES):
        part = min(CHAINED_BYTES, size_bytes - begin)
        steps.append(Step(kinds.READ_BODY, down_bytes=part, pages=reads * part / size_bytes))
    return steps


def body_up(size_bytes: int) -> list[Step]:
    """Write a body: buffers of 32 KB on the connection of the person's own requests."""
    return [Step(kinds.WRITE_BODY, up_bytes=min(BUFFER_BYTES, size_bytes - begin)) for begin in range(0, size_bytes, BUFFER_BYTES)]


def open_item(size_bytes: int, io_kb: int, *, fresh: bool) -> list[Step]:
    """Open a message: its properties, its body; old ones must be read from disk."""
    touched = 0.0 if fresh else ITEM_PAGES
    return [Step(kinds.OPEN_ITEM, pages=touched), *body_down(size_bytes, 0.0 if fresh else reads_of(size_bytes, io_kb))]


def mark_read() -> list[Step]:
    """Set the read flag."""
    return [Step(kinds.SET_PROPERTIES)]


def view_folder(items: int) -> list[Step]:
    """Show a folder: the server sorts all its rows and returns the first screen."""
    return [
        Step(kinds.OPEN_FOLDER),
        Step(kinds.QUERY_ROWS, down_bytes=ROW_BYTES * min(items, ROWS_ON_SCREEN), rows=items, pages=items / ROWS_ON_SCREEN),
    ]


def search(items: int) -> list[Step]:
    """Search a folder: the server reads every row."""
    return [Step(kinds.SEARCH, down_bytes=ROW_BYTES * min(items, ROWS_ON_SCREEN) // 2, rows=items, pages=items / 10.0)]


def send(size_bytes: int) -> list[Step]:
    """Create, write and submit a message."""
    return [Step(kinds.CREATE_ITEM), *body_up(size_bytes), Step(kinds.SUBMIT)]


def change_item() -> list[Step]:
    """Change an appointment or a contact: open it, set properties."""
    return [Step(kinds.OPEN_ITEM, pages=ITEM_PAGES), Step(kinds.SET_PROPERTIES, up_bytes=1_000)]


def delete_item() -> list[Step]:
    """Move an item to Deleted Items."""
    return [Step(kinds.DELETE_ITEM)]


def move_item() -> list[Step]:
    """Move an item to another folder."""
    return [Step(kinds.MOVE_ITEM)]


def look_up() -> list[Step]:
    """Resolve a name in the directory."""
    return [Step(kinds.LOOK_UP, service="directory")]
