"""What a person does, which calls it is made of when the server does the work, and how it went.

Each function returns the calls in order. What the protocol asks for is fixed; how often a client
comes back for further properties is the group's `Requests` (server_load 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from anywhere_sim.exchange.mailbox import Delivery, Message
from anywhere_sim.outlook.rpc_session import RpcRequest
from anywhere_sim.rpc import call_types as kinds
from anywhere_sim.rpc import rops
from anywhere_sim.rpc.call_types import BUFFER_BYTES, CHAINED_BYTES, CallType
from anywhere_sim.rpc.rops import Rop
from anywhere_sim.scenario.requests import Requests
from anywhere_sim.traces.words import OperationKind, OperationOutcome, ServedBy


@dataclass(slots=True, init=False)  # compiled, only a constructor that is written out is
class Action:
    """What the person does: its kind, the message it is about if any, and the id of its row.

    `arrangement` names the order in which the Inbox is looked at, "" for the usual one. `elsewhere`
    and `screens` say whether an old item lies in another folder and how far the person scrolls;
    `next_bytes` is the body that the reading pane shows after a delete or move, 0 for none.

    >>> read = aw.Action("read", size_bytes=20_000)  # a mode's `perform` is given one
    >>> read.kind, read.message is None
    ('read', True)
    """

    kind: OperationKind
    delivery: Delivery | None = None
    message: Message | None = None
    size_bytes: int = 0
    operation_id: int = 0
    arrangement: str = ""
    elsewhere: bool = False
    screens: int = 0
    next_bytes: int = 0

    def __init__(
        self, kind: OperationKind, delivery: Delivery | None = None, message: Message | None = None,
        size_bytes: int = 0, operation_id: int = 0, arrangement: str = "", elsewhere: bool = False,
        screens: int = 0, next_bytes: int = 0,
    ) -> None:  # fmt: skip
        self.kind = kind
        self.delivery = delivery
        self.message = message
        self.size_bytes = size_bytes
        self.operation_id = operation_id
        self.arrangement = arrangement
        self.elsewhere = elsewhere
        self.screens = screens
        self.next_bytes = next_bytes


@dataclass(slots=True, init=False)
class Result:
    """How an action went.

    Who served it, how many calls, operations and IP bytes the person waited for, and how it ended.

    >>> aw.Result("copy")  # what a mode's `perform` returns
    Result(served_by='copy', outcome='done', rpcs=0, rops=0, bytes=0.0, connection_id=0)
    """

    served_by: ServedBy
    outcome: OperationOutcome = "done"
    rpcs: int = 0
    rops: int = 0
    bytes: float = 0.0
    connection_id: int = 0

    def __init__(
        self, served_by: ServedBy, outcome: OperationOutcome = "done", rpcs: int = 0, rops: int = 0,
        bytes: float = 0.0, connection_id: int = 0,  # noqa: A002 (a column of `operations`)
    ) -> None:  # fmt: skip
        self.served_by = served_by
        self.outcome = outcome
        self.rpcs = rpcs
        self.rops = rops
        self.bytes = bytes
        self.connection_id = connection_id


@cache
def _reads(count: int) -> tuple[Rop, ...]:
    return (rops.GET_PROPERTIES,) * count


@cache
def _sets(count: int) -> tuple[Rop, ...]:
    return (rops.SET_PROPERTIES,) * (count - count // 2) + (rops.GET_PROPERTIES,) * (count // 2)


def read_properties(requests: Requests, calls: int) -> list[RpcRequest]:
    """Read further properties of what is open."""
    more = _reads(requests.property_rops)
    return [RpcRequest(kinds.READ_PROPERTIES, more=more) for _ in range(calls)]


def set_properties(requests: Requests, calls: int) -> list[RpcRequest]:
    """Set and read further properties of what is being written."""
    more = _sets(requests.property_rops)
    return [RpcRequest(kinds.SET_PROPERTIES, more=more) for _ in range(calls)]


def body_down(size_bytes: int, reads: float, first: CallType = kinds.READ_BODY) -> list[RpcRequest]:
    """Read a body: chained buffers of 96 KB; `reads` are those of the whole body."""
    steps = []
    for begin in range(0, max(size_bytes, 1), CHAINED_BYTES):
        part = min(CHAINED_BYTES, size_bytes - begin)
        share = part / size_bytes if size_bytes else 1.0
        kind = first if begin == 0 else kinds.READ_BODY
        steps.append(RpcRequest(kind, down_bytes=part, pages=reads * share))
    return steps


def body_up(size_bytes: int, buffer_bytes: int = BUFFER_BYTES) -> list[RpcRequest]:
    """Write a body: buffers of 32 KB on the connection of the person's own requests."""
    return [
        RpcRequest(kinds.WRITE_BODY, up_bytes=min(buffer_bytes, size_bytes - begin))
        for begin in range(0, size_bytes, buffer_bytes)
    ]


def preview(requests: Requests, body_bytes: int, reads: int) -> list[RpcRequest]:
    """Show a message in the reading pane: its properties and its body, which `reads` bring from
    disk; without any the server still has it in memory.
    """
    touched = requests.item_pages if reads else 0.0
    return [
        RpcRequest(kinds.OPEN_ITEM, pages=touched),
        *read_properties(requests, requests.preview_property_calls),
        *body_down(body_bytes, reads),
    ]


def open_window(requests: Requests, body_bytes: int) -> list[RpcRequest]:
    """Open in a window what has just been in the reading pane: fetched again, in memory there."""
    return [
        RpcRequest(kinds.OPEN_ITEM),
        *read_properties(requests, requests.window_property_calls),
        *body_down(body_bytes, 0.0),
    ]


def open_attachment(size_bytes: int, reads: int) -> list[RpcRequest]:
    """Open an attachment of an open message."""
    return body_down(size_bytes, reads, kinds.OPEN_ATTACHMENT)


def mark_read() -> list[RpcRequest]:
    """Set the read flag."""
    return [RpcRequest(kinds.SET_READ_FLAG)]


def switch_folder(requests: Requests, items: int, built_rows: int = 0) -> list[RpcRequest]:
    """Show another folder: open it, read its view, open its table, read the first screen.

    `built_rows` rows are read for an index that does not exist yet.
    """
    return [
        RpcRequest(kinds.OPEN_FOLDER),
        *[RpcRequest(kinds.VIEW_DEFINITION) for _ in range(requests.view_definition_calls)],
        *open_table(requests, items, built_rows),
    ]


def open_table(requests: Requests, items: int, built_rows: int) -> list[RpcRequest]:
    """Open a table in an order, watch it, and read its first screen."""
    table = RpcRequest(
        kinds.OPEN_TABLE, rows=built_rows, pages=built_rows / requests.rows_per_page, more=WATCH
    )
    return [table, screen(requests, items)]


WATCH = (rops.REGISTER_NOTIFICATION,)


def screen(requests: Requests, items: int) -> RpcRequest:
    """Read the next screen of an open table."""
    return rows(requests, min(items, requests.rows_per_query))


def rows(requests: Requests, count: int) -> RpcRequest:
    """Read rows of an open table, a screen at the most: what has changed, what was found."""
    return RpcRequest(
        kinds.QUERY_ROWS, down_bytes=requests.row_bytes * count, rows=count,
        pages=count / requests.rows_per_page,
    )  # fmt: skip


def search(requests: Requests, items: int) -> list[RpcRequest]:
    """Search a folder: the server reads every row, the client asks how far it is."""
    found = min(items, requests.rows_per_query) // 2
    return [
        RpcRequest(kinds.SEARCH, rows=items, pages=items / requests.rows_per_page),
        *[RpcRequest(kinds.SEARCH_STATUS) for _ in range(requests.search_polls)],
        rows(requests, found),
    ]


def send(requests: Requests, size_bytes: int, *, answer: bool) -> list[RpcRequest]:
    """Create, write and submit a message; an answer reads and marks what it answers."""
    mark = RpcRequest(kinds.SAVE_ITEM, touches=("inbox",))
    original = [RpcRequest(kinds.OPEN_ITEM), mark] if answer else []
    calls = requests.reply_property_calls if answer else requests.compose_property_calls
    return [
        RpcRequest(kinds.CREATE_ITEM),
        *set_properties(requests, calls),
        *body_up(size_bytes),
        *original,
        RpcRequest(kinds.SUBMIT),
    ]


def change_item(requests: Requests) -> list[RpcRequest]:
    """Change an appointment or a contact: open it, set properties, save it."""
    return [
        RpcRequest(kinds.OPEN_ITEM, pages=requests.item_pages),
        *set_properties(requests, requests.calendar_property_calls),
        RpcRequest(kinds.SAVE_ITEM, up_bytes=1_000),
    ]


def delete_item() -> list[RpcRequest]:
    """Move an item to Deleted Items; the folder's table tells of it."""
    return [RpcRequest(kinds.DELETE_ITEM), RpcRequest(kinds.NOTIFICATION)]


def move_item() -> list[RpcRequest]:
    """Move an item to another folder; the folder's table tells of it."""
    return [RpcRequest(kinds.MOVE_ITEM), RpcRequest(kinds.NOTIFICATION)]


def new_mail(requests: Requests, count: int) -> list[RpcRequest]:
    """Hear of new mail: the notice, the changed rows, the alert."""
    return [
        RpcRequest(kinds.NOTIFICATION),
        *read_properties(requests, requests.alert_calls),
        rows(requests, max(1, min(count, requests.rows_per_query))),
    ]


def free_busy(requests: Requests) -> list[RpcRequest]:
    """Publish free and busy times in the public folder."""
    return [RpcRequest(kinds.FREE_BUSY, service="public") for _ in range(requests.free_busy_calls)]


def start(requests: Requests) -> list[RpcRequest]:
    """What a start of Outlook asks besides the connections' own logons."""
    logons = [RpcRequest(kinds.LOGON) for _ in range(requests.start_logons)]
    calls = [RpcRequest(kinds.START) for _ in range(requests.start_calls)]
    return [*logons, RpcRequest(kinds.HIERARCHY), *calls]


def background(requests: Requests) -> RpcRequest:
    """A call that nothing in the model explains."""
    return RpcRequest(kinds.BACKGROUND, more=_reads(requests.property_rops))


def look_up() -> list[RpcRequest]:
    """Resolve a name in the directory."""
    return [RpcRequest(kinds.LOOK_UP, service="directory")]
