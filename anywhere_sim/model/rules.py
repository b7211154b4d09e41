"""The rules a scenario chooses by name, and the order of the paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from anywhere_sim.model.backoff import Backoff
from anywhere_sim.model.path import PathOrder, SpeedRule


@dataclass(frozen=True, slots=True)
class Rules:
    """What a client may follow: back-offs and speed rules by name, and one order of the paths."""

    backoffs: Mapping[str, Backoff]
    speed_rules: Mapping[str, SpeedRule]
    path_order: PathOrder
