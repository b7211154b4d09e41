"""What all figures have in common: letters that are read from the last row, a title that says the
finding, no box around.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from io import BytesIO
from threading import RLock
from typing import Any, ParamSpec

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

BODY, TITLE = 13, 16
NOTEBOOK_DPI = 90
P = ParamSpec("P")
_DRAWING = (
    RLock()
)  # matplotlib's settings are of the whole process: one thread at a time lends them ours
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
        with _DRAWING, mpl.rc_context(_SHEET):
            figure = draw(*args, **kwargs)
        for axis in figure.axes:
            axis.tick_params(
                labelsize=BODY - 1
            )  # ticks are made when they are first drawn, after the sheet is gone
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
    least, taken = 0.075 * (high - low), -float("inf")
    for name, height in sorted(ends.items(), key=lambda pair: pair[1]):
        taken = max(height, taken + least)
        axis.annotate(
            f" {name}",
            (1.0, taken),
            xycoords=("axes fraction", "data"),
            color=colours[name],
            va="center",
        )
