"""One message and one action of a person, followed through runs that differ in the mode."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from anywhere_sim.lab.people import of
from anywhere_sim.traces import Run

STEPS = ["written_s", "delivered_s", "reached_s", "seen_s"]


def follow_message(runs: Mapping[str, Run], mailbox: str, after_s: float) -> pd.DataFrame:
    """Return a row per run with the times at which one message was written, delivered, on the
    client, and read.

    It is the first message to `mailbox` that was delivered after `after_s` in every run.
    """
    came = {
        mode: run.messages[run.messages["recipient"] == mailbox]
        .set_index("message")
        .sort_values("delivered_s")
        for mode, run in runs.items()
    }
    later = [set(rows.index[rows["delivered_s"] > after_s]) for rows in came.values()]
    first = next(
        message
        for message in next(iter(came.values())).index
        if all(message in known for known in later)
    )
    return pd.DataFrame({mode: rows.loc[first, STEPS] for mode, rows in came.items()}).T.astype(
        float
    )


def follow_action(runs: Mapping[str, Run], mailbox: str, kind: str, after_s: float) -> pd.DataFrame:
    """Return a row per run about the person's first action of a kind after an instant: when, in
    which state, how it went, and when it was on the server.
    """
    rows = {}
    for mode, run in runs.items():
        done = of(run.operations, mailbox)
        done = (
            done[(done["kind"] == kind) & (done["start_s"] > after_s)]
            .sort_values("start_s")
            .iloc[0]
        )
        up = of(run.changes, mailbox).query("operation == @done.operation")["uploaded_s"]
        rows[mode] = {
            "done_s": done["start_s"],
            "state of Outlook": done["state"],
            "outcome": done["outcome"],
            "on_server_s": float(up.iloc[0]) if len(up) else float("nan"),
        }
    return pd.DataFrame(rows).T
