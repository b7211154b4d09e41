"""What a study leaves behind for people: tables, the figure, and one self-contained page."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pandas as pd

from anywhere_sim.experiments import Results
from anywhere_sim.figures.headline import headline
from anywhere_sim.report.assumptions import assumptions
from anywhere_sim.report.making import making
from anywhere_sim.report.page import page
from anywhere_sim.report.sentences import beside, places, sentences

MARKS = ("documented", "calibrated", "assumed")


def write(results: Results, folder: Path) -> Path:
    """Write values.parquet, contrasts.csv, headline.png and report.html into the folder; return the path of the page."""
    results.values.reset_index().to_parquet(folder / "values.parquet", index=False)
    contrasts = results.contrasts()
    contrasts.to_csv(folder / "contrasts.csv", index=False)
    picture = BytesIO()
    headline(contrasts, list(results.plan.within)).savefig(picture, format="png", dpi=150)
    (folder / "headline.png").write_bytes(picture.getvalue())
    report = folder / "report.html"
    report.write_text(page(results, picture.getvalue(), standing(), uncertain(), making(results, folder)), encoding="utf-8")
    return report


def uncertain() -> pd.DataFrame:
    """Return the assumed and calibrated numbers that have a range: a row each."""
    table = assumptions()
    return table[(table["mark"] != "documented") & table["low"].notna()]


def text(results: Results) -> str:
    """Return the answer for a terminal: per place the means and the contrasts, then the sentences."""
    parts = [results.plan.why]
    for place, tables in places(results):
        for title, table in tables.items():
            parts += [f"{place}: {title}" if place else title, table.to_string()]
    parts.append("\n".join(f"- {sentence}" for sentence in (*sentences(results), *beside(results))))
    return "\n\n".join(parts)


def standing() -> str:
    """Return a sentence that says how many numbers go in documented, calibrated and assumed."""
    marks = assumptions()["mark"].value_counts()
    counted = ", ".join(f"{marks.get(mark, 0)} {mark}" for mark in MARKS)
    return f"Numbers that go in: {counted}; everything in the table is predicted from them."
