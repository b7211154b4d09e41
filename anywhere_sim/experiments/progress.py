"""A progress bar for many runs, with the time that remains."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tqdm.auto import tqdm
from tqdm.notebook import tqdm_notebook

Progress = Callable[[Iterable[Any], int], Iterable[Any]]
"""Wraps an iterable of `total` finished runs, to show how many have come."""


def bar(finished: Iterable[Any], total: int) -> Iterable[Any]:
    """Return the same iterable, shown as a progress bar in a terminal and in a notebook.

    In a notebook the bar goes away after the last run; where output is not a terminal there is
    none.
    """
    in_notebook = issubclass(tqdm, tqdm_notebook)
    disable = False if in_notebook else None  # None: where output is not a terminal
    shown: Iterable[Any] = tqdm(
        finished, total=total, unit="run", leave=not in_notebook, disable=disable
    )
    return shown
