"""What a person wants from Outlook, and how it went."""

from __future__ import annotations

from dataclasses import dataclass

from anywhere_sim.exchange.message import Delivery, Message
from anywhere_sim.traces.words import OperationKind, OperationOutcome, ServedBy


@dataclass(slots=True)
class Action:
    """What the person does: its kind, the message it is about if any, and the id of its row.

    `arrangement` names the order in which the Inbox is looked at, "" for the usual one. `elsewhere`
    and `screens` say whether an old item lies in another folder and how far the person scrolls;
    `next_bytes` is the body that the reading pane shows after a delete or move, 0 for none.
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


@dataclass(slots=True)
class Result:
    """How an action went.

    Who served it, how many calls, operations and IP bytes the person waited for, and how it ended.
    """

    served_by: ServedBy
    outcome: OperationOutcome = "done"
    rpcs: int = 0
    rops: int = 0
    bytes: float = 0.0
    connection_id: int = 0
