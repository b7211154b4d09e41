"""What the site needs beyond Sphinx: lessons as pages, the reference from the specs, a first page.

A lesson's page has no kernel: an explorer becomes the picture of its defaults, a progress bar goes,
a solution is folded. The reference of scenario keys and of trace columns is written where a page
says `% generated: NAME`.
"""

from __future__ import annotations

import re
from inspect import isfunction
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import typer.main
from docutils import nodes
from sphinx.application import Sphinx

import anywhere_sim
from anywhere_sim import analysis, figures, lab
from anywhere_sim.cli import app
from anywhere_sim.report.reference import columns_page, keys_page, measures_page
from anywhere_sim.scenario.sources import CITATION, cited

WIDGET = "application/vnd.jupyter.widget-view+json"
BAR = re.compile(r"\d%\|")  # what a bar of tqdm says in words
NO_SLIDERS = (
    "In JupyterLab (make lab) there are sliders here; a page shows the picture of their defaults."
)
GENERATED = re.compile(r"^% generated: ([a-z_.]+)$", re.MULTILINE)
INDEX = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>anywhere_sim</title>'
    '<meta http-equiv="refresh" content="0; url=docs/index.html">'
    '<a href="docs/index.html">anywhere_sim</a></html>\n'
)
MODULES = {module.__name__: module for module in (anywhere_sim, analysis, figures, lab)}


def read_lesson(text: str) -> Any:
    """Return a notebook whose solutions are folded, and the code of its checks."""
    notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    for cell in notebook.cells:
        if "solution" in cell.metadata.get("tags", []):
            cell.metadata.tags.append("hide-cell")
            cell.metadata["mystnb"] = {"code_prompt_show": "Show the solution"}
        if "check" in cell.metadata.get("tags", []):
            cell.metadata.tags.append("hide-input")
            cell.metadata["mystnb"] = {"code_prompt_show": "Show how it is checked"}
    return notebook


def without_kernel(_: Sphinx, doctree: nodes.document) -> None:
    """Leave out what a page without a kernel can't show."""
    for bundle in list(doctree.findall(_is_bundle)):
        by_type = {child["mime_type"]: child for child in bundle.children}
        if BAR.search(by_type["text/plain"].astext() if "text/plain" in by_type else ""):
            bundle.parent.remove(bundle)
        elif WIDGET in by_type:
            bundle.remove(by_type[WIDGET])
            place = bundle.parent.index(bundle)
            note = nodes.paragraph("", "", nodes.emphasis(text=NO_SLIDERS))
            bundle.parent.insert(place, note)


def _is_bundle(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "mime_bundle"


def with_generated(_: Sphinx, __: str, source: list[str]) -> None:
    """Write the generated parts of a page where it asks for them."""
    source[0] = GENERATED.sub(lambda match: generated(match.group(1)), source[0])


def generated(name: str) -> str:
    """Return the Markdown of a part, or the reference of a module."""
    pages = {
        "keys": linked_keys, "columns": columns_page, "measures": measures_page,
        "commands": commands,
    }  # fmt: skip
    return pages[name]() if name in pages else module_reference(name)


def linked_keys() -> str:
    """Return the reference of keys, where a citation leads to its source."""

    def link(found: re.Match[str]) -> str:
        section = next(cited(found[0])).replace(" ", "-")
        return f'<a href="../sources.html#{section}">{found[0]}</a>'

    return CITATION.sub(link, keys_page())


def commands() -> str:
    """Return each command with its arguments and options."""
    group: Any = typer.main.get_command(app)
    return "\n".join(
        _command(name, command)
        for name, command in sorted(group.commands.items())
        if not command.hidden
    )


def _command(name: str, command: Any) -> str:
    arguments = " ".join(
        entry.name.upper() if entry.required else f"[{entry.name.upper()}]"
        for entry in command.params
        if entry.param_type_name == "argument"
    )
    rows = [
        f"| `{', '.join(entry.opts) or entry.name}` | {getattr(entry, 'help', '') or ''} |"
        for entry in command.params
        if entry.name != "help"
    ]
    table = "\n".join(["| | |", "| --- | --- |", *rows]) if rows else ""
    said = (command.help or "").replace("\x08", "")
    return f"## anywhere-sim {name}\n\n`anywhere-sim {name} {arguments}`\n\n{said}\n\n{table}\n"


def module_reference(name: str) -> str:
    """Return a table of a module's public names, and each with its docstring.

    What another module exports too is described once, in the first of `MODULES`.
    """
    module = MODULES[name]
    names = [entry for entry in module.__all__ if not entry.startswith("__")]
    lines = [f".. currentmodule:: {name}", "", ".. autosummary::", "   :nosignatures:", ""]
    lines += [
        f"   {entry if home(module, entry) == name else f'~{home(module, entry)}.{entry}'}"
        for entry in names
        if callable(getattr(module, entry))
    ]
    for entry in names:
        if callable(getattr(module, entry)) and home(module, entry) == name:
            kind = "function" if isfunction(getattr(module, entry)) else "class"
            lines += ["", f".. auto{kind}:: {entry}"] + ["   :members:"] * (kind == "class")
    return "\n".join(["```{eval-rst}", *lines, "```", ""])


def home(module: ModuleType, entry: str) -> str:
    """Return the name of the first module that exports what `entry` is in `module`."""
    thing = getattr(module, entry)
    return next(name for name, other in MODULES.items() if getattr(other, entry, None) is thing)


def first_page(app: Sphinx, error: Exception | None) -> None:
    """Let the folder of the site open on its first page."""
    if error is None and app.builder.format == "html":
        (Path(app.outdir) / "index.html").write_text(INDEX, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Let Sphinx call what is here."""
    app.connect("source-read", with_generated)
    app.connect("doctree-read", without_kernel)
    app.connect("build-finished", first_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
