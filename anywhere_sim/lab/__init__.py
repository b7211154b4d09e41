"""What the lessons import: questions asked in one line, small experiments, checks for exercises.

The explorers are in `anywhere_sim.lab.controls`, which needs the extra `lab`.
"""

from anywhere_sim.analysis.user_performance import (
    mean_wait_s,
    message_ages_s,
    recovery_time_s,
    time_to_connect_s,
)
from anywhere_sim.lab.calls import calls_of, calls_of_sync, calls_per_person
from anywhere_sim.lab.captures import packets_by_port, wireshark_lines, write_packets
from anywhere_sim.lab.exercises import check_choice, check_number
from anywhere_sim.lab.links import (
    behind_an_upload_s,
    compare_speed_rules,
    sync_times_s,
    threshold_curve,
    transfer_s,
    transfer_times,
)
from anywhere_sim.lab.progress import sheet, student
from anywhere_sim.lab.questions import (
    as_noticed,
    cell_means,
    clock,
    difference,
    follow_action,
    follow_message,
    hold_off_curve,
    in_reach,
    mail_connected_s,
    rows_of,
    waits_by_place,
)
from anywhere_sim.lab.queues import (
    interval_coverage,
    mmc_waits_s,
    retry_storm,
    simulated_sharing_s,
    simulated_wait,
    wait_curve,
    waits_from_empty_s,
)
from anywhere_sim.lab.servers import (
    calls_per_s,
    first_sync_ends_s,
    operational_laws,
    operations_per_s,
    tls_handshakes,
    users_per_core,
    users_per_front_end,
)
from anywhere_sim.network import link_trace
from anywhere_sim.network.tcp_model import STACKS
from anywhere_sim.packets import export_captures
from anywhere_sim.report.capacity import sentence as capacity_in_words
from anywhere_sim.report.sensitivity import tornado_table
from anywhere_sim.report.text import sentences
from anywhere_sim.validation import Mix, drive

__all__ = [
    "STACKS",
    "Mix",
    "as_noticed",
    "behind_an_upload_s",
    "calls_of",
    "calls_of_sync",
    "calls_per_person",
    "calls_per_s",
    "capacity_in_words",
    "cell_means",
    "check_choice",
    "check_number",
    "clock",
    "compare_speed_rules",
    "difference",
    "drive",
    "export_captures",
    "first_sync_ends_s",
    "follow_action",
    "follow_message",
    "hold_off_curve",
    "in_reach",
    "interval_coverage",
    "link_trace",
    "mail_connected_s",
    "mean_wait_s",
    "message_ages_s",
    "mmc_waits_s",
    "operational_laws",
    "operations_per_s",
    "packets_by_port",
    "recovery_time_s",
    "retry_storm",
    "rows_of",
    "sentences",
    "sheet",
    "simulated_sharing_s",
    "simulated_wait",
    "student",
    "sync_times_s",
    "threshold_curve",
    "time_to_connect_s",
    "tls_handshakes",
    "tornado_table",
    "transfer_s",
    "transfer_times",
    "users_per_core",
    "users_per_front_end",
    "wait_curve",
    "waits_by_place",
    "waits_from_empty_s",
    "wireshark_lines",
    "write_packets",
]
