"""What the lessons import: questions asked in one line, checks for exercises, explorers to play
with.
"""

from anywhere_sim.analysis.user_performance import (
    mean_wait_s,
    message_ages_s,
    recovery_time_s,
    time_to_connect_s,
)
from anywhere_sim.lab.checks import choice, number
from anywhere_sim.lab.comeback import comeback
from anywhere_sim.lab.follow import follow_action, follow_message
from anywhere_sim.lab.links import speed_rules, sync_times_s, threshold_curve, transfer_s, transfers
from anywhere_sim.lab.operations import laws
from anywhere_sim.lab.people import of
from anywhere_sim.lab.questions import cells, hold_off_curve, mail_connected_s, paired
from anywhere_sim.lab.queues import (
    coverage,
    settling_s,
    shared_s,
    simulated_wait,
    wait_curve,
    waits,
)
from anywhere_sim.lab.servers import calls_per_s, first_copies_s, fitting, handshakes, walls

__all__ = [
    "calls_per_s",
    "cells",
    "choice",
    "comeback",
    "coverage",
    "first_copies_s",
    "fitting",
    "follow_action",
    "follow_message",
    "handshakes",
    "hold_off_curve",
    "laws",
    "mail_connected_s",
    "mean_wait_s",
    "message_ages_s",
    "number",
    "of",
    "paired",
    "recovery_time_s",
    "settling_s",
    "shared_s",
    "simulated_wait",
    "speed_rules",
    "sync_times_s",
    "threshold_curve",
    "time_to_connect_s",
    "transfer_s",
    "transfers",
    "wait_curve",
    "waits",
    "walls",
]
