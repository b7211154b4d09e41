"""What a study leaves for people in its folder: tables, the figure, and one self-contained page."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure

from anywhere_sim.experiments import Results
from anywhere_sim.experiments.plan import Plan
from anywhere_sim.experiments.sensitivity import stored_table
from anywhere_sim.figures.study import headline
from anywhere_sim.report import sensitivity
from anywhere_sim.report.assumptions import status, uncertain
from anywhere_sim.report.html_page import SensitivitySection, page
from anywhere_sim.report.provenance import provenance

DPI = 150
NOT_STORED = "Run `anywhere-sim sensitivity` to see how uncertain inputs change these results."


def write(results: Results, folder: Path) -> Path:
    """Write values.parquet, contrasts.csv, headline.png and report.html into the folder.

    Returns the path of the page.
    """
    results.values.reset_index().to_parquet(folder / "values.parquet", index=False)
    contrasts = results.contrasts()
    contrasts.to_csv(folder / "contrasts.csv", index=False)
    picture = _png(headline(contrasts, list(results.plan.strata)))
    (folder / "headline.png").write_bytes(picture)
    html = page(results, picture, sensitivity_section(results.plan), provenance(results, folder))
    report = folder / "report.html"
    report.write_text(html, encoding="utf-8")
    return report


def sensitivity_section(plan: Plan) -> SensitivitySection:
    """Return what is known of the sensitivity of the plan's results to its uncertain inputs."""
    table = stored_table(plan)
    if table is None:
        return SensitivitySection(status(), NOT_STORED, [], uncertain())
    pictures = [_png(figure) for figure in sensitivity.pictures(table)]
    return SensitivitySection(status(), sensitivity.sentence(table), pictures, uncertain())


def _png(figure: Figure) -> bytes:
    picture = BytesIO()
    figure.savefig(picture, format="png", dpi=DPI)
    return picture.getvalue()
