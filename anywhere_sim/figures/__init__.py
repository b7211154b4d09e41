"""Figures of traces: each function takes tables and returns a matplotlib Figure."""

from anywhere_sim.figures.attempts import attempts
from anywhere_sim.figures.comeback import comeback
from anywhere_sim.figures.curves import ages, journey, trade_off
from anywhere_sim.figures.day import day
from anywhere_sim.figures.headline import headline
from anywhere_sim.figures.links import by_threshold, link_use, recorded
from anywhere_sim.figures.load import load
from anywhere_sim.figures.network import predicted_against_measured
from anywhere_sim.figures.recovery import recovery, tries
from anywhere_sim.figures.theory import published, settling, wait_curve
from anywhere_sim.figures.tornado import tornado

__all__ = [
    "ages",
    "attempts",
    "by_threshold",
    "comeback",
    "day",
    "headline",
    "journey",
    "link_use",
    "load",
    "predicted_against_measured",
    "published",
    "recorded",
    "recovery",
    "settling",
    "tornado",
    "trade_off",
    "tries",
    "wait_curve",
]
