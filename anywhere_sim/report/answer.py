"""What a study leaves behind for people: tables, the figure, and one self-contained page."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from io import BytesIO
from pathlib import Path

from anywhere_sim.experiments import Results
from anywhere_sim.figures.headline import headline
from anywhere_sim.report.assumptions import assumptions
from anywhere_sim.report.sentences import sentences, short_table

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.15rem; margin-top: 2rem; }
img { max-width: 100%; height: auto; } .wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.8rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25rem 0.6rem; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap; }
thead th { white-space: normal; max-width: 5rem; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; }
footer { color: #666; font-size: 0.8rem; margin-top: 2rem; }
@media print { body { max-width: none; margin: 0; } table { font-size: 0.6rem; } th, td { padding: 0.15rem 0.3rem; white-space: normal; } }
"""


def write(results: Results, folder: Path) -> Path:
    """Write values.parquet, contrasts.csv, headline.png and report.html into the folder; return the path of the page."""
    results.values.reset_index().to_parquet(folder / "values.parquet", index=False)
    results.contrasts().to_csv(folder / "contrasts.csv", index=False)
    picture = BytesIO()
    headline(results.contrasts(), results.baseline(), list(results.plan.within)).savefig(picture, format="png", dpi=150)
    (folder / "headline.png").write_bytes(picture.getvalue())
    page = folder / "report.html"
    page.write_text(html(results, picture.getvalue()), encoding="utf-8")
    return page


def html(results: Results, picture: bytes) -> str:
    """Return the page: the question, the answer with intervals, the figure, the table, what it hangs on, how it was made."""
    plan = results.plan
    said = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences(results))
    failed = (
        f"<p><strong>{len(results.failures)} runs failed.</strong></p>{results.failures.to_html(index=False)}"
        if len(results.failures)
        else ""
    )
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(plan.why)}</title><style>{STYLE}</style></head><body>
<h1>{escape(plan.why)}</h1>
<h2>The answer</h2>
<p>Differences with their 95 % intervals, paired over {plan.replications} replications under common random numbers.</p>
<ul>{said}</ul>{failed}
<h2>At a glance</h2>
<img alt="Differences in percent with intervals" src="data:image/png;base64,{b64encode(picture).decode()}">
<p>Blue: fewer. Orange: more. Grey: not distinguishable.</p>
<h2>The table</h2>
<p>Mean of the replications ± half the width of its 95 % interval.</p>
<div class="wide">{short_table(results).to_html(border=0)}</div>
<h2>What it hangs on</h2>
<p>{escape(standing())} <code>anywhere-sim assumptions</code> lists them with their ranges.</p>
<footer>Scenario {escape(plan.scenario)}, seed {plan.seed}, {plan.replications} replications. The traces lie in the folder <code>traces</code> beside
this page; each has its manifest. Nothing is scaled up from this size to another.</footer>
</body></html>
"""


def standing() -> str:
    """Return a sentence that says how many numbers go in documented, calibrated and assumed."""
    marks = assumptions()["mark"].value_counts()
    counted = ", ".join(f"{marks.get(mark, 0)} {mark}" for mark in ("documented", "calibrated", "assumed"))
    return f"Numbers that go in: {counted}; everything in the table is predicted from them."
