"""Figures of traces: each function takes tables and returns a matplotlib Figure."""

from anywhere_sim.figures.attempts import attempts
from anywhere_sim.figures.curves import ages, trade_off
from anywhere_sim.figures.day import day
from anywhere_sim.figures.headline import headline
from anywhere_sim.figures.links import by_threshold, link_use, recorded
from anywhere_sim.figures.load import load
from anywhere_sim.figures.recovery import back_after_s, connected_share, recovery
from anywhere_sim.figures.theory import published, settling, wait_curve

__all__ = [
    "ages", "attempts", "back_after_s", "by_threshold", "connected_share", "day", "headline", "link_use", "load", "published", "recorded", "recovery", "settling", "trade_off", "wait_curve",
]  # fmt: skip
