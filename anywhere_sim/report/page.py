"""One self-contained page of a study: question, results, figure, tables, sensitivity, provenance."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from html import escape

import pandas as pd

from anywhere_sim.analysis.measures import MEANINGS
from anywhere_sim.experiments import Results
from anywhere_sim.report.in_short import in_short
from anywhere_sim.report.sentences import Sentence, beside, places, sentences

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.2rem; margin-top: 2.2rem; } h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
img { width: 100%; height: auto; } .wide { overflow-x: auto; } li { margin: .6rem 0; }
table { border-collapse: collapse; font-size: .8rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid #ddd; vertical-align: top; }
tbody th, .words td, .words th { text-align: left; } tbody th { font-weight: 500; white-space: nowrap; } thead th { vertical-align: bottom; }
.fewer { color: #0060a0; } .more { color: #b34a00; } .none { color: #767676; } td span { white-space: nowrap; }
footer, .note { color: #555; font-size: .85rem; }
@media (max-width: 40rem) { body { font-size: 15px; margin: 1rem auto; } th, td { padding: .2rem .4rem; } tbody th { white-space: normal; } }
@page { margin: 14mm; }
@media print { body { max-width: none; margin: 0; padding: 0; font-size: 10.5pt; } table { font-size: 7.5pt; } th, td { padding: .12rem .3rem; }
  tbody th { white-space: normal; } h2, h3 { break-after: avoid; } img, table { break-inside: avoid; } .wide { overflow: visible; } }
"""


def page(
    results: Results, picture: bytes, standing: str, moved: tuple[str, list[bytes]], numbers: pd.DataFrame, making: Mapping[str, str]
) -> str:
    """Return the page as HTML.

    `standing` says what kinds of numbers went in, `moved` what became of the answer when some were moved, with pictures; `numbers`
    lists the uncertain ones, `making` says how it was made.
    """
    plan = results.plan
    said, more = _list(sentences(results)), _list(beside(results))
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(plan.why)}</title><style>{STYLE}</style></head><body>
<h1>{escape(plan.why)}</h1>
<h2>The answer</h2>
{"".join(f"<p>{escape(each)}</p>" for each in in_short(results))}
<p class="note">Differences with their 95 % intervals, paired over {plan.replications} replications under common random numbers (the same people,
messages and links in every cell). Each interval stands for itself: of a hundred such, about five miss.</p>{_failed(results)}
<h2>At a glance</h2>
{_image("Differences in percent with intervals", picture)}
<p class="note"><span class="fewer">Blue: fewer.</span> <span class="more">Orange: more.</span> <span class="none">Grey: not distinguishable.</span>
At the right both means.</p>
<h2>In more words</h2>
{said}{f"<p>Beside them:</p>{more}" if plan.reference_cells else ""}
<h2>The table</h2>
{"".join(_place(*place) for place in places(results))}
<h3>What the rows say</h3>
<div class="wide">{_words(MEANINGS)}</div>
<h2>Sensitivity</h2>
<p>{escape(standing)}</p>
<p>{escape(moved[0])}</p>
{"".join(_image("Differences with numbers moved to the ends of their range", each) for each in moved[1])}
<details><summary>The {len(numbers)} assumed and calibrated numbers that have a range</summary>
<div class="wide">{numbers.to_html(border=0, index=False, classes="words")}</div></details>
<p>The answer is of this scenario at this size. Nothing is scaled up from it: not to more mailboxes, not from the hours that were simulated to a
whole day. What another size or another day does is another run.</p>
<h2>How it was made</h2>
<div class="wide">{_words(making)}</div>
<footer><p>The traces lie in the folder <code>traces</code> beside this page, each with its manifest; <code>study.json</code> is the plan. The same plan
and version give the same bytes.</p></footer>
</body></html>
"""


def _image(words: str, picture: bytes) -> str:
    return f'<img alt="{escape(words)}" src="data:image/png;base64,{b64encode(picture).decode()}">'


def _list(told: list[Sentence]) -> str:
    items = (f"<li><strong>{escape(each.subject)}</strong>{''.join(f'<br>{escape(part)}.' for part in each.parts)}</li>" for each in told)
    return f"<ul>{''.join(items)}</ul>"


def _failed(results: Results) -> str:
    if results.failures.empty:
        return ""
    return f"<p><strong>{len(results.failures)} runs failed;</strong> what they are part of is left out.</p>{results.failures.to_html(index=False)}"


def _place(place: str, tables: Mapping[str, pd.DataFrame]) -> str:
    where = f"{escape(place)}: " if place else ""
    return "".join(
        f'<h3>{where}{title}</h3><div class="wide">{_coloured(table).to_html(border=0, escape=False)}</div>'
        for title, table in tables.items()
    )


def _coloured(table: pd.DataFrame) -> pd.DataFrame:
    return table.map(_coloured_cell)


def _coloured_cell(cell: str) -> str:
    for word, name in (("fewer", "fewer"), ("more", "more"), ("not distinguishable", "none")):
        if cell.endswith(word):
            return f'<span>{escape(cell.removesuffix(word))}</span> <span class="{name}">{word}</span>'
    return escape(cell)


def _words(entries: Mapping[str, str]) -> str:
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in entries.items())
    return f'<table class="words"><tbody>{rows}</tbody></table>'
