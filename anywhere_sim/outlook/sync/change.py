"""A change made in a copy: it reaches the server once, or is still in the copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from anywhere_sim.exchange.message import Message
from anywhere_sim.traces.words import ChangeKind

NAN = float("nan")


@dataclass(slots=True, eq=False)
class Change:
    """What was changed, when, by which operation; a message in the Outbox is a change too.

    `state` is "taken" when the server has a message and the client does not know it yet.
    """

    change_id: int
    operation_id: int
    kind: ChangeKind
    made_s: float
    message: Message | None = None
    uploaded_s: float = NAN
    sync_id: int = 0
    state: Literal["pending", "taken", "uploaded"] = "pending"
