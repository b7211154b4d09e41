"""Why a light was red because of a line: a full one, a slow one, and who used it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from anywhere_sim.analysis.labels import quantity
from anywhere_sim.analysis.limits import FIVE_MINUTES_S, LATENCY, LINE, NOT_DONE, WAIT
from anywhere_sim.analysis.overview import NEAR, line_use
from anywhere_sim.report.findings import RunFindings, clock, limit_said, named
from anywhere_sim.report.red_times import MOST, mostly, only, red_windows, slow_actions

OF_PEOPLE = (WAIT, NOT_DONE)
"""Limits of what a group of people sees."""


def lines_then(
    found: RunFindings, row: Mapping[str, Any], from_s: float, until_s: float
) -> Iterator[str]:
    """Yield the fullest shared line of a group that was nearly full when its light turned red, or
    while it was; where there is none, or for a small part of the time only, the group's slow lines.
    """
    if row["what"] not in OF_PEOPLE:
        return
    states = found.run.states
    own = states["group"].astype(str) == str(row["thing"])
    things = {
        f"{place} {way}" for place in states.loc[own, "place"].astype(str) for way in ("up", "down")
    }
    table = found.loads
    lines = table[(table["what"] == LINE) & table["thing"].isin(things)]
    near = lines[lines["value"] >= NEAR * lines["limit"]]
    then = near[near["time_s"].between(from_s - FIVE_MINUTES_S, from_s, inclusive="right")]
    later = near[near["time_s"].isin(red_windows(found, row)) & (near["time_s"] < until_s)]
    chosen = later if then.empty else then
    if chosen.empty or not mostly(found, row, near["time_s"]):
        yield from _slow_lines_then(found, row, from_s, until_s)
    if chosen.empty:
        return
    thing = chosen.loc[chosen["value"].idxmax(), "thing"]
    spell = near[
        (near["thing"] == thing) & near["time_s"].between(from_s - FIVE_MINUTES_S, until_s)
    ]
    top = spell.loc[spell["value"].idxmax()]
    name, most = named({"thing": thing, "what": LINE}), quantity(top["value"], top["unit"])
    if not mostly(found, row, spell["time_s"]):
        limit = quantity(top["limit"], top["unit"])
        span = only(found, row, spell["time_s"])
        yield f"{name} came near its limit of {limit} or beyond it (up to {most}) {span}"
        return
    when = "then" if len(then) else f"from {clock(chosen['time_s'].min())} on"
    yield f"{name} at {most} ({limit_said(top['limit'], top['unit'])}) {when}"


def _slow_lines_then(
    found: RunFindings, row: Mapping[str, Any], from_s: float, until_s: float
) -> Iterator[str]:
    """Yield the place from which most slow actions asked a server, if its line takes most of their
    wait: by its rate and round trips alone; or, of a shared one on which some single actions take
    long, all of the wait that the store did not take.
    """
    then = slow_actions(found, row, from_s, until_s) if row["what"] == WAIT else pd.DataFrame()
    if then.empty:
        return
    asked = then[then["rpcs"] > 0]
    places = asked["place"].astype(str).value_counts()
    if places.empty or places.iloc[0] <= MOST * len(then):
        return
    place = found.scenario.places[str(places.index[0])]
    here = asked[asked["place"].astype(str) == places.index[0]]
    line_s = here["bytes"] * 8.0 / (1000.0 * place.down_kbps) + here["rpcs"] * place.rtt_ms / 1000.0
    told = (
        f"the line of {places.index[0]} is slow ({quantity(place.down_kbps, 'kbit/s')} down, "
        f"{quantity(place.rtt_ms, 'ms')} a round trip): {len(here):,} of {len(then):,} slow "
        "actions asked a server over it"
    )
    if (line_s >= MOST * here["wait_s"]).mean() > MOST:
        yield told
        return
    actions = found.run.operations
    there = actions[(actions["place"].astype(str) == places.index[0]) & (actions["rpcs"] > 0)]
    large = float(there["bytes"].quantile(0.95))
    large_s = large * 8.0 / (1000.0 * place.down_kbps)
    rest_s = here["wait_s"] - here["rpcs"] * _store_s(found, row)
    behind = (rest_s >= MOST * here["wait_s"]) & (here["state"].astype(str) == "connected")
    if place.shared and large_s >= MOST * row["limit"] and behind.mean() > MOST:
        yield (
            f"{told}; one action in twenty there takes {quantity(large_s, 's')} of it or more by "
            f"itself ({quantity(large / 1000.0, 'kB')}), and others wait behind that"
        )


def _store_s(found: RunFindings, row: Mapping[str, Any]) -> float:
    """Return the longest mean time of a call in a store while a light was red, in s."""
    table = found.loads
    then = (table["what"] == LATENCY) & table["time_s"].isin(red_windows(found, row))
    return float(table.loc[then, "value"].max()) / 1000.0 if then.any() else 0.0


def moved_bytes(found: RunFindings, row: Mapping[str, Any], place: str, direction: str) -> float:
    """Return the bytes that went over a place's lines in the windows in which a light was red."""
    links, begin_s = found.run.links, found.scenario.start
    windows = begin_s + FIVE_MINUTES_S * (
        (links["time_s"] - begin_s - 1e-6) // FIVE_MINUTES_S
    )  # a reading is made at its interval's end
    here = (links["place"].astype(str) == place) & (links["direction"].astype(str) == direction)
    return float(links.loc[here & windows.isin(red_windows(found, row)), "bytes"].sum())


def bytes_of(found: RunFindings, thing: str) -> Iterator[str]:
    """Yield whose bytes went over a line in the run."""
    place, _, direction = thing.rpartition(" ")
    table = line_use(found.run, found.scenario)
    rows = table[(table["place"] == place) & (table["direction"] == direction)]
    users = str(rows.iloc[0]["users"]) if len(rows) else ""
    if users.endswith(" 100 %"):
        yield f"all its bytes are those of {users.removesuffix(' 100 %')}"
    elif users:
        yield f"its bytes are those of {users}"
