"""What a person wants from Outlook, and how it went."""

from __future__ import annotations

from dataclasses import dataclass

from anywhere_sim.exchange.message import Delivery, Message


@dataclass(slots=True)
class Action:
    """A thing the person does: its kind, the message it is about if it is about one, and the id of its row."""

    kind: str
    delivery: Delivery | None = None
    message: Message | None = None
    size_bytes: int = 0
    operation: int = 0


@dataclass(slots=True)
class Result:
    """How an action went: who served it, how many calls and IP bytes the person waited for, how it ended."""

    served_by: str
    outcome: str = "done"
    rpcs: int = 0
    bytes: float = 0.0
    connection: int = 0
