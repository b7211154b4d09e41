"""Figures show themselves in a notebook."""

from __future__ import annotations

from IPython.core.getipython import get_ipython
from IPython.core.pylabtools import select_figure_formats


def show_figures(dpi: int = 90) -> None:
    """Let a notebook show a matplotlib Figure that ends a cell as a picture; elsewhere do nothing."""
    shell = get_ipython()
    if shell is not None:
        select_figure_formats(shell, {"png"}, dpi=dpi)
