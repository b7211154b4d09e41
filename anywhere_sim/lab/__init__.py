"""What the lessons import: explorers to play with, checks for exercises, small scenes."""

from anywhere_sim.lab.checks import choice, number
from anywhere_sim.lab.people import of

__all__ = ["choice", "number", "of"]
