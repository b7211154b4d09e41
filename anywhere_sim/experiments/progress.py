"""A bar for many runs, with the time that is left: in a terminal and in a notebook, nothing elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tqdm.auto import tqdm
from tqdm.notebook import tqdm_notebook

Progress = Callable[[Iterable[Any], int], Iterable[Any]]
"""Wraps an iterable of `total` finished runs, to show how far they are."""


def bar(finished: Iterable[Any], total: int) -> Iterable[Any]:
    """Return the same iterable, shown as a bar while it is gone through; in a notebook the bar leaves with the last run."""
    in_notebook = issubclass(tqdm, tqdm_notebook)
    shown: Iterable[Any] = tqdm(finished, total=total, unit="run", leave=not in_notebook, disable=False if in_notebook else None)
    return shown
