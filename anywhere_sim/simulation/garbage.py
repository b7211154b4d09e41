"""The garbage collector, while a simulation fills the memory with things that stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = (100_000, 50, 100)


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look for cycles seldom: almost all that a run allocates stays or is freed by its count, and each look visits all that stays.

    With 8,000 mailboxes a run takes a quarter less time; what waits to be collected is a few megabytes. What nobody holds at the end goes
    at once, for it would lie beside what comes next; what was there before is not looked at.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.collect()
        gc.unfreeze()
