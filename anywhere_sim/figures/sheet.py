"""What all figures share: one sheet, one colour per thing, times of day, and lines with names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from io import BytesIO
from threading import RLock
from typing import Any, ParamSpec

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from anywhere_sim.scenario.quantities import DAY_S, format_time
from anywhere_sim.scenario.spec import WEEKDAYS

COLOURS = {
    "online": "#D55E00", "cached": "#0072B2", "offline_ost": "#999999",
    "more": "#D55E00", "fewer": "#0072B2", "not distinguishable": "#999999",
    "too rare to tell": "#999999", "negligible": "#999999",
    "tcp": "#56B4E9", "https": "#CC79A7",
    "down": "#1B7837", "up": "#762A83",
    "copy": "#0072B2", "server": "#D55E00",
    "front_end": "#CC79A7", "mailbox": "#0072B2",
    "theory": "#555555", "limit": "#C00000",
}  # fmt: skip
"""Colours of modes, of words about a difference, of paths, of directions, of who served an action,
of servers; of theory and of a limit.
"""

STAGES = {
    "name": "#E69F00",
    "TCP": "#56B4E9",
    "TLS": "#009E73",
    "authentication": "#F0E442",
    "RPC": "#0072B2",
}
"""Colours of the stages of a connection attempt."""

STATES = {
    "connected": "#0072B2",
    "connected_headers": "#56B4E9",
    "trying": "#E69F00",
    "disconnected": "#BBBBBB",
    "offline": "#999999",
    "off": "#F2F2F2",
    "asleep": "#DDDDDD",
}
"""Colours of a client's states."""

LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
"""Colours of lines that are nothing of the above: places, links, cases."""


BODY, TITLE = 13, 16
NOTEBOOK_DPI = 90
P = ParamSpec("P")
# matplotlib's settings are of the whole process: one thread at a time lends them ours
_DRAWING = RLock()
_SHEET: Any = {
    "font.size": BODY,
    "axes.titlesize": TITLE,
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.labelsize": BODY,
    "legend.fontsize": BODY,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 2.2,
    "figure.constrained_layout.use": True,
    "figure.titlesize": TITLE,
    "text.parse_math": False,  # a name may hold a dollar sign
}


class Sheet(Figure):
    """A figure that a notebook shows as a picture when it ends a cell; nobody has to set the
    notebook up for it.
    """

    def _repr_png_(self) -> bytes:
        """Return the picture; the name is IPython's."""
        picture = BytesIO()
        self.savefig(picture, format="png", dpi=NOTEBOOK_DPI, bbox_inches="tight")
        return picture.getvalue()


def readable(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Return a function that draws the same figure on the common sheet."""

    @wraps(draw)
    def on_sheet(*args: P.args, **kwargs: P.kwargs) -> Figure:
        try:
            with _DRAWING, mpl.rc_context(_SHEET):
                figure = draw(*args, **kwargs)
        except (ValueError, TypeError) as error:
            tables = [each for each in (*args, *kwargs.values()) if hasattr(each, "columns")]
            states = [each.states for each in args if hasattr(each, "states")]
            unknown = "cannot be NaN" in str(error)  # Matplotlib's words for times that are null
            if not unknown and not any(len(table) == 0 for table in (*tables, *states)):
                raise
            raise ValueError(
                f"{draw.__name__}: there is nothing to draw, for a table that it shows has no "
                "rows, or no times; an import fills what its logs know of"
            ) from error
        for axis in figure.axes:
            # ticks are made when they are first drawn, after the sheet is gone
            axis.tick_params(labelsize=BODY - 1)
        return figure

    return on_sheet


def say(axis: Axes, text: str, x: float = 0.5, y: float = 0.5, colour: str = "0.35") -> None:
    """Write a few words into a panel, at a share of its width and height."""
    axis.text(x, y, text, transform=axis.transAxes, ha="center", va="center", color=colour)


def name_lines(axis: Axes, ends: Mapping[str, float], colours: Mapping[str, str]) -> None:
    """Write each line's name right of its end (a height in data), moved apart where names would
    meet.
    """
    low, high = axis.get_ylim()
    gap, taken = 0.075 * (high - low), -float("inf")
    for name, height in sorted(ends.items(), key=lambda pair: pair[1]):
        taken = max(height, taken + gap)
        axis.annotate(
            f" {name}",
            (1.0, taken),
            xycoords=("axes fraction", "data"),
            color=colours[name],
            va="center",
        )


_STEPS_S = (
    60.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14_400.0, 21_600.0, 43_200.0, DAY_S,
    2 * DAY_S, 7 * DAY_S, 28 * DAY_S,
)  # fmt: skip


def show_time_of_day(axis: Axes, max_labels: int = 9) -> None:
    """Label the x-axis with times of day, at whole minutes or hours; over several days with the
    weekday below the first of each (day 1 is a Monday).
    """
    low, high = axis.get_xlim()
    step_s = next((step for step in _STEPS_S if (high - low) / step <= max_labels), _STEPS_S[-1])
    axis.xaxis.set_major_locator(MultipleLocator(step_s))
    first_s = step_s * -(-low // step_s)
    several = low // DAY_S < (high - 1.0) // DAY_S

    def label(time_s: float, _: int | None) -> str:
        text = format_time(time_s % DAY_S, seconds=False)
        first = time_s == first_s or time_s % DAY_S < step_s
        if not several or not first:
            return text
        return f"{text}\n{WEEKDAYS[int(time_s // DAY_S) % len(WEEKDAYS)].capitalize()}"

    axis.xaxis.set_major_formatter(FuncFormatter(label))
    axis.set_xlabel("time of day")
