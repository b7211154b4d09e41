"""What a study leaves in its folder: tables, the headline figure and one self-contained page.

The page holds question, results, tables, sensitivity and provenance.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from anywhere_sim.analysis.intervals import ENOUGH_UNEQUAL, NEGLIGIBLE, NO_DIFFERENCE, TOO_RARE
from anywhere_sim.analysis.labels import capitalized, label
from anywhere_sim.analysis.measures import UNITS
from anywhere_sim.experiments import Results
from anywhere_sim.experiments.parameter_space import stored_space
from anywhere_sim.experiments.plan import Plan
from anywhere_sim.experiments.sensitivity import stored_table
from anywhere_sim.experiments.study import TRACES
from anywhere_sim.report import sensitivity
from anywhere_sim.report.assumptions import status, uncertain
from anywhere_sim.report.known_misses import calibrated_server, known_miss
from anywhere_sim.report.text import (
    Sentence,
    advice,
    few_replications,
    noticed,
    reference_sentences,
    sentences,
    strata_tables,
    summary,
    verdicts,
)
from anywhere_sim.scenario.quantities import format_time
from anywhere_sim.traces.folder import MANIFEST, is_manifest, read_object

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 150
NOT_STORED = "Run `anywhere-sim sensitivity` to see how uncertain inputs change these results."

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 64rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; }
h2 { font-size: 1.2rem; margin-top: 2.2rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; } .verdict { font-size: 1.1rem; }
img { width: 100%; height: auto; } .wide { overflow-x: auto; } li { margin: .6rem 0; }
table { border-collapse: collapse; font-size: .8rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid #ddd;
  vertical-align: top; }
tbody th, .words td, .words th, td.words, th.words { text-align: left; }
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
  h2, h3 { break-after: avoid; } img, tr { break-inside: avoid; } .wide { overflow: visible; }
  h1 { font-size: 14pt; margin: 0; } .answer p { margin: 1.5mm 0; } .verdict { font-size: 11pt; }
  .answer { font-size: 9pt; line-height: 1.3; } .answer .note { font-size: 8pt; }
  .answer img { width: auto; max-width: 100%; max-height: 92mm; display: block; margin: auto; }
  .appendix { break-before: page; } details { display: none; } }
"""

COLOURED = {
    "fewer": "fewer", "more": "more", NO_DIFFERENCE: "none", NEGLIGIBLE: "none", TOO_RARE: "none",
}  # fmt: skip
"""The word at the end of a contrast's text, and its class in the style sheet."""


def write(results: Results, folder: Path) -> Path:
    """Write values.parquet, contrasts.csv, headline.png and report.html into the folder.

    Returns the path of the page.
    """
    results.values.reset_index().to_parquet(folder / "values.parquet", index=False)
    contrasts = results.contrasts()
    contrasts.to_csv(folder / "contrasts.csv", index=False)
    from anywhere_sim.figures.study import headline  # matplotlib only where something is drawn

    told = contrasts.assign(word=contrasts.apply(noticed, axis=1))
    picture = _png(headline(told, list(results.plan.strata)))
    (folder / "headline.png").write_bytes(picture)
    html = page(results, picture, sensitivity_section(results.plan), provenance(results, folder))
    report = folder / "report.html"
    report.write_text(html, encoding="utf-8")
    return report


def sensitivity_section(plan: Plan) -> SensitivitySection:
    """Return what is known of the sensitivity of the plan's results to its uncertain inputs."""
    table, space = stored_table(plan), stored_space(plan)
    said, pictures = NOT_STORED, []
    if table is not None:
        said = sensitivity.sentence(table)
        pictures = [_png(figure) for figure in sensitivity.pictures(table)]
    return SensitivitySection(status(), said, pictures, uncertain(), space)


def _png(figure: Figure) -> bytes:
    picture = BytesIO()
    figure.savefig(picture, format="png", dpi=DPI)
    return picture.getvalue()


def provenance(results: Results, folder: Path) -> dict[str, str]:
    """Return what it takes to reproduce the results of a study in `folder`, by name.

    Scenario, design, seed; from the manifests, if there are any: the number of RPCs, the audits,
    the versions.
    """
    plan, base = results.plan, results.plan.base()
    people = sum(group.mailboxes for group in base.groups.values())
    hours = " to ".join(format_time(time_s, seconds=False) for time_s in (base.start, base.end))
    paths = [
        folder / TRACES / "-".join(cell) / f"replication-{number}" / MANIFEST
        for *cell, number in results.values.index
    ]
    manifests = [content for content in map(read_object, paths) if is_manifest(content)]
    factors = {name: ", ".join(map(label, levels)) for name, levels in plan.factors.items()}
    return {
        "scenario": f"{plan.scenario}, {people:,} mailboxes, {hours}",
        "factors": "; ".join(f"{name}: {levels}" for name, levels in factors.items()),
        "reference cells": ", ".join(map(label, plan.reference_cells)) or "none",
        "runs": f"{len(plan.cells())} cells × {plan.replications} replications, seed {plan.seed}",
        **_of_manifests(manifests),
    }


def _of_manifests(manifests: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    if not manifests:
        return {}
    rpcs = sum(int(manifest["rpcs"]) for manifest in manifests)
    passed = sum(bool(manifest["audit"]["ok"]) for manifest in manifests)
    versions = manifests[0]["versions"].items()
    digests = len({manifest["digest"] for manifest in manifests})
    return {
        "simulated": f"{rpcs:,} RPCs",
        "audit": f"conservation checks pass in {passed} of {len(manifests)} runs",
        "versions": ", ".join(f"{name} {number}" for name, number in versions),
        "scenario digests": f"{digests}, one per cell, in the manifest of each run",
    }


@dataclass(frozen=True, slots=True)
class SensitivitySection:
    """What the page says of the inputs.

    `status` counts them by mark, `sentence` sums up the sensitivity analysis, `pictures` are its
    tornado diagrams as PNG, `inputs` is a table of the uncertain ones; `space` is that of the
    parameter space, if it is stored.
    """

    status: str
    sentence: str
    pictures: list[bytes]
    inputs: pd.DataFrame
    space: pd.DataFrame | None = None


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
        image("Tornado diagram: differences at both ends of each input's range", each)
        for each in sensitivity.pictures
    )
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(plan.why)}</title><style>{STYLE}</style></head><body>
<h1>{escape(plan.why)}</h1>
<section class="answer">
<p class="verdict">{"<br>".join(escape(line) for line in advice(results))}</p>
{_verdicts(results)}
<p class="note">Differences with 95 % confidence intervals, paired over {plan.replications}
replications with common random numbers: the same people, messages and links in every cell.
The intervals are not adjusted for multiple comparisons: of a hundred, about five miss the true
value. <strong>{escape(few_replications(plan.replications))}</strong></p>{_failures(results)}
{image("Differences in percent with 95 % intervals", picture)}
<p class="note"><span class="fewer">Blue: fewer, which is better.</span>
<span class="more">Orange: more, which is worse.</span>
<span class="none">Grey: negligible, not distinguishable from no change, or too rare to
tell.</span> At the right both means.</p>
</section>
<section class="appendix">
<h2>Appendix</h2>
<p class="note"><em>Negligible</em> is a difference below 1 % or below what anybody notices of the
measure; <em>too rare to tell</em> is one for which some replications are equal and fewer than
{ENOUGH_UNEQUAL} are not: intervals of rare events are wrong.</p>
{_curves(results)}
<h2>Summary</h2>
{"".join(f"<p>{escape(line)}</p>" for line in summary(results))}
<h2>Effects in detail</h2>
{_list(sentences(results))}
{f"<h3>Reference cells</h3>{references}" if plan.reference_cells else ""}
<h2>Tables</h2>
{"".join(_tables(*entry) for entry in strata_tables(results))}
<h3>Definitions of the measures</h3>
<div class="wide">{_definitions(results.meanings)}</div>
<h3>Known misses against published figures</h3>
<div class="wide">{_definitions(_misses())}</div>
<p class="note">{escape(calibrated_server())}</p>
<h2>Sensitivity to the inputs</h2>
<p>{escape(sensitivity.status)}</p>
<p>{escape(sensitivity.sentence)}</p>
{"".join(pictures)}
{_parameter_space(sensitivity.space)}
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
</section>
</body></html>
"""


def _verdicts(results: Results) -> str:
    """Return each verdict as a paragraph, what is better and what is worse in colour."""
    paragraphs = []
    for verdict in verdicts(results):
        parts = [
            f'<span class="{kind}">{word}:</span> {escape(", ".join(measures))}'
            for kind, word, measures in (
                ("fewer", "better", verdict.better), ("more", "worse", verdict.worse),
                ("none", "no difference that anybody notices", verdict.same),
                ("none", f"{NO_DIFFERENCE} from no change", verdict.unclear),
                ("none", TOO_RARE, verdict.rare),
            )
            if measures
        ]  # fmt: skip
        paragraphs.append(f"<p><strong>{escape(verdict.subject)}</strong>: {'; '.join(parts)}.</p>")
    return "".join(paragraphs)


def _curves(results: Results) -> str:
    """Return a picture of each numeric factor, as HTML."""
    from anywhere_sim.figures.study import curves  # matplotlib only where something is drawn

    parts = []
    for (name, key), points in results.curves().groupby(["factor", "key"], sort=False):
        picture = _png(curves(points, str(key)))
        heading = f"<h3>{escape(capitalized(label(name)))}: {escape(str(key))}</h3>"
        parts.append(heading + image(f"Measures against {key}, with 95 % intervals", picture))
    return "".join(parts)


def _misses() -> dict[str, str]:
    """Return what is known of measures beside published figures, by measure."""
    return {measure: said for measure in UNITS if (said := known_miss(measure))}


def _parameter_space(table: pd.DataFrame | None) -> str:
    """Return what is stored of all inputs varied at once, as HTML; nothing when there is none."""
    if table is None:
        return ""
    said = "".join(f"<p>{escape(line)}</p>" for line in sensitivity.space_verdict(table))
    picture = image(
        "Strips: the ratio of cached to online mode over the parameter space, on a line at 1",
        _png(sensitivity.space_picture(table)),
    )
    rows = sensitivity.space_table(table).to_html(border=0, classes="words")
    return (
        f"<h3>All uncertain inputs at once</h3>{said}{picture}"
        f'<details><summary>In numbers</summary><div class="wide">{rows}</div></details>'
    )


def image(text: str, picture: bytes) -> str:
    """Return a PNG picture as an element of a page, with what it shows in words."""
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
