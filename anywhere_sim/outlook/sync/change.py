"""A change made in a copy: it reaches the server once, or is still in the copy."""

from __future__ import annotations

from dataclasses import dataclass

from anywhere_sim.exchange.message import Message

NAN = float("nan")


@dataclass(slots=True, eq=False)
class Change:
    """What was changed, when, by which operation; a message in the Outbox is a change too."""

    change: int
    operation: int
    kind: str
    made_s: float
    message: Message | None = None
    uploaded_s: float = NAN
    sync: int = 0
    state: str = "pending"
