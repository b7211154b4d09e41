"""How old new mail is when it reaches the client, over the messages of one run."""

from __future__ import annotations

import pandas as pd

from anywhere_sim.analysis.live_mail import CLOSED
from anywhere_sim.analysis.output_analysis import censored_quantile
from anywhere_sim.traces import Run


def message_ages(run: Run) -> pd.DataFrame:
    """Return a row per message that came while its recipient's Outlook was open: its age.

    Columns: `recipient`, `delivered_s`, `age_s` from the mailbox to the client (NaN when it never
    reached it), `observed_s` the same, up to the end of the run for those. What came to a closed
    Outlook waited for the person, not for the client, and is left out.
    """
    states = run.states
    messages = run.messages.dropna(subset=["delivered_s"])
    messages = messages[["recipient", "delivered_s", "reached_s"]].assign(
        recipient=messages["recipient"].astype(str)
    )
    opened = states.loc[~states["state"].astype(str).isin(CLOSED), ["mailbox", "start_s", "end_s"]]
    received = pd.merge_asof(
        messages.sort_values("delivered_s"),
        opened.assign(mailbox=opened["mailbox"].astype(str)).sort_values("start_s"),
        left_on="delivered_s",
        right_on="start_s",
        left_by="recipient",
        right_by="mailbox",
    )
    received = received[received["delivered_s"] <= received["end_s"]]
    observed_s = received["reached_s"].fillna(states["end_s"].max()) - received["delivered_s"]
    ages = received[["recipient", "delivered_s"]].assign(
        age_s=received["reached_s"] - received["delivered_s"], observed_s=observed_s
    )
    return ages.reset_index(drop=True)


def median_age_s(ages: pd.DataFrame) -> float:
    """Return the median age of `message_ages`, with those that never arrived (Kaplan-Meier).

    Infinite when it lies beyond the end of the run, NaN without a message.

    >>> late = pd.DataFrame({"age_s": [2.0, None, None], "observed_s": [2.0, 90.0, 95.0]})
    >>> median_age_s(late)
    inf
    """
    return censored_quantile(ages["observed_s"], ages["age_s"].notna(), 0.5)


def delivered_in_run(run: Run) -> pd.DataFrame:
    """Return the messages that came into a mailbox during the run: what was there before is out."""
    return run.messages[run.messages["delivered_s"] >= run.states["start_s"].min()]
