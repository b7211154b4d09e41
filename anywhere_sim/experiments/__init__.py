"""Many runs: replications, studies, comparisons, sensitivity analyses."""

from anywhere_sim.experiments.replicate import replicate
from anywhere_sim.experiments.results import Results, compare
from anywhere_sim.experiments.sensitivity import sensitivity
from anywhere_sim.experiments.study import Study

__all__ = ["Results", "Study", "compare", "replicate", "sensitivity"]
