"""The tables of a run's page: lights, lines, first copies, what was not done, measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from math import isfinite
from typing import Any

import pandas as pd

from anywhere_sim.analysis.labels import capitalized, label, quantity
from anywhere_sim.analysis.limits import WALLS
from anywhere_sim.analysis.measures import summary
from anywhere_sim.analysis.overview import line_use
from anywhere_sim.report.findings import (
    EXPLAINED,
    SYMPTOMS,
    RunFindings,
    cause,
    clock,
    in_vain,
    limit_said,
)
from anywhere_sim.report.known_misses import known_miss
from anywhere_sim.scenario import Scenario
from anywhere_sim.traces import Run

MARKS = {"fine": "●", "near": "▲", "beyond": "■"}
"""The light's shape, so that it can be told without colours."""
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

Cell = Callable[[Mapping[str, Any]], str]


def table_of(rows: pd.DataFrame, columns: Mapping[str, Cell], nothing: str) -> str:
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


def lights_table(every: pd.DataFrame) -> str:
    """Return the lights that are used to 1 % of their limit, the fullest first, as HTML."""
    shown = every[every["share"] >= SHOWN]
    quiet = len(every) - len(shown)
    are = "1 limit is" if quiet == 1 else f"{quiet} limits are"
    more = f'<p class="note">{are} used to less than 1 %.</p>' if quiet else ""
    table = table_of(
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
                limit_said(row["limit"], row["unit"]).removeprefix("limit ")
                + (" (wall)" if row["what"] in WALLS else "")
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


def lines_table(run: Run, scenario: Scenario) -> str:
    """Return the lines of each place, how busy they were and with whom, as HTML."""
    return table_of(
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


def copies_table(found: RunFindings) -> str:
    """Return first copies by group, and a roll-out step by step, as HTML; "" without any."""
    if found.copies.empty:
        return ""
    return (
        "<h2>First synchronisations</h2>"
        + table_of(
            found.copies,
            {
                "group": lambda row: escape(row["group"]),
                "planned": lambda row: f"{row['planned']:,}",
                "begun": lambda row: f"{row['begun']:,}",
                "complete": lambda row: f"{row['complete']:,}",
                "first begun": lambda row: clock(row["begin_s"]) if row["begun"] else "not",
                "half complete": lambda row: (
                    clock(row["half_s"]) if isfinite(row["half_s"]) else "not"
                ),
                "all complete": lambda row: (
                    clock(row["last_s"])
                    if isfinite(row["last_s"])
                    else _forecast_said(row["forecast_s"])
                ),
                "fetched": lambda row: quantity(row["megabytes"], "MB"),
                "bounded by": lambda row: escape(_bound(found, row)),
            },
            "",
        )
        + _steps_table(found.steps)
    )


def _forecast_said(time_s: float) -> str:
    return f"{clock(time_s)} (forecast)" if isfinite(time_s) else "can't be told: none begun"


def _steps_table(steps: pd.DataFrame) -> str:
    if steps.empty:
        return ""
    return "<h3>Roll-out, step by step</h3>" + table_of(
        steps,
        {
            "step": lambda row: escape(f"{row['group']} {row['step']}"),
            "window": lambda row: f"{clock(row['begin_s'])} to {clock(row['end_s'])}",
            "mailboxes": lambda row: f"{row['mailboxes']:,}",
            "begun": lambda row: f"{row['begun']:,}",
            "complete": lambda row: f"{row['complete']:,}",
            "last complete": lambda row: (
                _forecast_said(row["last_s"]) if row["forecast"] else clock(row["last_s"])
            ),
        },
        "",
    )


def _bound(found: RunFindings, copies: Mapping[str, Any]) -> str:
    """Return the limit that was used most, on average, while copies were fetched."""
    if not copies["begun"]:
        return ""
    until_s = copies["last_s"] if isfinite(copies["last_s"]) else found.scenario.end
    table = found.loads
    during = table[(table["time_s"] >= copies["begin_s"] - 300.0) & (table["time_s"] < until_s)]
    during = during[~during["what"].isin(SYMPTOMS)]
    share = (during["value"] / during["limit"]).groupby([during["thing"], during["what"]]).mean()
    if share.empty or share.max() < 0.5:
        return "nothing near its limit"
    thing, what = share.idxmax()
    return f"{thing}: {what} ({100.0 * share.max():.0f} % of its limit)"


def not_done_table(found: RunFindings) -> str:
    """Return what was wanted and did not come about, with why, as HTML."""
    vain = found.unserved.assign(what="no path gave the connection that was wanted", went_on=0)
    vain["said"] = [
        f"{capitalized(in_vain(row, found.scenario))}; {row['mailboxes']:,} mailboxes"
        for row in vain.to_dict("records")
    ]
    others = found.not_done
    others = others.assign(
        said=[capitalized(_why_not(row, found.scenario)) for row in others.to_dict("records")]
    )
    return table_of(
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


def measures_table(run: Run) -> str:
    """Return the measures of a run beside what is known of published figures, as HTML."""
    return table_of(
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
