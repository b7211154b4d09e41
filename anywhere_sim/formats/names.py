"""Names that a simulated run takes in logs: accounts, addresses, times of day on a date."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

import pandas as pd

DOMAIN = "sim"
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*")


def account(mailbox: str) -> str:
    r"""Return the account of a mailbox; what is one already stays.

    >>> print(account("sales/3"), account(r"contoso\ann"))
    sim\sales.3 contoso\ann
    """
    if "\\" in mailbox or "@" in mailbox:
        return word(mailbox)
    return f"{DOMAIN}\\{word(mailbox.replace('/', '.').lower())}"


def word(text: str) -> str:
    """Return text as one field of a W3C log: blanks become "+", nothing becomes "-".

    >>> word("a b"), word("")
    ('a+b', '-')
    """
    return re.sub(r"\s", "+", text) or "-"


def addresses(things: Iterable[str], network: int) -> Mapping[str, str]:
    """Return an address in 10.`network` for each thing; what is one already stays.

    >>> dict(addresses(["office", "10.1.1.1"], 7))
    {'10.1.1.1': '10.1.1.1', 'office': '10.7.0.1'}
    """
    own = {*things} - {""}
    found = {thing: thing for thing in sorted(own) if _ADDRESS.fullmatch(thing)}
    for number, thing in enumerate(sorted(own - found.keys()), 1):
        second, third = network + number // 64516, number // 254 % 254
        found[thing] = f"10.{second}.{third}.{number % 254 or 254}"
    return found


def instant(first_day: date, time_s: float) -> datetime:
    """Return the instant of a time of a run whose day 1 is on a date.

    >>> instant(date(2026, 3, 2), 86_400.5).isoformat()
    '2026-03-03T00:00:00.500000'
    """
    return datetime(first_day.year, first_day.month, first_day.day) + timedelta(seconds=time_s)


def client_keys(rows: pd.DataFrame) -> list[str]:
    """Return what tells a client's address: its link, or its place where no link is known."""
    links = rows["link"].astype(object).where(rows["link"].notna(), rows["place"].astype(object))
    return ["" if value is None or value != value else str(value) for value in links]
