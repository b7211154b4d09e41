"""The page of one run: verdict, lights, the day on one axis, lines, first copies, then tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from io import BytesIO
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd

from anywhere_sim.analysis.labels import capitalized, label, quantity
from anywhere_sim.analysis.limits import (
    DISKS,
    LATENCY,
    LINE,
    PORTS,
    REFUSED,
    REQUESTS,
    STANDARD,
    THREADS,
    WAIT,
    WALLS,
    ServiceLevel,
    loads,
)
from anywhere_sim.analysis.measures import summary, waited_per_open_hour_s
from anywhere_sim.analysis.overview import (
    lights,
    line_use,
    not_done,
    states_over_time,
)
from anywhere_sim.analysis.roll_out import first_copies, roll_out_steps
from anywhere_sim.report.known_misses import known_miss
from anywhere_sim.report.result import STYLE, image
from anywhere_sim.report.story import STAGES
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.quantities import DAY_S, format_time
from anywhere_sim.scenario.scenario import Event
from anywhere_sim.scenario.spec import WEEKDAYS
from anywhere_sim.traces import Run

DPI = 110
LIGHTS = """
.fine, .near, .beyond { font-weight: 600; white-space: nowrap; }
.fine { color: #1b7837; } .near { color: #9a6700; } .beyond { color: #c00000; }
thead th:first-child { text-align: left; }
"""
MARKS = {"fine": "●", "near": "▲", "beyond": "■"}
"""The light's shape, so that it can be told without colours."""
SYMPTOMS = (WAIT, LATENCY, REFUSED)
"""What is beyond its limit because something else is full."""
PLURAL = (WAIT, DISKS, THREADS, REQUESTS, PORTS, REFUSED)
IN_WORDS = {WAIT: "waits", REFUSED: "refusals"}
SHORTEST_WAIT_S = 0.01
WITHOUT = ("trying", "disconnected")
WITHOUT_EVERY_S = 60.0
SHARE_TOLD = 0.02
"""Of clients without a connection, or of attempts that failed: what the verdict mentions."""
FULLEST = 8
"""Limits on the printed page; all are in its appendix."""
SHOWN = 0.01
"""A light below this share of its limit is only counted."""


@dataclass(frozen=True, slots=True)
class RunFindings:
    """What the page shows: readings per five minutes, lights, first copies, what was not done."""

    run: Run
    scenario: Scenario
    loads: pd.DataFrame
    lights: pd.DataFrame
    copies: pd.DataFrame
    steps: pd.DataFrame
    not_done: pd.DataFrame

    @classmethod
    def of(cls, run: Run, scenario: Scenario, level: ServiceLevel = STANDARD) -> RunFindings:
        """Return the findings of a run of that scenario at a service level."""
        table = loads(run, scenario, level)
        return cls(
            run, scenario, table, lights(table, scenario.end), first_copies(run, scenario),
            roll_out_steps(run, scenario), not_done(run),
        )  # fmt: skip


def verdict(found: RunFindings) -> list[str]:
    """Return at most three sentences: the limits, first copies or what was refused, the waits."""
    second = next(iter([*copies_said(found.copies), *_refused_said(found)]), "")
    return [sentence for sentence in (_limits_said(found), second, _waits_said(found)) if sentence]


def _limits_said(found: RunFindings) -> str:
    beyond = found.lights[found.lights["light"] == "beyond"]
    if beyond.empty:
        top = found.lights.iloc[0]
        percent = f"{100.0 * top['share']:.0f} %"
        return (
            f"Nothing was beyond its limit: the fullest, {_named(top)}, was at {percent} of it in "
            f"the busiest five minutes ({_at(top['time_s'])})."
        )
    symptom = beyond["what"].isin(SYMPTOMS)
    beyond = beyond.assign(symptom=symptom).sort_values("symptom", kind="stable")
    top = beyond.iloc[0]
    rest = beyond[[_named(row) != _named(top) for _, row in beyond.iterrows()]]
    others = [_named(row) for _, row in rest.iterrows()]
    several = len(others) > 1 or bool(rest["what"].isin(PLURAL).any())
    more = f"; so {'were' if several else 'was'} {_list(others)}" if others else ""
    return (
        f"{capitalized(_named(top))} {'were' if top['what'] in PLURAL else 'was'} at or beyond "
        f"{quantity(top['limit'], top['unit'])}, the limit, for {quantity(top['beyond_s'], 's')} "
        f"from {_at(top['reached_s'])} on (worst: {quantity(top['busiest'], top['unit'])}){more}."
    )


def _list(names: list[str], most: int = 3) -> str:
    shown = names[:most] + ([f"{len(names) - most} more"] if len(names) > most else [])
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def copies_said(copies: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence on `first_copies` if there are any: how many are complete, the last when."""
    planned, complete = int(copies["planned"].sum()), int(copies["complete"].sum())
    if not planned:
        return
    last_s = float(copies["forecast_s"].max())
    if complete == planned:
        yield f"All {planned:,} first copies were complete by {_at(last_s)}."
    else:
        begun = int(copies["begun"].sum())
        some = f" ({begun:,} begun)" if begun < planned else ""
        yield (
            f"Of {planned:,} first copies{some} {complete:,} were complete at the end; at this "
            f"rate the last will be at {_at(last_s)}."
        )


def steps_said(steps: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence per step of `roll_out_steps`: how many copies are complete by when."""
    for row in steps.to_dict("records"):
        when = f"{_at(row['last_s'])}{' (forecast)' if row['forecast'] else ''}"
        yield (
            f"Roll-out of {row['group']}, step {row['step']}, from {_at(row['begin_s'])}: "
            f"{row['complete']:,} of {row['mailboxes']:,} complete, the last by {when}."
        )


def _refused_said(found: RunFindings) -> Iterator[str]:
    """Yield how many clients were without a connection, and why attempts failed."""
    states, table = found.run.states, found.not_done
    times_s = np.arange(found.scenario.start, found.scenario.end, WITHOUT_EVERY_S)
    counts = states_over_time(states, times_s)
    without = counts[[name for name in WITHOUT if name in counts]].sum(axis=1)
    attempts = table[table["what"].str.startswith("connection attempt")]
    failed, clients = int(attempts["count"].sum()), states["mailbox"].nunique()
    if without.max() < SHARE_TOLD * clients and attempts["share"].sum() < SHARE_TOLD:
        return
    text = "All clients were connected"
    if without.max():
        when = _at(float(without.idxmax()))
        text = f"At worst {int(without.max()):,} of {clients:,} clients had no connection ({when})"
    if failed:
        top = attempts.iloc[0]
        why = STAGES.get(top["why"], top["why"])
        text += f"; {failed:,} attempts failed, most because {why}"
    yield f"{text}."


def _waits_said(found: RunFindings) -> str:
    waits = found.run.operations["wait_s"]
    if waits.empty:
        return "Nobody did anything with mail in this time."
    rows = found.not_done
    lost = int(rows[rows["what"].str.startswith("action")]["count"].sum())
    per_hour = float(waited_per_open_hour_s(found.run).mean())
    most = quantity(max(float(waits.quantile(0.95)), SHORTEST_WAIT_S), "s")
    text = (
        f"People waited {quantity(per_hour, 's')} per open hour (of Outlook) on average; 95 % of "
        f"their actions took no longer than {most}"
    )
    return f"{text}, and {lost:,} of {len(waits):,} were not done." if lost else f"{text}."


def _named(light: Mapping[str, Any]) -> str:
    what, thing = str(light["what"]), str(light["thing"])
    if what == LINE:
        place, _, direction = thing.rpartition(" ")
        return f"the line {direction} of {place}"
    return f"the {IN_WORDS.get(what, what)} of {thing}"


def _at(time_s: float) -> str:
    if not isfinite(time_s):
        return "no time that can be told"
    day, rest_s = divmod(time_s, DAY_S)
    text = format_time(rest_s, seconds=False)
    weekday = WEEKDAYS[int(day) % len(WEEKDAYS)].capitalize()
    if not day:
        return text
    return f"{weekday} {text}" + (f" (day {int(day) + 1})" if day >= len(WEEKDAYS) else "")


def event_words(event: Event) -> str:
    """Return what an event does, for the axis.

    >>> event_words(Event(at="09:00", do="crash", server="fe1", for_s=600))
    'crash of fe1, 10 min'
    """
    target = event.server or event.place or event.group
    length = quantity(event.for_s, "s") if event.for_s else ""
    spread = f"over {quantity(event.spread_s, 's')}" if event.spread_s else ""
    return ", ".join(filter(None, [f"{event.do.replace('_', ' ')} of {target}", length, spread]))


def page(found: RunFindings, name: str) -> str:
    """Return the page as HTML, with everything in it."""
    run, scenario = found.run, found.scenario
    hours = " to ".join(_at(time_s) for time_s in (scenario.start, scenario.end))
    people = sum(group.mailboxes for group in scenario.groups.values())
    manifest = run.manifest
    audit = run.audit()
    books = f"The books balance: {audit}" if audit.ok else f"The books do not balance. {audit}"
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(scenario.why)}</title><style>{STYLE}{LIGHTS}</style></head><body>
<h1>{escape(scenario.why)}</h1>
<section class="answer">
<p class="verdict">{escape(" ".join(verdict(found)))}</p>
<p class="note">{escape(name)}: {people:,} mailboxes, {hours}, seed {manifest["seed"]}, replication
{manifest["replication"]}, {manifest["rpcs"]:,} calls. One run: no confidence intervals.</p>
{image("Limits, states of clients and waits on one axis of time", _picture(found))}
{_lights_table(found.lights, FULLEST)}
</section>
<section class="appendix">
<h2>Appendix: all limits</h2>
{_lights_table(found.lights)}
<h2>Lines</h2>
{_lines_table(run, scenario)}
{_copies_table(found)}
<h2>Refused, lost, failed</h2>
{_not_done_table(found)}
<h2>Measures</h2>
{_measures_table(run)}
<h2>Provenance</h2>
<p>Scenario digest {manifest["digest"]}; anywhere-sim {manifest["versions"]["anywhere-sim"]}.
{escape(books)} That says that nothing was lost in counting, not that all is well.</p>
</section>
</body></html>
"""


def _picture(found: RunFindings) -> bytes:
    from anywhere_sim.figures.overview import overview  # matplotlib only where something is drawn

    events = [(event.at, event_words(event)) for event in found.scenario.events]
    steps = found.steps[found.steps["begin_s"] < found.scenario.end]
    events += [
        (row["begin_s"], f"{row['mailboxes']:,} of {row['group']} rolled out")
        for row in steps.to_dict("records")
    ]
    figure = overview(found.run, found.loads, events)
    picture = BytesIO()
    figure.savefig(picture, format="png", dpi=DPI)
    return picture.getvalue()


Cell = Callable[[Mapping[str, Any]], str]


def _table(rows: pd.DataFrame, columns: Mapping[str, Cell], nothing: str) -> str:
    """Return a table as HTML; each column is a function of a row that returns HTML."""
    if rows.empty:
        return f"<p>{escape(nothing)}</p>"
    head = "".join(f"<th>{escape(heading)}</th>" for heading in columns)
    first, *others = columns.values()
    body = "".join(
        f"<tr><th>{first(row)}</th>{''.join(f'<td>{cell(row)}</td>' for cell in others)}</tr>"
        for row in rows.to_dict("records")
    )
    rows_of = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="wide"><table>{rows_of}</table></div>'


def _lights_table(every: pd.DataFrame, most: int | None = None) -> str:
    """Return the lights that are used to 1 % of their limit, the fullest first, as HTML."""
    shown = every[every["share"] >= SHOWN].head(most or len(every))
    quiet = len(every) - len(shown)
    less = "less" if most else "to less than 1 %"
    more = f'<p class="note">{quiet} more limits are used {less}.</p>' if quiet else ""
    table = _table(
        shown,
        {
            "server, line or people": lambda row: escape(f"{row['thing']}: {row['what']}"),
            "": lambda row: (
                f'<span class="{row["light"]}">{MARKS[row["light"]]} {row["light"]}</span>'
            ),
            "busiest five minutes": lambda row: quantity(row["busiest"], row["unit"]),
            "limit": lambda row: (
                quantity(row["limit"], row["unit"]) + (" (wall)" if row["what"] in WALLS else "")
            ),
            "% of it": lambda row: f"{100.0 * row['share']:,.0f}",
            "when": lambda row: _at(row["time_s"]),
            "reached": lambda row: _at(row["reached_s"]) if row["light"] == "beyond" else "never",
            "for": lambda row: quantity(row["beyond_s"], "s") if row["beyond_s"] else "",
        },
        "No limit was used to 1 %.",
    )
    return table + more


def _lines_table(run: Run, scenario: Scenario) -> str:
    return _table(
        line_use(run, scenario),
        {
            "line": lambda row: escape(f"{row['place']}, {row['direction']}"),
            "rate": lambda row: (
                quantity(row["kbps"], "kbit/s")
                + (f" × {row['lines']:,}" if row["lines"] > 1 else "")
            ),
            "moved": lambda row: quantity(1000.0 * row["gigabytes"], "MB"),
            "busy, mean": lambda row: quantity(100.0 * row["mean"], "%"),
            "busiest five minutes of a line": lambda row: (
                f"{quantity(100.0 * row['busiest'], '%')} at {_at(row['time_s'])}"
            ),
            "who used it": lambda row: escape(row["users"]),
        },
        "Nothing went over a line.",
    )


def _copies_table(found: RunFindings) -> str:
    if found.copies.empty:
        return ""
    return (
        "<h2>First synchronisations</h2>"
        + _table(
            found.copies,
            {
                "group": lambda row: escape(row["group"]),
                "planned": lambda row: f"{row['planned']:,}",
                "begun": lambda row: f"{row['begun']:,}",
                "complete": lambda row: f"{row['complete']:,}",
                "first begun": lambda row: _at(row["begin_s"]),
                "half complete": lambda row: (
                    _at(row["half_s"]) if isfinite(row["half_s"]) else "not"
                ),
                "all complete": lambda row: (
                    _at(row["last_s"])
                    if isfinite(row["last_s"])
                    else f"about {_at(row['forecast_s'])} (forecast)"
                ),
                "fetched": lambda row: quantity(row["megabytes"], "MB"),
                "bounded by": lambda row: escape(_bound(found, row)),
            },
            "",
        )
        + _steps_table(found.steps)
    )


def _steps_table(steps: pd.DataFrame) -> str:
    if steps.empty:
        return ""
    return "<h3>Roll-out, step by step</h3>" + _table(
        steps,
        {
            "step": lambda row: escape(f"{row['group']} {row['step']}"),
            "window": lambda row: f"{_at(row['begin_s'])} to {_at(row['end_s'])}",
            "mailboxes": lambda row: f"{row['mailboxes']:,}",
            "begun": lambda row: f"{row['begun']:,}",
            "complete": lambda row: f"{row['complete']:,}",
            "last complete": lambda row: (
                f"{_at(row['last_s'])}{' (forecast)' if row['forecast'] else ''}"
            ),
        },
        "",
    )


def _bound(found: RunFindings, copies: Mapping[str, Any]) -> str:
    """Return the limit that was used most, on average, while copies were fetched."""
    until_s = copies["last_s"] if isfinite(copies["last_s"]) else found.scenario.end
    table = found.loads
    during = table[(table["time_s"] >= copies["begin_s"] - 300.0) & (table["time_s"] < until_s)]
    during = during[~during["what"].isin(SYMPTOMS)]
    share = (during["value"] / during["limit"]).groupby([during["thing"], during["what"]]).mean()
    if share.empty or share.max() < 0.5:
        return "nothing near its limit"
    thing, what = share.idxmax()
    return f"{thing}: {what} ({100.0 * share.max():.0f} % of its limit)"


def _not_done_table(found: RunFindings) -> str:
    return _table(
        found.not_done,
        {
            "what": lambda row: escape(label(row["what"])),
            "why": lambda row: escape(STAGES.get(row["why"], label(row["why"]))),
            "count": lambda row: f"{row['count']:,}",
            "of all": lambda row: quantity(100.0 * row["share"], "%"),
        },
        "Nothing was refused, lost or failed.",
    )


def _measures_table(run: Run) -> str:
    return _table(
        summary(run).reset_index(),
        {
            "measure": lambda row: escape(_renamed(row["measure"])),
            "value": lambda row: quantity(row["value"], row["unit"]),
            "published figures": lambda row: f"<small>{escape(_miss(row['measure']))}</small>",
        },
        "",
    )


MEASURE_OF = {
    "CPU busy, mean": "store CPU", "RPC operations": "RPC operations", "disk reads": "disk reads",
    "disk writes": "disk writes",
}  # fmt: skip
"""Rows of a store, and the measures of studies that say the same of all stores."""


def _miss(row: str) -> str:
    """Return what is known of a row of a run's measures beside published figures."""
    thing, _, what = row.partition(": ")
    if thing == "bytes down":
        return known_miss(thing)
    return known_miss(MEASURE_OF.get(what, "")) if thing.startswith("mailbox ") else ""


def _renamed(measure: str) -> str:
    """Return a measure with its server's role as people call it."""
    role, _, rest = measure.partition(" ")
    return f"{label(role)} {rest}" if role in ("front_end", "mailbox") else measure
