"""Time of day on an axis."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MultipleLocator

from anywhere_sim.scenario.quantities import format_time

_STEPS_S = (60.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14_400.0)


def show_time_of_day(axis: Axes, most: int = 9) -> None:
    """Label the x-axis with times of day, at whole minutes or hours, at `most` places."""
    low, high = axis.get_xlim()
    step_s = next((step for step in _STEPS_S if (high - low) / step <= most), _STEPS_S[-1])
    axis.xaxis.set_major_locator(MultipleLocator(step_s))
    axis.xaxis.set_major_formatter(
        FuncFormatter(lambda time_s, _: format_time(time_s, seconds=False))
    )
    axis.set_xlabel("time of day")
