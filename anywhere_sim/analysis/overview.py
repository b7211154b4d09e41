"""What one run has to say of itself: how near its limits, lines, what was refused."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

import numpy as np
import pandas as pd

from anywhere_sim.analysis.labels import percent_parts
from anywhere_sim.analysis.limits import (
    FIVE_MINUTES_S,
    RARELY,
    STANDARD,
    UNDONE,
    WAIT,
    WALLS,
    ServiceLevel,
    full_times,
    loads,
    slow_over_the_run,
    undone,
)
from anywhere_sim.analysis.recovery import cause_of
from anywhere_sim.scenario import Scenario
from anywhere_sim.traces import Run, RunError

NEAR = 0.7
"""Beyond this share of a limit a light is amber."""

DEATHS = (
    "link_cut", "link_lost", "nat_dropped", "server_shutdown", "server_crash", "black_hole",
)  # fmt: skip
"""Reasons for which a connection ends that neither client nor run has ended."""


def scenario_of(run: Run) -> Scenario:
    """Return the scenario of a run as its manifest has it, without recordings of links' rates.

    Raises RunError for a run that no scenario has made, such as an import.
    """
    content = deepcopy(run.manifest.get("written"))
    if not isinstance(content, dict) or "groups" not in content:
        raise RunError(
            "no scenario made these tables, so that they say nothing of limits and events at an "
            "instant; try a folder that `run --out` wrote (of an import: `report` without --at)"
        )
    for place in content.get("places", {}).values():  # a recording may not be here
        place.pop("rate_trace", None)
        place.pop("up_rate_trace", None)
    return Scenario.build(content)


def eventful(run: Run) -> Scenario | None:
    """Return the scenario of a run if it has events, which connections die of; else None."""
    written = run.manifest.get("written") or {}
    return scenario_of(run) if written.get("events") else None


def lights(loads: pd.DataFrame, end_s: float, full: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return a row per thing and limit, the fullest first: its busiest five minutes.

    `loads` and `full` are `loads` and `full_times` of `limits`. Columns: `thing`, `what`, `unit`,
    `limit`, `busiest` (the value), `time_s` (when those five minutes began), `share` of the limit,
    `light` (fine, near, beyond), `reached_s` (the first window at or beyond the limit, NaN for
    none), `beyond_s` (how long, in windows, the last one cut at `end_s`), `until_s` (end of the
    last such window), `spells` (how many unbroken rows of windows those are). Of a wall these four
    are of its readings where `full` is given.

    >>> table = pd.DataFrame({
    ...     "thing": "mbx1", "what": "processor", "unit": "%", "limit": 75.0,
    ...     "time_s": [0.0, 300.0], "value": [40.0, 90.0],
    ... })
    >>> row = lights(table, end_s=500.0).iloc[0]
    >>> row["light"], float(row["reached_s"]), float(row["beyond_s"])
    ('beyond', 300.0, 200.0)
    """
    rows = []
    for (thing, what), windows in loads.groupby(["thing", "what"], sort=False):
        top = windows.loc[windows["value"].idxmax()]
        if not top["limit"] > 0.0:
            continue
        share = float(top["value"] / top["limit"])
        # a wall that is full has been reached; a mean may be as high as its limit
        beyond = windows["value"].ge(windows["limit"]) if what in WALLS else (
            windows["value"].gt(windows["limit"])
        )  # fmt: skip
        begun = beyond & ~beyond.shift(fill_value=False)
        ends_s = np.minimum(windows["time_s"] + FIVE_MINUTES_S, end_s)
        lengths_s = np.minimum(FIVE_MINUTES_S, end_s - windows["time_s"])
        rows.append(
            {
                "thing": thing, "what": what, "unit": top["unit"], "limit": top["limit"],
                "busiest": top["value"], "time_s": top["time_s"], "share": share,
                "light": "beyond" if beyond.any() else "near" if share >= NEAR else "fine",
                "reached_s": windows.loc[beyond, "time_s"].min(),
                "beyond_s": float(lengths_s[beyond].sum()),
                "until_s": ends_s[beyond].max(), "spells": int(begun.sum()),
            }
            | _by_readings(full, thing, what)
        )  # fmt: skip
    columns = [
        "thing", "what", "unit", "limit", "busiest", "time_s", "share", "light", "reached_s",
        "beyond_s", "until_s", "spells",
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("share", ascending=False, ignore_index=True, kind="stable")


def run_lights(
    run: Run, scenario: Scenario, level: ServiceLevel = STANDARD
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return readings per five minutes, the lights of a run, and when its walls were full.

    Where a group has few actions in most windows and none turns red, its wait is beyond the limit
    over the whole run if more than one action in twenty is slow, beyond chance.

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:05")
    >>> readings, every, full = run_lights(aw.simulate(office, seed=7), office)
    >>> "beyond" in set(every["light"])
    False
    """
    table = pd.concat([loads(run, scenario, level), undone(run, scenario)], ignore_index=True)
    full = full_times(run, scenario)
    every = lights(table, scenario.end, full)
    for row in slow_over_the_run(run, scenario, level).to_dict("records"):
        own = (every["thing"] == row["group"]) & (every["what"] == WAIT)
        if row["at_least"] <= RARELY or not own.any() or (every["light"][own] == "beyond").any():
            continue
        every.loc[own, ["light", "busiest", "time_s", "share"]] = [
            "beyond", row["p95_s"], scenario.start, row["p95_s"] / level.wait_s,
        ]  # fmt: skip
        length_s = scenario.end - scenario.start
        every.loc[own, ["reached_s", "beyond_s", "until_s", "spells"]] = [
            scenario.start, length_s, scenario.end, 1,
        ]  # fmt: skip
    order = {"by": "share", "ascending": False, "ignore_index": True, "kind": "stable"}
    return table, every.sort_values(**order), full


def _by_readings(full: pd.DataFrame | None, thing: str, what: str) -> dict[str, float]:
    """Return when and how long a wall was full, of its rows of `full_times`; nothing for none."""
    if full is None:
        return {}
    own = full[(full["thing"] == thing) & (full["what"] == what)]
    if own.empty:
        return {}
    return {
        "reached_s": float(own["from_s"].min()),
        "beyond_s": float((own["to_s"] - own["from_s"]).sum()),
        "until_s": float(own["to_s"].max()), "spells": len(own),
    }  # fmt: skip


def line_use(run: Run, scenario: Scenario) -> pd.DataFrame:
    """Return a row per place and direction: how busy its lines were, and who used them.

    Columns: `place`, `direction`, `kbps`, `lines` (1 for a shared one), `gigabytes`, `mean` and
    `busiest` (share of the time busy: over the run, in the busiest five minutes of any of its
    lines), `time_s` (when those began), `users` (the groups and their parts of the bytes).
    """
    links, used = run.links, _bytes_of_groups(run)
    length_s = scenario.end - scenario.start
    rows = []
    keys = [links["place"].astype(str), links["direction"].astype(str)]
    for (place, direction), own in links.groupby(keys):
        spec, lines = scenario.places[place], own["link"].astype(str)
        window = ((own["time_s"] - scenario.start - 1e-6) // FIVE_MINUTES_S).astype(int)
        busy_s = own["busy_s"].groupby([lines, window]).sum()
        number = lines.nunique()
        begin_s = scenario.start + FIVE_MINUTES_S * busy_s.idxmax()[1]
        parts = used.get(f"{place}/{direction}", pd.Series(dtype=float))
        parts = parts.sort_values(ascending=False)
        whole = percent_parts({str(group): float(part) for group, part in parts.items()})
        rows.append(
            {
                "place": place, "direction": direction,
                "kbps": spec.down_kbps if direction == "down" else spec.up_kbps,
                "lines": number, "gigabytes": float(own["bytes"].sum()) / 1e9,
                "mean": float(own["busy_s"].sum()) / (number * length_s),
                "busiest": min(1.0, float(busy_s.max()) / min(FIVE_MINUTES_S, length_s)),
                "time_s": begin_s,
                "users": ", ".join(f"{group} {part} %" for group, part in whole.items() if part),
            }
        )  # fmt: skip
    columns = [
        "place", "direction", "kbps", "lines", "gigabytes", "mean", "busiest", "time_s", "users",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _bytes_of_groups(run: Run) -> Mapping[str, pd.Series]:
    """Return the bytes of each group by "place/direction", of connections and attempts."""
    found: dict[str, pd.Series] = {}
    both = pd.concat(
        [
            table[["place", "group", "bytes_up", "bytes_down"]].astype({"place": str, "group": str})
            for table in (run.connections, run.attempts)
        ]
    )
    for direction in ("up", "down"):
        sums = both.groupby(["place", "group"])[f"bytes_{direction}"].sum()
        for place in sums.index.get_level_values(0).unique():
            found[f"{place}/{direction}"] = sums.loc[place]
    return found


def not_done(run: Run, scenario: Scenario | None = None) -> pd.DataFrame:
    """Return a row per kind of thing that did not come about: `what`, `why`, `event`, `count`,
    `went_on`, `share`.

    Attempts that failed (by path and stage), connections that died, actions that failed or were
    given up (by group and, where it is called otherwise, place); `event` is the number of the
    scenario's event that lasted meanwhile (-1: none, or no scenario); `went_on` counts attempts
    whose round reached the same service by another try or path; `share` is of all attempts,
    connections or actions. What the end of the run or the client itself ended is none.
    """
    attempts, made, actions = run.attempts, run.connections, run.operations
    failed = attempts[attempts["outcome"].astype(str) == "failed"]
    dead = made[made["end_reason"].astype(str).isin(DEATHS)]
    lost = actions[actions["outcome"].astype(str).isin(UNDONE)]
    group, place = (lost[name].astype(str) for name in ("group", "place"))
    whose = "actions of " + group + (" at " + place).where(group != place, "")
    keys = ["mailbox", "round", "service"]
    reached = attempts.loc[attempts["outcome"].astype(str) == "connected", keys].astype(str)
    went_on = pd.MultiIndex.from_frame(failed[keys].astype(str)).isin(
        pd.MultiIndex.from_frame(reached)
    )
    return pd.concat(
        [
            _counted("connection attempt over " + failed["path"].astype(str),
                     failed["failed_stage"],
                     _events(failed, failed["start_s"], failed["end_s"], scenario), len(attempts),
                     pd.Series(went_on, failed.index)),
            _counted("connection over " + dead["path"].astype(str), dead["end_reason"],
                     _events(dead, dead["end_s"], dead["end_s"], scenario), len(made)),
            _counted(whose, lost["outcome"],
                     _events(lost, lost["start_s"], lost["start_s"] + lost["wait_s"], scenario),
                     len(actions)),
        ],
        ignore_index=True,
    )  # fmt: skip


def unserved(run: Run, scenario: Scenario | None = None) -> pd.DataFrame:
    """Return a row per way in which no path gave a connection that was wanted: `why`, `event`,
    `count`, `mailboxes`, `share`.

    What is counted is a wish: a round of attempts for one service of a mailbox, however many tries
    and paths it took; one whose last try the end of the run or the client cut off is none. `why`
    has path and failed stage of each kind of try, in the order in which they first came ("tcp
    resolve, https conn"); `share` is of all wishes. `attrs["mailboxes"]` counts the mailboxes of
    all rows together.
    """
    tries = run.attempts
    keys = [tries[name].astype(str) for name in ("mailbox", "round", "service")]
    outcome = tries["outcome"].astype(str)
    connected = outcome.eq("connected").groupby(keys).any()
    ended = outcome.groupby(keys).last().eq("failed")
    vain = connected.index[~connected & ended]
    rows = tries[pd.MultiIndex.from_arrays(keys).isin(vain)]
    rows = rows.assign(
        why=rows["path"].astype(str) + " " + rows["failed_stage"].astype(str),
        event=_events(rows, rows["start_s"], rows["end_s"], scenario),
        **{name: rows[name].astype(str) for name in ("mailbox", "service")},
    )
    wishes = rows.groupby(["mailbox", "round", "service"]).agg(
        why=("why", lambda each: ", ".join(dict.fromkeys(each))), event=("event", "max")
    )
    found = wishes.reset_index().groupby(["why", "event"])
    table = found.agg(count=("round", "size"), mailboxes=("mailbox", "nunique")).reset_index()
    table = table.sort_values("count", ascending=False, ignore_index=True)
    table["share"] = table["count"] / max(len(connected), 1)
    table.attrs["mailboxes"] = int(rows["mailbox"].nunique())
    return table


def _events(
    rows: pd.DataFrame, start_s: pd.Series, end_s: pd.Series, scenario: Scenario | None
) -> pd.Series:
    """Return the event that lasted while each row did."""
    if scenario is None:
        return pd.Series(-1, index=rows.index)
    return cause_of(start_s, end_s, rows, scenario)


def _counted(
    what: pd.Series,
    why: pd.Series,
    event: pd.Series,
    total: int,
    went_on: pd.Series | None = None,
) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "what": what.astype(str), "why": why.astype(str), "event": event.astype(int),
            "went_on": 0 if went_on is None else went_on.astype(int),
        }
    )  # fmt: skip
    groups = table.groupby(["what", "why", "event"])["went_on"]
    found = groups.agg(count="size", went_on="sum").reset_index()
    found = found.sort_values("count", ascending=False)
    return found.assign(share=found["count"] / max(total, 1))


def states_over_time(states: pd.DataFrame, times_s: np.ndarray) -> pd.DataFrame:
    """Return how many clients are in each state (columns) at each of some instants (index).

    >>> states = pd.DataFrame({
    ...     "state": ["trying", "connected"], "start_s": [0.0, 9.0], "end_s": [9.0, 20.0],
    ... })
    >>> states_over_time(states, np.array([5.0, 10.0])).to_dict("list")
    {'connected': [0, 1], 'trying': [1, 0]}
    """
    counts = {}
    for state, rows in states.groupby(states["state"].astype(str)):
        begun = np.searchsorted(np.sort(rows["start_s"].to_numpy()), times_s, side="right")
        ended = np.searchsorted(np.sort(rows["end_s"].to_numpy()), times_s, side="right")
        counts[str(state)] = begun - ended
    return pd.DataFrame(counts, index=times_s)
