"""What the files of an import say nothing of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from anywhere_sim.traces import Run


def without_lines(run: Run, measures: Iterable[str]) -> Iterator[str]:
    """Yield those of the measures of which the files of an import say nothing; none of a run.

    >>> from types import SimpleNamespace
    >>> import pandas as pd
    >>> none = pd.DataFrame({"role": []})
    >>> run = SimpleNamespace(manifest={"imported": []}, servers=none, links=none, operations=none)
    >>> list(without_lines(run, ["store CPU", "launch to connected, p50"]))
    ['store CPU']
    """
    if "imported" not in run.manifest:
        return
    roles = set(run.servers["role"].astype(str))
    of_stores = ("store", "RPC", "disk", "connections at")
    for name in measures:
        if (
            ("front_end" not in roles and name.startswith(("front-end", "HTTP channels")))
            or ("mailbox" not in roles and name.startswith(of_stores))
            or (run.links.empty and name.startswith(("bytes", "fullest link")))
            or (run.operations.empty and name.startswith(("wait", "failed actions")))
            or name == "without a connection"  # logs show who is connected, not who wants to be
        ):
            yield name
