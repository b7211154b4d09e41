"""What the lessons import: questions asked in one line, checks for exercises, explorers to play with."""

from anywhere_sim.analysis.felt import ages_s, first_connected_s, waited_s
from anywhere_sim.lab.checks import choice, number
from anywhere_sim.lab.display import show_figures
from anywhere_sim.lab.people import of
from anywhere_sim.lab.questions import hold_off_curve, mail_connected_s, paired

__all__ = ["ages_s", "choice", "first_connected_s", "hold_off_curve", "mail_connected_s", "number", "of", "paired", "waited_s"]

show_figures()
