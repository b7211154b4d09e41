"""What is known of the model beside published figures (data/reference/facts.csv), by measure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pandas as pd

from anywhere_sim.scenario.shipped import data_folder

FACTS_OF: Mapping[str, tuple[str, ...]] = {
    "store CPU": ("processor per mailbox", "processor time of a store"),
    "RPC operations": ("operations/s of LoadSim", "operations a day, cached direct"),
    "disk reads": ("disk operations per message", "disk operations per mailbox"),
    "disk writes": ("disk writes per message",),
    "bytes down": ("bytes of a medium user in cached mode",),
}
"""The measures of servers and lines that have published figures, and how their rows begin."""
CALIBRATED_SERVER = "processor time of a store driven"
"""The row of the published server of 8,000 cached users."""
WITHIN = 0.15
"""A ratio of model to published figure that is nearer to 1 is no miss."""


@cache
def facts() -> pd.DataFrame:
    """Return the table of published figures and the model's, as it ships."""
    return pd.read_csv(data_folder() / "reference" / "facts.csv")


def known_miss(measure: str) -> str:
    """Return what is known of a measure beside published figures, "" where there is none.

    >>> known_miss("store CPU")
    'model 0.64 to 1.03 of what is published (calibrated; measurements A1 row 1, measurements A2)'
    >>> known_miss("age of a message, p50")
    ''
    """
    table = facts()
    rows = table[table["what"].str.startswith(FACTS_OF.get(measure, ("none such",)))]
    rows = rows[rows["ratio"].notna() & (rows["standing"] != "not comparable")]
    if rows.empty or (rows["ratio"] - 1.0).abs().max() < WITHIN:
        return ""
    low, high = rows["ratio"].min(), rows["ratio"].max()
    span = f"{low:.2f}" if high - low < 0.005 else f"{low:.2f} to {high:.2f}"
    fitted = "calibrated; " if (rows["standing"] == "calibrated").all() else ""
    sources = ", ".join(sorted(set(rows["source"])))
    return f"model {span} of what is published ({fitted}{sources})"


def calibrated_server() -> str:
    """Return what to say of the published server of 8,000 cached users: it is no check."""
    row = facts()[facts()["what"].str.startswith(CALIBRATED_SERVER)].iloc[0]
    return (
        f"The processor time of an operation is calibrated on a published server of 8,000 cached "
        f"users ({row['source']}: {row['published']:g} % busy, model {row['model']:.0f} %), which "
        "is therefore no check of this size."
    )
