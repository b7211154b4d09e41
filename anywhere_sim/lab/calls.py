"""What calls are made of: those of one action, of one synchronisation, and of a person's hour."""

from __future__ import annotations

import pandas as pd

from anywhere_sim.lab.questions import rows_of
from anywhere_sim.traces import Run

NO_CALLS = (
    "this run did not record its calls: simulate the scenario `.with_(record_rpcs=True)` and look "
    "at that run"
)


def calls_of(run: Run, mailbox: str, kind: str, number: int = 1) -> pd.DataFrame:
    """Return the calls that one action of a person made, in their order: operations, bytes of the
    request and of the answer, and where the milliseconds went.

    The action is the `number`-th of its kind that asked the server. Raises ValueError where there
    is none, or where calls were not recorded.

    >>> recorded = aw.simulate(office.with_(record_rpcs=True, end="08:15"), seed=7)
    >>> lab.calls_of(recorded, "online/1", "read").index.name
    'call'
    """
    actions = rows_of(run.operations, mailbox)
    asked = actions[(actions["kind"].astype(str) == kind) & (actions["rpcs"] > 0)]
    if len(asked) < number:
        raise ValueError(
            f"{mailbox} did {kind!r} {len(asked)} times with the server's help, not {number}; "
            f"they did {', '.join(sorted(set(actions['kind'].astype(str))))}"
        )
    operation = asked["operation"].iloc[number - 1]
    return _told(run, run.rpcs["operation"] == operation)


def calls_of_sync(run: Run, mailbox: str, number: int = 1) -> pd.DataFrame:
    """Return the calls made in a person's `number`-th completed synchronisation that brought
    something, as `calls_of` does.

    >>> from anywhere_sim.lab import scenes
    >>> at_work = scenes.morning(24, cached_percent=50, away_percent=0, https_first=False)
    >>> recorded = aw.simulate(at_work.with_(record_rpcs=True), seed=7)
    >>> lab.calls_of_sync(recorded, "cached_office/1").index.tolist()
    ['sync_configure', 'sync_buffer']
    """
    mine = rows_of(run.syncs, mailbox)
    brought = mine[(mine["outcome"].astype(str) == "done") & (mine["items"] > 0)]
    if len(brought) < number:
        raise ValueError(f"{mailbox} has {len(brought)} synchronisations with items, not {number}")
    sync = brought.iloc[number - 1]
    rpcs = run.rpcs
    within = rpcs["start_s"].between(sync["start_s"], sync["end_s"]) & (
        rpcs["end_s"] <= sync["end_s"]
    )
    named = rpcs["kind"].astype(str).str.startswith(("sync", "upload"))
    return _told(run, (rpcs["mailbox"] == mailbox) & within & named)


def _told(run: Run, chosen: pd.Series) -> pd.DataFrame:
    calls = run.rpcs[chosen].sort_values("start_s")
    if calls.empty:
        raise ValueError(NO_CALLS)
    at_server_s = calls["queue_s"] + calls["cpu_s"] + calls["disk_s"]
    table = pd.DataFrame({
        "call": calls["kind"].astype(str),
        "operations": calls["rops"],
        "bytes up": calls["pdu_bytes_up"].astype(int),
        "bytes down": calls["pdu_bytes_down"].astype(int),
        "on the way, ms": (1000.0 * (calls["end_s"] - calls["start_s"] - at_server_s)).round(1),
        "processor, ms": (1000.0 * calls["cpu_s"]).round(1),
        "disk, ms": (1000.0 * calls["disk_s"]).round(1),
    })  # fmt: skip
    return table.set_index("call")


def calls_per_person(run: Run, by: str = "group") -> pd.DataFrame:
    """Return calls, operations and operations per call, per person and hour: a row per group, or
    with `by="kind"` per group and kind of call.

    >>> recorded = aw.simulate(office.with_(record_rpcs=True, end="08:15"), seed=7)
    >>> lab.calls_per_person(recorded).columns.tolist()
    ['calls', 'operations', 'operations per call']
    """
    if run.rpcs.empty:
        raise ValueError(NO_CALLS)
    calls = run.rpcs.assign(group=run.rpcs["group"].astype(str), kind=run.rpcs["kind"].astype(str))
    people = calls.groupby("group")["mailbox"].nunique()
    hours = float(run.states["end_s"].max() - run.states["start_s"].min()) / 3600.0
    keys = ["group"] if by == "group" else ["group", by]
    sums = calls.groupby(keys)["rops"].agg(["size", "sum"])
    each = sums.div(people * hours, axis=0, level="group" if len(keys) > 1 else None)
    each.columns = pd.Index(["calls", "operations"])
    return each.assign(**{"operations per call": each["operations"] / each["calls"]}).round(1)
