"""What traces say: measures of runs, output analysis, queueing theory; never sees the model."""

from anywhere_sim.analysis.intervals import (
    Interval,
    Paired,
    mean_interval,
    paired,
    quantile_interval,
    ratio_interval,
)
from anywhere_sim.analysis.measures import (
    MEANINGS,
    UNITS,
    measures,
    summary,
    waited_per_open_hour_s,
)
from anywhere_sim.analysis.moment import Moment, moment
from anywhere_sim.analysis.output_analysis import (
    BatchMeans,
    batch_means,
    censored_quantile,
    replications_needed,
    time_weighted_mean,
    warm_up,
)
from anywhere_sim.analysis.queueing_theory import (
    ClosedNetwork,
    Mg1,
    Mmc,
    erlang_b,
    erlang_c,
    finite_source,
    little,
    mean_value_analysis,
    processor_sharing_s,
    response_time,
    square_root_staffing,
    utilisation,
)
from anywhere_sim.analysis.recovery import recoveries
from anywhere_sim.analysis.roll_out import first_copies, roll_out_steps, whole_books
from anywhere_sim.analysis.user_performance import (
    connected_share,
    mean_wait_s,
    message_ages_s,
    recovery_time_s,
    time_to_connect_s,
)

__all__ = [
    "MEANINGS",
    "UNITS",
    "BatchMeans",
    "ClosedNetwork",
    "Interval",
    "Mg1",
    "Mmc",
    "Moment",
    "Paired",
    "batch_means",
    "censored_quantile",
    "connected_share",
    "erlang_b",
    "erlang_c",
    "finite_source",
    "first_copies",
    "little",
    "mean_interval",
    "mean_value_analysis",
    "mean_wait_s",
    "measures",
    "message_ages_s",
    "moment",
    "paired",
    "processor_sharing_s",
    "quantile_interval",
    "ratio_interval",
    "recoveries",
    "recovery_time_s",
    "replications_needed",
    "response_time",
    "roll_out_steps",
    "square_root_staffing",
    "summary",
    "time_to_connect_s",
    "time_weighted_mean",
    "utilisation",
    "waited_per_open_hour_s",
    "warm_up",
    "whole_books",
]
