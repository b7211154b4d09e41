"""What a study leaves behind for people: tables, the figure, and one self-contained page."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from anywhere_sim.experiments import Results
from anywhere_sim.experiments.plan import Plan
from anywhere_sim.experiments.sensitivity import stored_table
from anywhere_sim.figures.headline import headline
from anywhere_sim.report import sensitivity
from anywhere_sim.report.assumptions import assumptions
from anywhere_sim.report.in_short import in_short
from anywhere_sim.report.making import making
from anywhere_sim.report.page import page
from anywhere_sim.report.sentences import beside, places, sentences

MARKS = ("documented", "calibrated", "assumed")


def write(results: Results, folder: Path) -> Path:
    """Write values.parquet, contrasts.csv, headline.png and report.html into the folder; return the path of the page."""
    results.values.reset_index().to_parquet(folder / "values.parquet", index=False)
    contrasts = results.contrasts()
    contrasts.to_csv(folder / "contrasts.csv", index=False)
    picture = _drawn(headline(contrasts, list(results.plan.strata)))
    (folder / "headline.png").write_bytes(picture)
    report = folder / "report.html"
    told = page(results, picture, standing(), moved(results.plan), uncertain(), making(results, folder))
    report.write_text(told, encoding="utf-8")
    return report


def _drawn(figure: Figure) -> bytes:
    picture = BytesIO()
    figure.savefig(picture, format="png", dpi=150)
    return picture.getvalue()


def moved(plan: Plan) -> tuple[str, list[bytes]]:
    """Return what became of the plan's answer when its uncertain numbers were moved, with pictures, if that was kept."""
    table = stored_table(plan)
    if table is None:
        return "Run `anywhere-sim sensitivity` to see how the uncertain inputs change these results.", []
    return sensitivity.sentence(table), [_drawn(figure) for figure in sensitivity.pictures(table)]


def uncertain() -> pd.DataFrame:
    """Return the assumed and calibrated numbers that have a range: a row each."""
    table = assumptions()
    return table[(table["mark"] != "documented") & table["low"].notna()]


def text(results: Results) -> str:
    """Return the answer for a terminal: per place the means and the contrasts, then the answer in short and in more words."""
    parts = [results.plan.why]
    for place, tables in places(results):
        for title, table in tables.items():
            parts += [f"{place}: {title}" if place else title, table.to_string()]
    parts.append("\n".join(in_short(results)))
    parts.append("\n".join(f"- {sentence}" for sentence in (*sentences(results), *beside(results))))
    return "\n\n".join(parts)


def standing() -> str:
    """Return a sentence that says how many numbers go in documented, calibrated and assumed."""
    marks = assumptions()["mark"].value_counts()
    counted = ", ".join(f"{marks.get(mark, 0)} {mark}" for mark in MARKS)
    return f"Numbers that go in: {counted}; everything in the table is predicted from them."
