"""Explorers: thin widgets on pure functions that return figures."""

from anywhere_sim.lab.controls.connection import connection_explorer, connection_figure
from anywhere_sim.lab.controls.day import day_explorer, day_figure
from anywhere_sim.lab.controls.load import load_explorer, load_figure
from anywhere_sim.lab.controls.storm import storm_explorer, storm_figure

__all__ = [
    "connection_explorer",
    "connection_figure",
    "day_explorer",
    "day_figure",
    "load_explorer",
    "load_figure",
    "storm_explorer",
    "storm_figure",
]
