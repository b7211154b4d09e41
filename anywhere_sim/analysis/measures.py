"""The measures of one run: what it did to servers, links and the people who wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from anywhere_sim.analysis.known_tables import without_lines
from anywhere_sim.analysis.live_mail import CLOSED, without_mail_per_hour_s
from anywhere_sim.analysis.mail_ages import median_age_s, message_ages
from anywhere_sim.analysis.output_analysis import censored_quantile
from anywhere_sim.analysis.overview import eventful
from anywhere_sim.scenario.errors import ScenarioError
from anywhere_sim.scenario.quantities import HOUR_S
from anywhere_sim.traces import Run
from anywhere_sim.traces.own_measures import Measure, Measures, own_measures

MEGABYTE = 1e6
CONNECTED = ("connected", "connected_headers")
FIVE_MINUTES_S = 300.0
"""A peak is the mean of the busiest span of this length."""

UNITS: dict[str, str] = {
    "front-end CPU": "%",
    "store CPU": "%",
    "front-end CPU, busiest 5 min": "%",
    "store CPU, busiest 5 min": "%",
    "RPC calls": "1/s",
    "RPC calls, busiest 5 min": "1/s",
    "RPC operations": "1/s",
    "disk reads": "1/s",
    "disk writes": "1/s",
    "bytes up": "MB",
    "bytes down": "MB",
    "fullest link, busiest 5 min": "%",
    "connections at peak": "",
    "HTTP channels at peak": "",
    "launch to connected, p50": "s",
    "launch to connected, p95": "s",
    "without a connection": "s per open hour",
    "waited per open hour, mean": "s",
    "waited per open hour, p95 of people": "s",
    "wait per action, p50": "s",
    "wait per action, p95": "s",
    "failed actions per open hour": "",
    "age of a message, p50": "s",
    "age of a message, p95": "s",
}
"""The measures in the order in which they are shown, with their units."""

MEANINGS: dict[str, str] = {
    "front-end CPU": "share of its cores' time, mean of the run",
    "store CPU": "share of its cores' time, mean of the run",
    "front-end CPU, busiest 5 min": "the same in the five minutes in which it is highest",
    "store CPU, busiest 5 min": "the same in the five minutes in which it is highest",
    "RPC calls": "calls (packets) that the stores answered, mean of the run",
    "RPC calls, busiest 5 min": "the same in the five minutes in which they are most",
    "RPC operations": "operations (ROPs) that those calls carried, mean of the run",
    "disk reads": "of the stores' databases, mean of the run; of others than Outlook only what "
    "`other_disk_iops` of a server adds (indexing, virus scanners, handhelds)",
    "disk writes": "of the stores' databases, mean of the run",
    "bytes up": "IP bytes that left the clients, all links, whole run",
    "bytes down": "IP bytes that left for the clients, all links, whole run",
    "fullest link, busiest 5 min": "share of five minutes in which something passed, of the link "
    "and direction where it is highest; a link that only one person uses counts too",
    "connections at peak": "RPC connections at the stores, highest of the readings each 15 s",
    "HTTP channels at peak": "open IN and OUT requests at the front ends, "
    "highest of the readings each 15 s",
    "launch to connected, p50": "half of the people were connected by then",
    "launch to connected, p95": "95 % of the people were connected by then",
    "without a connection": "of each hour in which an Outlook that wants one is open: no mail "
    "connection that carries anything, also where Outlook takes a dead one for alive",
    "waited per open hour, mean": "what a person waited for Outlook in each hour "
    "in which it is open",
    "waited per open hour, p95 of people": "95 % of the people waited less",
    "wait per action, p50": "half of what people asked Outlook for took no longer",
    "wait per action, p95": "95 % of what people asked Outlook for took no longer",
    "failed actions per open hour": "what a person asked for and did not get; "
    "who waits for nothing may have been given nothing",
    "age of a message, p50": "from the mailbox to the client; messages that came while Outlook "
    "was open, those on their way at the end included",
    "age of a message, p95": "the same for 95 % of them",
}
"""What each measure says; percentiles are over the people or the messages of one run."""


def measures(run: Run, own: Measures | None = None) -> pd.Series:
    """Return one number per measure (the index, as in `UNITS`), each in its unit.

    NaN where a run has no case; infinite where the number lies beyond the end of the run. Measures
    of your own stand first: those that the run was simulated with (`measures=` of `simulate`), and
    `own`. `.attrs` has the `units` and `meanings` of all.

    Raises ScenarioError for a measure of your own that has the name of a shipped one, or returns no
    number.

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:01")
    >>> values = measures(aw.simulate(office, seed=7))
    >>> float(values["front-end CPU"]), float(values["HTTP channels at peak"])
    (0.0, 0.0)
    """
    states = run.states.assign(
        state=run.states["state"].astype(str), mailbox=run.states["mailbox"].astype(str)
    )
    values = {
        **_servers(run, states),
        **_links(run),
        **_launches(states),
        "without a connection": without_mail_per_hour_s(run, eventful(run)),
        **_waits(run),
        **_message_ages(run),
    }
    first = _own_values(run, own_measures(own))
    values |= dict.fromkeys(without_lines(run, UNITS), np.nan)
    numbers = {name: value for name, (value, _, _) in first.items()}
    numbers |= {name: values[name] for name in UNITS}
    series = pd.Series(numbers, name="value", dtype=float)
    series.attrs["units"] = {name: unit for name, (_, unit, _) in first.items()} | UNITS
    series.attrs["meanings"] = {name: text for name, (_, _, text) in first.items()} | MEANINGS
    return series


def _own_values(run: Run, own: Mapping[str, Measure]) -> dict[str, tuple[float, str, str]]:
    """Return value, unit and meaning of each measure that does not ship."""
    values = {
        name: (float(entry["value"]), str(entry["unit"]), str(entry["meaning"]))
        for name, entry in run.manifest.get("measures", {}).items()
    }
    for name, measure in own.items():
        values[name] = (measure.of(run, name), measure.unit, measure.meaning)
    return named(values)


def named(own: dict[str, Any]) -> dict[str, Any]:
    """Return measures of one's own. Raises ScenarioError for the name of one that ships."""
    for name in own:
        if name in UNITS or not name:
            raise ScenarioError(f"measures[{name!r}]: that name ships; choose another one")
    return own


def waited_per_open_hour_s(run: Run) -> pd.Series:
    """Return the seconds that each person waited for Outlook per open hour (index: mailbox).

    A group that never opens Outlook is left out, if another does. Open hours are the mean of the
    person's group: so the mean of a group is all that it waited over all hours it had it open.

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:01")
    >>> waited_s = waited_per_open_hour_s(aw.simulate(office, seed=7))
    >>> len(waited_s), waited_s.index.name
    (40, 'mailbox')
    """
    hours = open_hours(run).rename_axis("mailbox")
    hours = hours[hours.lt(float("inf")) | (hours.min() == float("inf"))]
    wait_s = run.operations["wait_s"].groupby(run.operations["mailbox"].astype(str)).sum()
    return wait_s.reindex(hours.index, fill_value=0.0) / hours


def groups(run: Run) -> pd.Series:
    """Return the group of each mailbox of a run, as text (index: mailbox).

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:01")
    >>> groups(aw.simulate(office, seed=7)).loc["cached/1"]
    'cached'
    """
    people = run.states[["mailbox", "group"]].astype(str).drop_duplicates("mailbox")
    return people.set_index("mailbox")["group"]


def open_hours(run: Run) -> pd.Series:
    """Return how many hours Outlook was open in a run for each person (index: mailbox).

    That is the mean of the person's group; infinite for a group that never opens Outlook, which
    waits for nothing.

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:30")
    >>> float(open_hours(aw.simulate(office, seed=7)).max()) < 0.5
    True
    """
    states = run.states
    open_s = (states["end_s"] - states["start_s"]).mask(
        states["state"].astype(str).isin(CLOSED), 0.0
    )
    of_mailbox_s = open_s.groupby(states["mailbox"].astype(str)).sum()
    of_group_s = of_mailbox_s.groupby(groups(run)).transform("mean")
    return (of_group_s / HOUR_S).replace(0.0, float("inf"))


def _begin_s(run: Run) -> float:
    """Return when a run begins; of an import, which has counters of hours of their own, these."""
    states = run.states.iloc[: 0 if "imported" in run.manifest else None]
    return float((states["start_s"] if len(states) else run.servers["time_s"]).min())


def _servers(run: Run, states: pd.DataFrame) -> dict[str, float]:
    """Return the measures of servers.

    Counters are cumulative, so that a mean over the run needs their last reading only.
    """
    servers = run.servers
    last = servers.groupby("server", observed=True).last()
    stores, fronts = last[last["role"] == "mailbox"], last[last["role"] == "front_end"]
    start_s = _begin_s(run)
    seconds = float(servers["time_s"].max() - start_s)
    of_role = {role: servers[servers["role"] == role] for role in ("front_end", "mailbox")}
    busiest = {role: _highest_rate(own, "cpu_busy_s", start_s) for role, own in of_role.items()}
    return {
        "front-end CPU": _busy_percent(fronts, seconds),
        "store CPU": _busy_percent(stores, seconds),
        "front-end CPU, busiest 5 min": _percent_of(busiest["front_end"], fronts),
        "store CPU, busiest 5 min": _percent_of(busiest["mailbox"], stores),
        "RPC calls": float(stores["rpc_packets"].sum()) / seconds,
        "RPC calls, busiest 5 min": _highest_rate(of_role["mailbox"], "rpc_packets", start_s),
        "RPC operations": float(stores["rpc_operations"].sum()) / seconds,
        "disk reads": float(stores["disk_reads"].sum()) / seconds,
        "disk writes": float(stores["disk_writes"].sum()) / seconds,
        "connections at peak": _peak(of_role["mailbox"], "connections"),
        "HTTP channels at peak": _peak(of_role["front_end"], "http_sessions"),
    }


def _highest_rate(readings: pd.DataFrame, counter: str, start_s: float) -> float:
    """Return how much per second the servers' counter rises in its busiest five minutes.

    Windows begin at the start; one that the end cuts off counts if it has half the length.
    """
    if readings.empty:
        return 0.0
    totals = readings.groupby("time_s")[counter].sum()
    window = _window(totals.index.to_numpy(), start_s)
    ends = totals.groupby(window).tail(1)
    times_s = np.concatenate([[start_s], ends.index.to_numpy(dtype=float)])
    rises = np.diff(np.concatenate([[0.0], ends.to_numpy(dtype=float)]))
    lengths_s = np.diff(times_s)
    if not lengths_s.max() > 0.0:
        return float("nan")
    whole = lengths_s >= min(FIVE_MINUTES_S / 2.0, float(lengths_s.max()))
    return float((rises[whole] / lengths_s[whole]).max())


def _window(times_s: NDArray[np.float64], start_s: float) -> NDArray[np.int64]:
    """Return the number of the five minutes in which a reading, made at its end, lies."""
    return ((times_s - start_s - 1e-6) // FIVE_MINUTES_S).astype(np.int64)


def _percent_of(busy_cores: float, servers: pd.DataFrame) -> float:
    return 100.0 * busy_cores / float(servers["cores"].sum(min_count=1)) if len(servers) else 0.0


def _busy_percent(servers: pd.DataFrame, seconds: float) -> float:
    if servers.empty:
        return 0.0
    core_seconds = float(servers["cores"].sum(min_count=1)) * seconds  # NaN where no log says it
    return 100.0 * float(servers["cpu_busy_s"].sum()) / core_seconds


def _peak(readings: pd.DataFrame, column: str) -> float:
    return float(readings.groupby("time_s")[column].sum().max()) if len(readings) else 0.0


def _links(run: Run) -> dict[str, float]:
    links, start_s = run.links, _begin_s(run)
    totals = links.groupby("direction", observed=True)["bytes"].sum()
    moved = {
        f"bytes {direction}": float(totals.get(direction, 0.0)) / MEGABYTE
        for direction in ("up", "down")
    }
    window = _window(links["time_s"].to_numpy(dtype=float), start_s)
    ways = [links["link"].astype(str), links["direction"].astype(str)]
    busy_s = links["busy_s"].groupby([*ways, window]).sum()
    length_s = min(FIVE_MINUTES_S, float(run.servers["time_s"].max()) - start_s)
    fullest = min(1.0, float(busy_s.max()) / length_s) if len(links) and length_s else 0.0
    return moved | {"fullest link, busiest 5 min": 100.0 * fullest}


def _launches(states: pd.DataFrame) -> dict[str, float]:
    """Return the measures of connecting.

    A launch counts when it happens in the run and does not end in work offline by choice; it lasts
    to the first connected state and is censored by the end of the run.
    """
    states = states.assign(launch=states["state"].eq("off").groupby(states["mailbox"]).cumsum())
    launch = ["mailbox", "launch"]
    open_states = states[~states["state"].isin(CLOSED)]
    first_state = open_states.groupby(launch)["state"].transform("first")
    open_states = open_states[first_state != "offline"]
    start_s = open_states.groupby(launch)["start_s"].min()
    start_s = start_s[start_s > states["start_s"].min()]
    start_s = start_s[start_s.index.get_level_values("launch") > 0]  # a log has no launches
    is_connected = open_states["state"].isin(CONNECTED)
    connected_s = open_states[is_connected].groupby(launch)["start_s"].min().reindex(start_s.index)
    seconds = connected_s.fillna(states["end_s"].max()) - start_s
    return _percentiles("launch to connected", seconds, connected_s.notna())


def _not_done(operations: pd.DataFrame) -> pd.Series:
    """Return which actions failed, or were given up by a person who had waited too long."""
    return operations["outcome"].astype(str).isin(("failed", "cancelled"))


def _waits(run: Run) -> dict[str, float]:
    waited_s, hours = waited_per_open_hour_s(run), open_hours(run)
    failed = int(_not_done(run.operations).sum())
    return {
        "waited per open hour, mean": float(waited_s.mean()),
        "waited per open hour, p95 of people": float(waited_s.quantile(0.95)),
        "wait per action, p50": float(run.operations["wait_s"].quantile(0.5)),
        "wait per action, p95": float(run.operations["wait_s"].quantile(0.95)),
        "failed actions per open hour": failed / float(hours[hours < float("inf")].sum())
        if failed
        else 0.0,
    }


def _message_ages(run: Run) -> dict[str, float]:
    ages = message_ages(run)
    return _percentiles("age of a message", ages["observed_s"], ages["age_s"].notna())


def _percentiles(measure: str, times_s: pd.Series, ended: pd.Series) -> dict[str, float]:
    return {
        f"{measure}, p{percent}": censored_quantile(times_s, ended, percent / 100.0)
        for percent in (50, 95)
    }


SummaryRow = tuple[str, float, str]


def summary(run: Run) -> pd.DataFrame:
    """Return a tidy table with a row per measure (the index): value, unit.

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:01")
    >>> table = summary(aw.simulate(office, seed=7))
    >>> table.loc["cached: waited per open hour, mean", "unit"]
    's'
    """
    own = [(name, value, unit) for name, (value, unit, _) in _own_values(run, {}).items()]
    rows = [*own, *_server_rows(run), *_link_rows(run), *_attempt_rows(run), *_group_rows(run)]
    return pd.DataFrame(rows, columns=["measure", "value", "unit"]).set_index("measure")


def _server_rows(run: Run) -> Iterator[SummaryRow]:
    servers = run.servers.assign(
        role=run.servers["role"].astype(str), server=run.servers["server"].astype(str)
    )
    for (role, server), rows in servers.groupby(["role", "server"]):
        name = f"{role} {server}"
        yield f"{name}: CPU busy, mean", 100.0 * float(rows["cpu_busy"].mean()), "%"
        busiest = _highest_rate(rows, "cpu_busy_s", _begin_s(run))
        yield f"{name}: CPU busy, busiest 5 min", _percent_of(busiest, rows.tail(1)), "%"
        if role == "front_end":
            yield f"{name}: HTTP channels, peak", float(rows["http_sessions"].max()), ""
        yield f"{name}: RPC calls", float(rows["rpc_packets_per_s"].mean()), "1/s"
        yield f"{name}: RPC operations", float(rows["rpc_operations_per_s"].mean()), "1/s"
        if role != "directory":
            yield f"{name}: calls that wait, peak", float(rows["queued_requests"].max()), ""
            yield f"{name}: refused", float(rows["rejected"].iloc[-1]), ""
        if role == "mailbox":
            yield f"{name}: disk reads", float(rows["disk_reads_per_s"].mean()), "1/s"
            yield f"{name}: disk writes", float(rows["disk_writes_per_s"].mean()), "1/s"
        yield f"{name}: connections, peak", float(rows["connections"].max()), ""


def _link_rows(run: Run) -> Iterator[SummaryRow]:
    totals = run.links["bytes"].groupby(run.links["direction"].astype(str)).sum()
    for direction, total in totals.items():
        yield f"bytes {direction}", float(total) / MEGABYTE, "MB"


def _attempt_rows(run: Run) -> Iterator[SummaryRow]:
    if len(run.attempts):
        failed = float((run.attempts["outcome"] == "failed").mean())
        yield "connection attempts", float(len(run.attempts)), ""
        yield "connection attempts that failed", 100.0 * failed, "%"


def _group_rows(run: Run) -> Iterator[SummaryRow]:
    group_of, waited_s = groups(run), waited_per_open_hour_s(run)
    is_failed = _not_done(run.operations)
    failed = is_failed.groupby(run.operations["group"].astype(str)).sum()
    ages = message_ages(run)
    of_group = ages["recipient"].map(group_of)
    for group, of_group_s in waited_s.groupby(group_of):
        age = "age of a message on reaching the client, median"
        waits_s = run.operations["wait_s"][run.operations["group"].astype(str) == group]
        yield f"{group}: waited per open hour, mean", float(of_group_s.mean()), "s"
        for percent in (50, 95):
            wait_s = float(waits_s.quantile(percent / 100.0))
            yield f"{group}: wait per action, p{percent}", wait_s, "s"
        yield f"{group}: actions not done", float(failed.get(group, 0)), ""
        yield f"{group}: {age}", median_age_s(ages[of_group == group]), "s"
