"""What traces say: measures of runs, output analysis, queueing theory; never sees the model."""

from anywhere_sim.analysis.intervals import (
    Interval,
    Paired,
    mean_interval,
    paired,
    quantile_interval,
    ratio_interval,
)
from anywhere_sim.analysis.measures import MEANINGS, UNITS, measures, waited_per_user_day_s
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
from anywhere_sim.analysis.summary import summary
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
    "Paired",
    "batch_means",
    "censored_quantile",
    "connected_share",
    "erlang_b",
    "erlang_c",
    "finite_source",
    "little",
    "mean_interval",
    "mean_value_analysis",
    "mean_wait_s",
    "measures",
    "message_ages_s",
    "paired",
    "processor_sharing_s",
    "quantile_interval",
    "ratio_interval",
    "recovery_time_s",
    "replications_needed",
    "response_time",
    "square_root_staffing",
    "summary",
    "time_to_connect_s",
    "time_weighted_mean",
    "utilisation",
    "waited_per_user_day_s",
    "warm_up",
]
