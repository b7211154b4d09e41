"""The page of one run: verdict, lights, the day on one axis, lines, first copies, then tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from io import BytesIO
from typing import Any

import pandas as pd

from anywhere_sim.analysis.labels import capitalized
from anywhere_sim.analysis.moment import Moment
from anywhere_sim.report.findings import (
    EXPLAINED,
    RunFindings,
    clock,
    event_words,
)
from anywhere_sim.report.logs_beside import LogsBeside, section
from anywhere_sim.report.moments import LEGEND, moment_said, tables, window
from anywhere_sim.report.result import STYLE, image
from anywhere_sim.report.run_tables import (
    copies_table,
    lights_table,
    lines_table,
    measures_table,
    not_done_table,
    table_of,
)
from anywhere_sim.report.side_by_side import (
    SideBySide,
    measures_of,
    settings_said,
    side_by_side_said,
)
from anywhere_sim.report.verdict import (
    beyond_said,
    few_actions_said,
    recoveries_said,
    verdict,
    without_one_said,
)
from anywhere_sim.traces.findings import Audit

DPI = 110
LIGHTS = """
.fine, .near, .beyond { font-weight: 600; white-space: nowrap; }
.fine { color: #1b7837; } .near { color: #9a6700; } .beyond { color: #c00000; }
thead th:first-child { text-align: left; }
th.said, td.said { text-align: left; } td { white-space: nowrap; }
td.said, .words td { white-space: normal; } td.said { min-width: 10rem; }
abbr { text-decoration: underline dotted; cursor: help; }
.verdict { margin: .5rem 0; } .wrong { color: #c00000; font-weight: 600; }
@media screen and (max-width: 40rem) {
  .wide img { min-width: 46rem; } tbody th { min-width: 7rem; } .verdict { font-size: 1rem; } }
@media print { h1 { font-size: 13pt; } .verdict { font-size: 9.5pt; line-height: 1.25; }
  .answer { font-size: 8.5pt; } .answer p { margin: 1mm 0; } .answer .wide img { max-height: 80mm; }
  .answer h2 { margin: 1.5mm 0; font-size: 11pt; } .beside .wide img { max-height: 66mm; }
  .answer th, .answer td { padding: .06rem .3rem; } }
.answer ul { margin: .4rem 0; padding-left: 1.2rem; } .answer li { margin: .2rem 0; }
@media print { th.said, td.said { text-align: left; } td { white-space: nowrap; }
td.said, .words td { white-space: normal; } td.said { min-width: 10rem; }
abbr { text-decoration: none; } .answer ul { margin: 1mm 0; }
  .answer li { margin: .3mm 0; } }
"""
FULLEST, FULLEST_BESIDE = 10, 8
"""Limits on the printed page, and where another run stands beside; others in the appendix."""
AT_TOLD = 2
"""Instants that were asked for and are told on it; none where another run stands beside."""
RED_TOLD = 5
"""Red lights that are explained on it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of a run beyond the page itself.

    `settings` are those that change the scenario, as they were given; `moments` are instants,
    `beside` an earlier run and what differs from it, `beside_folder` where that lies.
    """

    settings: Sequence[str] = ()
    moments: Sequence[Moment] = ()
    beside: SideBySide | LogsBeside | None = None
    beside_folder: str = ""


def page(found: RunFindings, name: str, asked: Asked | None = None) -> str:
    """Return the page as HTML, with everything in it; `name` is that of the scenario."""
    asked = asked or Asked()
    run, scenario = found.run, found.scenario
    hours = " to ".join(clock(time_s) for time_s in (scenario.start, scenario.end))
    people = sum(group.mailboxes for group in scenario.groups.values())
    title = f"{name}: {people:,} mailboxes, {hours}"
    manifest = run.manifest
    audit = run.audit()
    books = f"The books balance: {audit}" if audit.ok else f"The books do not balance. {audit}"
    shown, others = _first(found.lights, FULLEST_BESIDE if asked.beside else FULLEST)
    reds = _red_list(found)
    notes = [_rest_said(others), *few_actions_said(found)]
    told = [] if asked.beside else asked.moments[:AT_TOLD]
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(", ".join([title, *asked.settings]))}</title>
<style>{STYLE}{LIGHTS}</style></head><body>
<h1>{escape(title)}</h1>
{_settings(asked.settings)}
<section class="answer{" beside" if asked.beside else ""}">
{_audit_verdict(audit)}
{_beside_verdict(asked)}
{"".join(f'<p class="verdict">{_html(each)}</p>' for each in verdict(found))}
{"".join(f'<p class="verdict">{_html(each)}</p>' for each in without_one_said(found))}
{"".join(f'<p class="verdict">{_html(moment_said(each))}</p>' for each in told)}
<p class="note">Seed {manifest["seed"]}, replication
{manifest["replication"]}, {manifest["rpcs"]:,} calls. One run: no confidence intervals.</p>
{"" if asked.beside else reds}
<div class="wide">
{image("Limits, states of clients and waits on one axis of time", _picture(found))}</div>
{lights_table(shown)}
<p class="note">{_html(" ".join(notes))}</p>
</section>
<section class="appendix">
<h2>Appendix</h2>
{"".join(_moment(each, is_told=any(each is own for own in told)) for each in asked.moments)}
{_beside_tables(asked.beside)}
{reds if asked.beside else ""}
<h2>The other limits</h2>
{lights_table(others)}
<h2>After events</h2>
{_items(recoveries_said(found.recoveries, scenario), "No event took a mailbox away.")}
<h2>Lines</h2>
{lines_table(run, scenario)}
{copies_table(found)}
<h2>Refused, lost, not done</h2>
{not_done_table(found)}
<h2>Measures</h2>
{measures_table(run)}
<h2>Terms</h2>
{_terms(found)}
<h2>Provenance</h2>
<p>The scenario asks: {escape(scenario.why)} Digest {manifest["digest"]};
anywhere-sim {manifest["versions"]["anywhere-sim"]}.
{escape(books)}. That says that nothing was lost in counting, not that all is well.</p>
</section>
</body></html>
"""


def _settings(settings: Sequence[str]) -> str:
    if not settings:
        return ""
    shown = ", ".join(f"<code>{escape(each)}</code>" for each in settings)
    return f'<p class="note">Changed in the scenario: {shown}</p>'


def _audit_verdict(audit: Audit) -> str:
    """Return, where the tables contradict each other, a sentence before all that rests on them."""
    if audit.ok:
        return ""
    return (
        f'<p class="verdict wrong">The audit of this run has {audit.count_said} (under '
        "Provenance): its tables contradict each other, so do not rely on what this page says.</p>"
    )


def _beside_verdict(asked: Asked) -> str:
    if asked.beside is None:
        return ""
    if isinstance(asked.beside, LogsBeside):
        return f"{section(asked.beside, asked.beside_folder)}<h2>This run by itself</h2>"
    first, *others = side_by_side_said(asked.beside)
    folder = f' data-beside="{escape(asked.beside_folder)}"' if asked.beside_folder else ""
    return (
        f'<p class="verdict"{folder}><strong>{_html(first)}</strong></p>{_items(others, "")}'
        f'<p class="note">{_html(settings_said(asked.beside))}</p><h2>This run by itself</h2>'
    )


def _beside_tables(both: SideBySide | LogsBeside | None) -> str:
    if both is None or isinstance(both, LogsBeside):
        return ""
    heading = f"Beside {both.first}, {clock(both.begin_s)} to {clock(both.end_s)}"
    columns = {
        "measure": lambda row: escape(str(row["measure"])),
        both.first: lambda row: escape(str(row["before"])),
        "this run": lambda row: escape(str(row["after"])),
        "": lambda row: escape(str(row["word"])),
    }
    return f"<h2>{escape(heading)}</h2>{table_of(measures_of(both), columns, '')}"


def _first(every: pd.DataFrame, number: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the lights of the printed page, and the others."""
    return every.head(number), every.iloc[number:]


def _rest_said(others: pd.DataFrame) -> str:
    red = int((others["light"] == "beyond").sum())
    if others.empty:
        return "These are all limits."
    if len(others) == 1:
        return f"1 more limit is used less; it stands in the appendix, {'' if red else 'not '}red."
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


def _moment(found: Moment, *, is_told: bool) -> str:
    said = "" if is_told else f"<p>{_html(moment_said(found))}</p>"
    parts = [
        table_of(
            table,
            {str(name): partial(_text_of, name) for name in table.columns},
            "Nothing was used to 1 %.",
        )
        for table in tables(found)
    ]
    return (
        f'<h2 data-at="{found.time_s!r}">At {clock(found.time_s)}</h2>{said}{parts[0]}{parts[1]}'
        f'<p class="note">{capitalized(window(found))}. {capitalized(LEGEND)}.</p>'
    )


def _text_of(name: str, row: Mapping[str, Any]) -> str:
    return escape(str(row[name]))


def _terms(found: RunFindings) -> str:
    used = [what for what in EXPLAINED if what in set(found.lights["what"])]
    rows = "".join(
        f"<tr><th>{escape(what)}</th><td>{escape(EXPLAINED[what])}</td></tr>" for what in used
    )
    walls = (
        "A wall refuses, or lets wait, when it is full; its value is the highest reading, and it "
        "is full from the first reading at the limit to the first below it (one each 15 s); other "
        "limits are beyond in whole windows of five minutes. "
    )
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
