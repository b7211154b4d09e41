"""Rows of one person."""

from __future__ import annotations

import pandas as pd


def of(table: pd.DataFrame, mailbox: str) -> pd.DataFrame:
    """Return the rows of a table that are about one mailbox, like "sales/7"."""
    return table[table["mailbox"] == mailbox]
