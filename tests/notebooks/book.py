"""Write the lessons, executed, as web pages that need no kernel: a folder that opens from a file.

python -m tests.notebooks.book FOLDER
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import mistune
from nbconvert import HTMLExporter
from nbformat.v4 import new_output
from tqdm import tqdm

from tests.notebooks.lessons import FOLDER, LESSONS, executed, read

WIDGET = "application/vnd.jupyter.widget-view+json"
NO_SLIDERS = (
    "<p><em>In JupyterLab there are sliders here; a page shows the picture of their "
    "defaults.</em></p>"
)
BAR = re.compile(r"\d%\|")  # what a bar of tqdm says in words
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>body {{ font: 17px/1.55 system-ui, sans-serif; max-width: 54rem; margin: 2rem auto; padding: 0 1rem; color: #222 }}
a {{ color: #0072B2 }} table {{ border-collapse: collapse }} td, th {{ border-bottom: 1px solid #ddd; padding: .35rem .7rem; text-align: left; vertical-align: top }}
li {{ margin: .5rem 0 }}</style>
<body>{body}</body></html>
"""  # noqa: E501


def main(folder: Path, run: Sequence[Path] = LESSONS) -> None:
    """Execute the lessons of `run`, and write every lesson, the glossary, the teaching notes, and
    an index.
    """
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for path in tqdm(LESSONS, unit="lesson"):
        notebook = executed(read(path)) if path in run else read(path)
        (folder / f"{path.stem}.html").write_text(_page(notebook), encoding="utf-8")
        entries.append(_entry(path.stem, notebook))
    for name in ("glossary", "teaching"):
        text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
        body = _linked(str(mistune.create_markdown(plugins=["table"])(text)))
        (folder / f"{name}.html").write_text(PAGE.format(title=name, body=body), encoding="utf-8")
    body = (
        "<h1>How Outlook reaches Exchange</h1><p>Nine lessons, "
        f"executed.</p><ul>{''.join(entries)}</ul>"
    )
    body += '<p><a href="glossary.html">Glossary</a> · <a href="teaching.html">Notes for teachers</a></p>'  # noqa: E501
    (folder / "index.html").write_text(
        PAGE.format(title="anywhere_sim: the lessons", body=body), encoding="utf-8"
    )


def _page(notebook: Any) -> str:
    """Return a lesson as a page: an explorer is the picture of its defaults, a progress bar is left
    out, links lead to pages.
    """
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        outputs[:] = [
            output
            for output in outputs
            if not BAR.search(str(output.get("data", {}).get("text/plain", "")))
        ]
        if any(output.get("data", {}).pop(WIDGET, None) for output in outputs):
            outputs.insert(0, new_output("display_data", {"text/html": NO_SLIDERS}))  # type: ignore[no-untyped-call]
        if cell.cell_type == "markdown":
            cell.source = _linked(cell.source)
    notebook.metadata.pop("widgets", None)
    exporter = HTMLExporter(
        mathjax_url="",
        require_js_url="",
        jquery_url="",
        embed_images=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    page, _ = exporter.from_notebook_node(notebook)
    return str(re.sub(r"<script[^>]*src=.(https?:)?[^>]*></script>", "", page))


def _linked(text: str) -> str:
    """Let links to lessons and notes lead to their pages, and links to the repository be plain
    words.
    """
    text = re.sub(r"\[([^\]]+)\]\(\.\./[^)]+\)", r"\1", text)
    return re.sub(r'(\(|")([a-z0-9_]+)\.(?:ipynb|md)(\)|")', r"\1\2.html\3", text)


def _entry(stem: str, notebook: Any) -> str:
    first = notebook.cells[0].source
    title = first.splitlines()[0].lstrip("# ")
    learned = re.sub(
        r"[*_`]",
        "",
        next(line for line in first.splitlines() if line.startswith("**What you will learn")),
    )
    return f'<li><a href="{stem}.html"><b>{escape(title)}</b></a><br>{escape(learned)}</li>'


if __name__ == "__main__":
    main(Path(sys.argv[1]))
