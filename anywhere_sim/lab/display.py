"""Figures show themselves in a notebook."""

from __future__ import annotations

from typing import Any

from IPython.core import pylabtools
from IPython.core.getipython import get_ipython


def show_figures(dpi: int = 90) -> None:
    """Let a notebook show a matplotlib Figure that ends a cell as a picture; elsewhere do nothing."""
    shell = get_ipython()
    if shell is not None:
        tools: Any = pylabtools
        tools.select_figure_formats(shell, {"png"}, dpi=dpi)
