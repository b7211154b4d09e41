"""What people feel: waits, time to connect, age of mail; one number or row per person or message, from the traces."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from anywhere_sim.traces import Run


def waited_s(run: Run, group: str) -> float:
    """Return the mean seconds that a person of the group waited in the whole run."""
    people = int(run.states.loc[run.states["group"] == group, "mailbox"].nunique())
    return float(run.operations.loc[run.operations["group"] == group, "wait_s"].sum()) / people


def first_connected_s(run: Run, group: str) -> pd.Series:
    """Return the seconds from each person's first attempt to the first mail connection; people who never got one are left out."""
    attempts = run.attempts[run.attempts["group"] == group]
    mail = attempts[(attempts["service"].astype(str) == "mail") & (attempts["outcome"].astype(str) == "connected")]
    begun = attempts.groupby("mailbox", observed=True)["start_s"].min()
    return (mail.groupby("mailbox", observed=True)["end_s"].min() - begun).dropna().rename("seconds")


def ages_s(runs: Mapping[str, Run]) -> pd.DataFrame:
    """Return a row per delivered message of each run: `mode` (the run's name), `delivered_s`, and `age_s` when it reached the client."""
    parts = []
    for name, run in runs.items():
        messages = run.messages.dropna(subset=["delivered_s"])
        parts.append(
            pd.DataFrame({"mode": name, "delivered_s": messages["delivered_s"], "age_s": messages["reached_s"] - messages["delivered_s"]})
        )
    return pd.concat(parts, ignore_index=True)
