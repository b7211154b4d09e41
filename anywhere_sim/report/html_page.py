"""One self-contained HTML page of a study: question, results, tables, sensitivity, provenance."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import pandas as pd

from anywhere_sim.analysis.labels import capitalized
from anywhere_sim.analysis.measures import MEANINGS
from anywhere_sim.experiments import Results
from anywhere_sim.report.tables import strata_tables
from anywhere_sim.report.text import Sentence, reference_sentences, sentences, summary

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 64rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; }
h2 { font-size: 1.2rem; margin-top: 2.2rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
img { width: 100%; height: auto; } .wide { overflow-x: auto; } li { margin: .6rem 0; }
table { border-collapse: collapse; font-size: .8rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid #ddd;
  vertical-align: top; }
tbody th, .words td, .words th { text-align: left; }
tbody th { font-weight: 500; white-space: nowrap; } thead th { vertical-align: bottom; }
.fewer { color: #0060a0; } .more { color: #b34a00; } .none { color: #767676; }
td span { white-space: nowrap; }
footer, .note { color: #555; font-size: .85rem; }
@media (max-width: 40rem) {
  body { font-size: 15px; margin: 1rem auto; } th, td { padding: .2rem .4rem; }
  tbody th { white-space: normal; } }
@page { margin: 14mm; }
@media print {
  body { max-width: none; margin: 0; padding: 0; font-size: 10.5pt; } table { font-size: 7.5pt; }
  th, td { padding: .12rem .3rem; } tbody th { white-space: normal; }
  h2, h3 { break-after: avoid; } img, table { break-inside: avoid; } .wide { overflow: visible; } }
"""

NO_DIFFERENCE = "not distinguishable"
COLOURED = {"fewer": "fewer", "more": "more", NO_DIFFERENCE: "none"}
"""The word at the end of a contrast's text, and its class in the style sheet."""


@dataclass(frozen=True, slots=True)
class SensitivitySection:
    """What the page says of the inputs.

    `status` counts them by mark, `sentence` sums up the sensitivity analysis, `pictures` are its
    tornado diagrams as PNG, `inputs` is a table of the uncertain ones.
    """

    status: str
    sentence: str
    pictures: list[bytes]
    inputs: pd.DataFrame


def page(
    results: Results,
    picture: bytes,
    sensitivity: SensitivitySection,
    provenance: Mapping[str, str],
) -> str:
    """Return the page as HTML; `picture` is the headline figure as PNG."""
    plan = results.plan
    references = _list(reference_sentences(results))
    pictures = (
        _image("Tornado diagram: differences at both ends of each input's range", each)
        for each in sensitivity.pictures
    )
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(plan.why)}</title><style>{STYLE}</style></head><body>
<h1>{escape(plan.why)}</h1>
<h2>Summary</h2>
{"".join(f"<p>{escape(line)}</p>" for line in summary(results))}
<p class="note">Differences with 95 % confidence intervals, paired over {plan.replications}
replications with common random numbers: the same people, messages and links in every cell.
The intervals are not adjusted for multiple comparisons: of a hundred, about five miss the true
value.</p>{_failures(results)}
<h2>Main effects</h2>
{_image("Differences in percent with 95 % intervals", picture)}
<p class="note"><span class="fewer">Blue: fewer.</span> <span class="more">Orange: more.</span>
<span class="none">Grey: not distinguishable from no change.</span> At the right both means.</p>
<h2>Effects in detail</h2>
{_list(sentences(results))}
{f"<h3>Reference cells</h3>{references}" if plan.reference_cells else ""}
<h2>Tables</h2>
{"".join(_tables(*entry) for entry in strata_tables(results))}
<h3>Definitions of the measures</h3>
<div class="wide">{_definitions(MEANINGS)}</div>
<h2>Sensitivity to the inputs</h2>
<p>{escape(sensitivity.status)}</p>
<p>{escape(sensitivity.sentence)}</p>
{"".join(pictures)}
<details><summary>The {len(sensitivity.inputs)} assumed and calibrated inputs with a range</summary>
<div class="wide">{sensitivity.inputs.to_html(border=0, index=False, classes="words")}</div>
</details>
<p>The results hold for this scenario at this size and for the hours simulated. They are not
extrapolated to more mailboxes or to a whole day; simulate those instead.</p>
<h2>Provenance</h2>
<div class="wide">{_definitions(provenance)}</div>
<footer><p>The folder <code>traces</code> next to this page holds the traces, each with its
manifest; <code>study.json</code> is the plan. The same plan and version give the same
bytes.</p></footer>
</body></html>
"""


def _image(text: str, picture: bytes) -> str:
    data = b64encode(picture).decode()
    return f'<img alt="{escape(text)}" src="data:image/png;base64,{data}">'


def _list(every: list[Sentence]) -> str:
    items = []
    for sentence in every:
        parts = "".join(f"<br>{escape(part)}." for part in sentence.parts)
        items.append(f"<li><strong>{escape(sentence.subject)}</strong>{parts}</li>")
    return f"<ul>{''.join(items)}</ul>"


def _failures(results: Results) -> str:
    if results.failures.empty:
        return ""
    return (
        f"<p><strong>{len(results.failures)} runs failed;</strong> their replications are left out "
        f"of the contrasts.</p>{results.failures.to_html(index=False)}"
    )


def _tables(stratum: str, tables: Mapping[str, pd.DataFrame]) -> str:
    parts = []
    for heading, table in tables.items():
        full = capitalized(f"{stratum}: {heading}" if stratum else heading)
        html = table.map(_coloured).to_html(border=0, escape=False)
        parts.append(f'<h3>{escape(full)}</h3><div class="wide">{html}</div>')
    return "".join(parts)


def _coloured(cell: str) -> str:
    for word, name in COLOURED.items():
        if cell.endswith(word):
            number = escape(cell.removesuffix(word))
            return f'<span>{number}</span> <span class="{name}">{word}</span>'
    return escape(cell)


def _definitions(entries: Mapping[str, str]) -> str:
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in entries.items()
    )
    return f'<table class="words"><tbody>{rows}</tbody></table>'
