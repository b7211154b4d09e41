"""From tables of real logs to a scenario: every number measured with its interval, or a default."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from anywhere_sim.calibration import arrivals, costs
from anywhere_sim.calibration.actions import People, actions, people
from anywhere_sim.calibration.bounds import allowed_row, possible_shares
from anywhere_sim.calibration.estimate import (
    Estimate,
    Events,
    Floats,
    Z,
    kept,
    mean,
    rate,
    share,
    without_outliers,
)
from anywhere_sim.calibration.sizes import message_sizes
from anywhere_sim.calibration.written import Calibration, Row
from anywhere_sim.scenario.activity import ACTIVITIES, Activity
from anywhere_sim.scenario.community import Community
from anywhere_sim.scenario.quantities import DAY_S, HOUR_S, format_time
from anywhere_sim.scenario.requests import Requests
from anywhere_sim.scenario.spec import WEEKDAYS
from anywhere_sim.traces import Run

SENT = ("send", "answer", "submitted")
OWN = ("send", "answer", "submitted", "search", "calendar", "open_old")
"""What people do of themselves, as often as they are active; what they read comes from others."""
OF_LEVEL = ("send", "search", "calendar", "open_old")
CLASSES = ("light", "medium", "heavy", "very_heavy")
COMMUNITY = "people"
PLACE_OF_PATH = {"tcp": ("office", "lan"), "https": ("outside", "dsl")}
_USUAL_COMMUNITY, _USUAL_REQUESTS = Community(), Requests()


def calibrate(run: Run | str | Path) -> Calibration:
    """Return a scenario whose numbers were measured in the tables of an import, where they can be.

    `run` is an imported run, or its folder. Each number has an interval of 95 % or is marked as a
    default, with the reason. Raises CalibrationError where nobody is seen, RunError for a folder
    without a run.

    >>> group = aw.calibrate(run).table().set_index("key").loc["groups.online-tcp.mailboxes"]
    >>> print(group["value"], group["basis"])
    6 users in the logs
    """
    tables = run if isinstance(run, Run) else Run.load(run)
    groups, done = people(tables), actions(tables)
    rows: list[Row] = [*_heading(tables, groups)]
    fits: list[str] = []
    new_share = _new_share(done)
    rows += costs.servers(tables, {each.path for each in groups})
    for path in sorted({each.path for each in groups}):
        name, kind = PLACE_OF_PATH[path]
        rows.append(Row(("places", name), kept("kind", kind, f"logs say {path}, but no rates")))
    rows += _community(groups, done, new_share, fits)
    for group in groups:
        rows += _group(tables, group, groups, done, new_share)
    found = Calibration(tuple(map(allowed_row, rows)), tuple(fits), _calls(tables, groups))
    return _costs_of_the_mix(found)


def _costs_of_the_mix(found: Calibration) -> Calibration:
    """Return a calibration whose measured costs are those of the model's mean operation."""
    scenario, rows = found.scenario(), list(found.rows)
    for index, row in enumerate(rows):
        if row.estimate.key == costs.COST and row.estimate.measured:
            estimate = costs.of_the_mix(scenario, row.table[1], row.estimate)
            rows[index] = replace(row, estimate=estimate)
    return replace(found, rows=tuple(rows))


def _new_share(done: pd.DataFrame) -> float:
    """Return the share of what is sent that is no answer; half where no log tells them apart."""
    new, answers = ((done["action"] == each).sum() for each in ("send", "answer"))
    return float(new / (new + answers)) if new + answers >= 20 else 0.5


def _heading(run: Run, groups: Sequence[People]) -> list[Row]:
    days = pd.concat([each.days for each in groups])
    begins_s, ends_s = float(days["first_s"].min()), float(days["last_s"].max())
    begin = HOUR_S * math.floor(max(begins_s, 0.0) / HOUR_S)
    end = HOUR_S * math.ceil(max(ends_s, begin + HOUR_S) / HOUR_S)
    if ends_s >= DAY_S:  # an itinerary may leave the day as long as the run goes on
        end = HOUR_S * (math.floor(ends_s / HOUR_S) + 1.0)
    count = days["day"].nunique()
    span = f"{count:,} day{'s' * (count > 1)} of logs, from {run.manifest.get('day_1', 'day 1')} on"
    why = f"Calibrated from {span}."
    return [
        Row((), kept("why", why, "")),
        Row((), Estimate("start", format_time(begin, seconds=False), basis="the first connection")),
        Row((), Estimate("end", format_time(end, seconds=False), basis="the last connection")),
    ]


def _community(
    groups: Sequence[People], done: pd.DataFrame, new_share: float, fits: list[str]
) -> list[Row]:
    table = ("communities", COMMUNITY)
    own = [each.events(done, OWN) for each in groups]
    # with a copy answers can't be told from what is new, and they follow what others write
    of_level = [each.events(done, OF_LEVEL) for each in groups if each.mode == "online"]
    shape, half = arrivals.day_shape(of_level or own)
    rows = [Row(table, shape, _hours(half) if shape.measured else ())]
    sigma, fit = arrivals.level_sigma(of_level or own)
    rows.append(Row(table, sigma))
    fits.append(fit)
    # with a copy messages leave together when the Outbox is sent, at other times than written
    online = [each.events(done, ("send",)) for each in groups if each.mode == "online"]
    if online:
        bursts = arrivals.bursts(online, 1.0)
    else:
        bursts = arrivals.bursts([each.events(done, SENT) for each in groups], new_share, False)
    rows += [Row(table, bursts.messages), Row(table, bursts.gap_s)]
    written = [(each.mode, _of(done, each, SENT)["chunks"].to_numpy(np.float64)) for each in groups]
    size, size_sigma, size_fit = message_sizes(written)
    rows += [Row(table, size), Row(table, size_sigma)]
    fits += [bursts.fit, size_fit]
    unseen = "no log of these names recipients"
    for name in ("recipients_mean", "multiple_share"):
        rows.append(Row(table, kept(name, getattr(_USUAL_COMMUNITY, name), unseen)))
    return rows


def _hours(half: Floats) -> tuple[str, ...]:
    """Return what is said of the hours of a day."""
    each = ", ".join(f"{value:.2f}" for value in half)
    return (f"95 % intervals, plus and minus: {each}",)


def _of(done: pd.DataFrame, group: People, kinds: Sequence[str]) -> pd.DataFrame:
    return done[done["action"].isin(kinds) & done["mailbox"].isin(group.mailboxes)]


def _group(
    run: Run, group: People, groups: Sequence[People], done: pd.DataFrame, new_share: float
) -> list[Row]:
    table = ("groups", group.name)
    in_logs = "client-mode is in no log"
    rows = [
        Row(table, Estimate("mailboxes", len(group.mailboxes), basis="users in the logs")),
        Row(table, Estimate("client", group.client, basis="client-software-version")
            if group.client else kept("client", "outlook2007", "no version in the logs")),
        Row(table, Estimate("mode", group.mode, basis="client-mode")
            if group.mode else kept("mode", "cached", in_logs)),
        Row(table, kept("server", costs.store_name(run), "the first store")),
        Row(table, kept("community", COMMUNITY, "all in one")),
        *_hours_of_work(run, group, table),
    ]  # fmt: skip
    usual, rates = _rates(group, groups, done, new_share)
    rows += [Row((*table, "activity"), each) for each in rates]
    measured = {each.key for each in rates}
    base = ACTIVITIES[usual]
    for name in Activity.model_fields:
        value = getattr(base, name)
        if name not in measured and value is not None:
            rows.append(Row((*table, "activity"), kept(name, value, f"of the {usual} user")))
    if group.mode == "online":
        rows += [Row((*table, "requests"), each) for each in _requests(run, group, done)]
    return rows


def _hours_of_work(run: Run, group: People, table: tuple[str, ...]) -> list[Row]:
    """Return where and when people of a group are connected, and on which weekdays."""
    days = group.days
    came = days.dropna(subset=["first_s"])
    weekdays = _weekdays(run, days)
    itinerary, stays = _itinerary(days, PLACE_OF_PATH[group.path][0], bool(weekdays))
    count = len(came)
    half = Z * float(came["first_s"].std(ddof=1)) / math.sqrt(count) if count > 1 else math.nan
    known = "" if math.isnan(half) else f", the first time within {half / 60.0:.0f} min (95 %)"
    basis = f"mean of {count:,} days of a person{known}{stays}"
    rows = [Row(table, Estimate("itinerary", itinerary, basis=basis))]
    people_seen = came["mailbox"].nunique()
    if people_seen > 2:
        rows.append(Row(table, arrivals.spread(came)))
    if weekdays:
        rows.append(Row(table, Estimate("days", weekdays, basis="days with connections")))
    return rows


def _weekdays(run: Run, days: pd.DataFrame) -> list[str]:
    """Return the weekdays on which people are connected; none where it is one, or no Monday."""
    try:
        first = date.fromisoformat(str(run.manifest.get("day_1")))
    except ValueError:
        return []
    seen = {WEEKDAYS[(first + timedelta(days=int(day))).weekday()] for day in days["day"].unique()}
    names = [str(each) for each in WEEKDAYS if each in seen]
    # else nobody would come on the first day
    return names if len(names) > 1 and names[0] == WEEKDAYS[0] else []


def _itinerary(days: pd.DataFrame, place: str, repeats: bool) -> tuple[list[list[str]], str]:
    """Return when people come to a place and leave it, and what is said of nights.

    Where the itinerary `repeats`, who leaves after midnight does so at the beginning of a day,
    before she comes again.
    """
    first_s, last_s = float(days["first_s"].mean()), float(days["last_s"].mean())
    first_s, last_s = (60.0 * round(each / 60.0) for each in (first_s, last_s))
    first_s = min(first_s, DAY_S - 60.0)
    last_s = max(last_s, first_s + 60.0)
    comes = [format_time(first_s, seconds=False), place]
    if days["last_s"].notna().mean() < 0.5:
        return [comes], "; they stay connected over night"
    if last_s < DAY_S - 60.0:
        return [comes, [format_time(last_s, seconds=False), "off"]], ""
    if last_s < DAY_S + 60.0:
        return [comes], "; they leave at midnight, or not at all"
    if not repeats:
        return [comes, [format_time(last_s, seconds=False), "off"]], "; they leave after midnight"
    leaves_s = last_s - DAY_S
    if leaves_s >= first_s:
        return [comes], "; they stay connected over night"
    leaves = [format_time(leaves_s, seconds=False), "off"]
    return [leaves, comes], "; they leave after midnight"


def _rates(
    group: People, groups: Sequence[People], done: pd.DataFrame, new_share: float
) -> tuple[str, list[Estimate]]:
    """Return the shipped kind of user that is nearest, and what was measured beside it."""
    sent = group.events(done, SENT)
    per_day = sent.count / max(float(sent.days.sum()), 1.0)
    usual = min(CLASSES, key=lambda each: abs(
        math.log(max(per_day, 0.1) / (2.0 * ACTIVITIES[each].new_messages))))  # fmt: skip
    base = ACTIVITIES[usual]
    if group.mode != "online":
        written = rate("new_messages", sent, "messages sent", base.new_messages)
        if written.measured:
            written = Estimate(
                "new_messages", written.value * new_share, written.low * new_share,
                written.high * new_share, True,
                f"{written.basis}, {100 * new_share:.0f} % of them taken as no answers",
            )  # fmt: skip
        return usual, [written]
    new, reads = group.events(done, ("send",)), group.events(done, ("read",))
    counts = {
        each: group.events(done, (each,)).count
        for each in ("answer", "delete", "move", "open_window", "next_item")
    }
    found = [
        rate("new_messages", new, "new messages sent", base.new_messages),
        share("reply_share", counts["answer"], reads.count, "messages read", base.reply_share),
        _outside(groups, done, reads, base.outside_messages),
        rate("old_items_opened", group.events(done, ("open_old",)), "old items opened",
             base.old_items_opened),
        rate("searches", group.events(done, ("search",)), "searches", base.searches),
        rate("calendar_changes", group.events(done, ("calendar",)), "items saved",
             base.calendar_changes),
        share("delete_share", counts["delete"], reads.count, "messages read", base.delete_share),
        share("move_share", counts["move"], reads.count, "messages read", base.move_share),
        share("opened_in_window_share", counts["open_window"], reads.count, "messages read",
              base.opened_in_window_share),
        share("next_item_share", counts["next_item"], counts["delete"] + counts["move"],
              "messages deleted or moved", base.next_item_share),
    ]  # fmt: skip
    return usual, possible_shares(found)


def _outside(groups: Sequence[People], done: pd.DataFrame, reads: Events, usual: float) -> Estimate:
    """Return what comes from outside: what is read, less what colleagues write.

    Each message that is sent goes to as many recipients as usual, all of them in the logs.
    """
    found = rate("outside_messages", reads, "messages read", usual)
    if not found.measured:
        return found
    every = [each.events(done, SENT) for each in groups]
    days = sum(float(each.days.sum()) for each in every)
    inside = sum(each.count for each in every) / days
    answered = 1.0 - _new_share(done)
    inside_share = min(inside / found.value, 1.0)
    received = inside * (
        (1.0 - answered) * _USUAL_COMMUNITY.recipients_mean + answered * inside_share
    )
    values = [max(each - received, 0.0) for each in (found.value, found.low, found.high)]
    return Estimate(
        "outside_messages", values[0], values[1], values[2], True,
        f"{found.basis}, less {received:.1f} a day that colleagues send (recipients_mean)",
    )  # fmt: skip


def _requests(run: Run, group: People, done: pd.DataFrame) -> list[Estimate]:
    """Return the further calls of each action, to the nearest whole number."""
    found = []
    for key, kind, column in (
        ("preview_property_calls", "read", "properties"),
        ("window_property_calls", "open_window", "properties"),
        ("compose_property_calls", "send", "properties"),
        ("reply_property_calls", "answer", "properties"),
        ("calendar_property_calls", "calendar", "properties"),
        ("search_polls", "search", "polls"),
    ):
        values = without_outliers(_of(done, group, (kind,))[column].to_numpy(np.float64))
        found.append(mean(key, values, f"times {kind}", getattr(_USUAL_REQUESTS, key)))
    calls = run.rpcs
    own = calls["mailbox"].astype(str).isin(group.mailboxes)
    carried = calls[own & calls["kind"].astype(str).isin(("read_properties", "set_properties"))]
    found.append(mean("property_rops", carried["rops"], "property calls",
                      _USUAL_REQUESTS.property_rops))  # fmt: skip
    return [
        Estimate(each.key, round(each.value), each.low, each.high, each.measured, each.basis)
        for each in found
    ]


def _calls(run: Run, groups: Sequence[People]) -> pd.DataFrame:
    """Return calls and operations per person and day, and per call, by group and kind."""
    calls = run.rpcs
    of = {name: group.name for group in groups for name in group.mailboxes}
    frame = pd.DataFrame({
        "group": calls["mailbox"].astype(str).map(of), "kind": calls["kind"].astype(str),
        "rops": calls["rops"].astype(float),
    }).dropna(subset=["group"])  # fmt: skip
    columns = ["group", "kind", "calls_per_day", "rops_per_day", "rops_per_call"]
    if frame.empty:
        return pd.DataFrame(columns=columns)
    days = {group.name: max(len(group.days), 1) for group in groups}
    table = frame.groupby(["group", "kind"])["rops"].agg(["size", "sum"]).reset_index()
    per_day = table["group"].map(days)
    return pd.DataFrame({
        "group": table["group"], "kind": table["kind"], "calls_per_day": table["size"] / per_day,
        "rops_per_day": table["sum"] / per_day, "rops_per_call": table["sum"] / table["size"],
    })  # fmt: skip
