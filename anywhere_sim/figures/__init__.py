"""Figures of traces: each function takes tables and returns a matplotlib Figure."""

from anywhere_sim.figures.attempts import attempts
from anywhere_sim.figures.beside_logs import beside_logs
from anywhere_sim.figures.capacity import capacity
from anywhere_sim.figures.day import ages, day, journey, trade_off
from anywhere_sim.figures.load import by_threshold, link_use, load, recorded
from anywhere_sim.figures.overview import overview, run_overview
from anywhere_sim.figures.recovery import recovery, retry_storm, tries
from anywhere_sim.figures.study import curves, headline, tornado
from anywhere_sim.figures.validation import (
    predicted_against_measured,
    published,
    settling,
    wait_curve,
)

__all__ = [
    "ages",
    "attempts",
    "beside_logs",
    "by_threshold",
    "capacity",
    "curves",
    "day",
    "headline",
    "journey",
    "link_use",
    "load",
    "overview",
    "predicted_against_measured",
    "published",
    "recorded",
    "recovery",
    "retry_storm",
    "run_overview",
    "settling",
    "tornado",
    "trade_off",
    "tries",
    "wait_curve",
]
