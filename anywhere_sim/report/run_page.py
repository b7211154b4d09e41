"""The page of one run: verdict, lights, the day on one axis, lines, first copies, then tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from html import escape
from io import BytesIO
from math import isfinite
from typing import Any

import pandas as pd

from anywhere_sim.analysis.labels import capitalized, label, quantity
from anywhere_sim.analysis.limits import WALLS
from anywhere_sim.analysis.measures import summary
from anywhere_sim.analysis.moment import Moment
from anywhere_sim.analysis.overview import line_use
from anywhere_sim.report.findings import (
    EXPLAINED,
    SYMPTOMS,
    RunFindings,
    cause,
    clock,
    event_words,
    in_vain,
)
from anywhere_sim.report.known_misses import known_miss
from anywhere_sim.report.moments import LEGEND, tables, window
from anywhere_sim.report.result import STYLE, image
from anywhere_sim.report.verdict import beyond_said, recoveries_said, verdict
from anywhere_sim.scenario import Scenario
from anywhere_sim.traces import Run

DPI = 110
LIGHTS = """
.fine, .near, .beyond { font-weight: 600; white-space: nowrap; }
.fine { color: #1b7837; } .near { color: #9a6700; } .beyond { color: #c00000; }
thead th:first-child { text-align: left; }
th.said, td.said { text-align: left; } td { white-space: nowrap; }
td.said, .words td { white-space: normal; } td.said { min-width: 10rem; }
abbr { text-decoration: underline dotted; cursor: help; }
.answer ul { margin: .4rem 0; padding-left: 1.2rem; } .answer li { margin: .2rem 0; }
@media print { th.said, td.said { text-align: left; } td { white-space: nowrap; }
td.said, .words td { white-space: normal; } td.said { min-width: 10rem; }
abbr { text-decoration: none; } .answer ul { margin: 1mm 0; }
  .answer li { margin: .3mm 0; } }
"""
MARKS = {"fine": "●", "near": "▲", "beyond": "■"}
"""The light's shape, so that it can be told without colours."""
FULLEST = 8
"""Limits on the printed page; the others are in its appendix."""
RED_TOLD = 5
"""Red lights that are explained on it."""
SAID = ("why", "who used it", "bounded by", "published figures")
"""Columns of words, which stand at the left of their column."""
SHOWN = 0.01
"""A light below this share of its limit is only counted."""
WORDS: Mapping[str, str] = {
    "nat_dropped": "the router at home forgot an idle connection; Outlook opens another",
    "link_cut": "the line went away under the connection",
    "link_lost": "the client left the network, or its line stayed away",
    "server_crash": "the server stopped in silence",
    "server_shutdown": "the server closed its connections",
    "black_hole": "large packets never arrived",
    "cancelled": "the person gave up waiting",
    "failed": "there was no connection to do it with",
}
"""What reasons mean."""


def page(found: RunFindings, name: str, moments: Sequence[Moment] = ()) -> str:
    """Return the page as HTML, with everything in it; `moments` are instants asked for."""
    run, scenario = found.run, found.scenario
    hours = " to ".join(clock(time_s) for time_s in (scenario.start, scenario.end))
    people = sum(group.mailboxes for group in scenario.groups.values())
    manifest = run.manifest
    audit = run.audit()
    books = f"The books balance: {audit}" if audit.ok else f"The books do not balance. {audit}"
    shown, others = _first(found.lights)
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(scenario.why)}</title><style>{STYLE}{LIGHTS}</style></head><body>
<h1>{escape(scenario.why)}</h1>
<section class="answer">
<p class="verdict">{_html(" ".join(verdict(found)))}</p>
<p class="note">{escape(name)}: {people:,} mailboxes, {hours}, seed {manifest["seed"]}, replication
{manifest["replication"]}, {manifest["rpcs"]:,} calls. One run: no confidence intervals.</p>
{_red_list(found)}
{image("Limits, states of clients and waits on one axis of time", _picture(found))}
{_lights_table(shown)}
<p class="note">{_rest_said(others)}</p>
</section>
<section class="appendix">
<h2>Appendix</h2>
{"".join(_moment(each) for each in moments)}
<h2>The other limits</h2>
{_lights_table(others)}
<h2>After events</h2>
{_items(recoveries_said(found.recoveries, scenario), "No event took a mailbox away.")}
<h2>Lines</h2>
{_lines_table(run, scenario)}
{_copies_table(found)}
<h2>Refused, lost, not done</h2>
{_not_done_table(found)}
<h2>Measures</h2>
{_measures_table(run)}
<h2>Terms</h2>
{_terms(found)}
<h2>Provenance</h2>
<p>Scenario digest {manifest["digest"]}; anywhere-sim {manifest["versions"]["anywhere-sim"]}.
{escape(books)} That says that nothing was lost in counting, not that all is well.</p>
</section>
</body></html>
"""


def _first(every: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the lights of the printed page, and the others."""
    return every.head(FULLEST), every.iloc[FULLEST:]


def _rest_said(others: pd.DataFrame) -> str:
    red = int((others["light"] == "beyond").sum())
    if others.empty:
        return "These are all limits."
    text = f"{len(others)} more limits are used less; they stand in the appendix"
    return f"{text}, {red} of them red." if red else f"{text}, none of them red."


def _red_list(found: RunFindings) -> str:
    """Return why each red light is red, as HTML; the worst ones where there are many."""
    every = [*beyond_said(found)]
    if not every:
        return ""
    more = len(every) - RED_TOLD
    rest = f'<p class="note">{more} more: see the table.</p>' if more > 0 else ""
    return f"<p>Beyond a limit:</p>{_items(every[:RED_TOLD], '')}{rest}"


def _html(text: str) -> str:
    """Return a text as HTML in which no line ends between a number and its unit."""
    return re.sub(r"(?<=\d) (?=(?:%|s|ms|min|h|MB|GB)\b|%)", "&nbsp;", escape(text))


def _items(sentences: Iterable[str], nothing: str) -> str:
    items = "".join(f"<li>{_html(each)}</li>" for each in sentences)
    return f"<ul>{items}</ul>" if items else f"<p>{escape(nothing)}</p>"


def _moment(found: Moment) -> str:
    parts = [
        _table(
            table,
            {str(name): partial(_text_of, name) for name in table.columns},
            "Nothing was used to 1 %.",
        )
        for table in tables(found)
    ]
    return (
        f"<h2>At {clock(found.time_s)}</h2>{parts[0]}{parts[1]}"
        f'<p class="note">{capitalized(window(found))}. {capitalized(LEGEND)}.</p>'
    )


def _text_of(name: str, row: Mapping[str, Any]) -> str:
    return escape(str(row[name]))


def _terms(found: RunFindings) -> str:
    used = [what for what in EXPLAINED if what in set(found.lights["what"])]
    rows = "".join(
        f"<tr><th>{escape(what)}</th><td>{escape(EXPLAINED[what])}</td></tr>" for what in used
    )
    walls = "A wall refuses, or lets wait, when it is full; its value is the highest reading. "
    return (
        f'<div class="wide"><table class="words"><tbody>{rows}</tbody></table></div>'
        f'<p class="note">{walls}Amber (near): from 70 % of a limit; red (beyond): above it.</p>'
    )


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
    shown = {heading: ' class="said"' if heading in SAID else "" for heading in columns}
    head = "".join(f"<th{shown[heading]}>{escape(heading)}</th>" for heading in columns)
    first, *others = columns.items()
    body = "".join(
        f"<tr><th>{first[1](row)}</th>"
        + "".join(f"<td{shown[heading]}>{cell(row)}</td>" for heading, cell in others)
        + "</tr>"
        for row in rows.to_dict("records")
    )
    rows_of = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="wide"><table>{rows_of}</table></div>'


def _lights_table(every: pd.DataFrame) -> str:
    """Return the lights that are used to 1 % of their limit, the fullest first, as HTML."""
    shown = every[every["share"] >= SHOWN]
    quiet = len(every) - len(shown)
    more = f'<p class="note">{quiet} limits are used to less than 1 %.</p>' if quiet else ""
    table = _table(
        shown,
        {
            "server, line or people": lambda row: (
                f"{escape(row['thing'])}: {_explained(row['what'], EXPLAINED)}"
            ),
            "": lambda row: (
                f'<span class="{row["light"]}">{MARKS[row["light"]]} {row["light"]}</span>'
            ),
            "busiest five minutes": lambda row: quantity(row["busiest"], row["unit"]),
            "limit": lambda row: (
                quantity(row["limit"], row["unit"]) + (" (wall)" if row["what"] in WALLS else "")
            ),
            "% of it": lambda row: (
                f"{100.0 * row['share']:,.0f}" if row["share"] < 10.0 else f"{row['share']:,.0f} ×"
            ),
            "from": lambda row: clock(row["time_s"]),
            "beyond from, to": lambda row: (
                f"{clock(row['reached_s'])}, {clock(row['until_s'])}"
                if row["light"] == "beyond"
                else "never"
            ),
            "for": lambda row: quantity(row["beyond_s"], "s") if row["beyond_s"] else "",
        },
        "No limit was used to 1 %.",
    )
    return table + more


def _explained(word: str, words: Mapping[str, str]) -> str:
    """Return a word with its meaning, which a pointer shows."""
    said = words.get(word)
    text = escape(label(word))
    return f'<abbr title="{escape(said)}">{text}</abbr>' if said else text


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
                f"{quantity(100.0 * row['busiest'], '%')} at {clock(row['time_s'])}"
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
                "first begun": lambda row: clock(row["begin_s"]),
                "half complete": lambda row: (
                    clock(row["half_s"]) if isfinite(row["half_s"]) else "not"
                ),
                "all complete": lambda row: (
                    clock(row["last_s"])
                    if isfinite(row["last_s"])
                    else f"about {clock(row['forecast_s'])} (forecast)"
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
            "window": lambda row: f"{clock(row['begin_s'])} to {clock(row['end_s'])}",
            "mailboxes": lambda row: f"{row['mailboxes']:,}",
            "begun": lambda row: f"{row['begun']:,}",
            "complete": lambda row: f"{row['complete']:,}",
            "last complete": lambda row: (
                f"{clock(row['last_s'])}{' (forecast)' if row['forecast'] else ''}"
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
    vain = found.unserved.assign(what="no path gave the connection that was wanted", went_on=0)
    vain["said"] = [
        f"{capitalized(in_vain(row, found.scenario))}; {row['mailboxes']:,} mailboxes"
        for row in vain.to_dict("records")
    ]
    others = found.not_done
    others = others.assign(
        said=[capitalized(_why_not(row, found.scenario)) for row in others.to_dict("records")]
    )
    return _table(
        pd.concat([vain, others], ignore_index=True),
        {
            "what": lambda row: escape(label(row["what"])),
            "why": lambda row: escape(row["said"]),
            "count": lambda row: f"{row['count']:,}",
            "of all": lambda row: quantity(100.0 * row["share"], "%"),
        },
        "Nothing was refused, lost or left undone.",
    )


def _why_not(row: Mapping[str, Any], scenario: Scenario) -> str:
    """Return why something did not come about, what that means, and how it went on."""
    text = cause(row, scenario)
    if row["event"] < 0 and row["why"] in WORDS:
        text += f": {WORDS[row['why']]}"
    if row["went_on"] == row["count"]:
        text += "; each of them then connected by another path or try"
    elif row["went_on"]:
        text += f"; {row['went_on']:,} of them then connected by another path or try"
    return text


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
