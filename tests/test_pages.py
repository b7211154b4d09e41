"""Every block of code on the pages of docs/ runs, and every command in them is one.

What a block is stands beside its fence: `python` runs, the blocks of a page one after the other in
a folder of their own; `toml` is a scenario, a study or a part of one; `sh` has commands, of which
name, options, scenario and settings are checked; `text` is no code (output, drawings, commands of
another program). A first line `# name.toml` lets a block be the file of that name.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer.main

import anywhere_sim as aw
from anywhere_sim.cli import app
from anywhere_sim.cli.arguments import changed
from anywhere_sim.report.reference import PARTS
from tests.mechanisms.rows import ROOT

PAGES = sorted(
    path
    for pattern in (
        "README.md",
        "CONTRIBUTING.md",
        "benchmarks/*.md",
        "docs/**/*.md",
        "notebooks/*.md",
    )
    for path in ROOT.glob(pattern)
)
FENCE = re.compile(r"^```(\{?[a-z-]*\}?)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"# ([\w-]+\.(?:toml|py))\n")
RUN_ELSEWHERE = {
    "README.md": "test_readme.py runs them on a smaller scenario",
    "docs/reference/examples.md": "test_examples.py runs them, and every example after them",
}
NEEDS = {
    "docs/architecture.md": (
        "import anywhere_sim as aw\n"
        "from anywhere_sim.outlook.modes.online import Online as Mine\n"
        "scenario = aw.Scenario.load('office-day').with_(end='08:01')\n"
    ),
}
"""What a page leaves to its reader: names that its blocks take for granted."""
SCENARIO, STUDY = ("run", "describe", "story", "calls", "capacity"), ("study", "sensitivity")


class Block(NamedTuple):
    """A block of a page: its language and what stands in it."""

    language: str
    text: str


def blocks(page: Path) -> list[Block]:
    return [Block(*found) for found in FENCE.findall(page.read_text(encoding="utf-8"))]


def called(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=called)
def test_each_block_says_what_it_is(page: Path) -> None:
    for language, text in blocks(page):
        assert language in {"python", "toml", "sh", "text"} or language.startswith("{"), text[:200]


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any(b.language == "python" for b in blocks(page))],
    ids=called,
)
def test_python_blocks_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)  # as where a program runs: a page's modules lie there
    if called(page) in RUN_ELSEWHERE:
        return
    code = [NEEDS.get(called(page), "")]
    for language, text in blocks(page):
        if name := NAME.match(text):
            (tmp_path / name[1]).write_text(text, encoding="utf-8")
        if language == "python":
            code.append(text)
    with chdir(tmp_path):
        exec(compile("\n".join(code), called(page), "exec"), {"__name__": "page"})


@pytest.mark.parametrize(
    ("page", "text"),
    [(page, b.text) for page in PAGES for b in blocks(page) if b.language == "toml"],
    ids=lambda given: called(given) if isinstance(given, Path) else "",
)
def test_toml_blocks_are_scenarios_studies_or_parts(page: Path, text: str, tmp_path: Path) -> None:
    content = tomllib.loads(text)
    if {"start", "end", "servers"} <= set(content):
        aw.Scenario.build(content)
    elif "factors" in content:
        for name, written in files(page):
            (tmp_path / name).write_text(written, encoding="utf-8")
        with chdir(tmp_path):
            (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
            aw.Study.load("plan.toml")
    else:
        known = {key for name in ("scenario", "study") for key in PARTS[name][1].model_fields}
        assert set(content) <= known, text


def files(page: Path) -> Iterator[tuple[str, str]]:
    """Yield the files that a page writes down."""
    for _, text in blocks(page):
        if name := NAME.match(text):
            yield name[1], text


@pytest.mark.parametrize(
    ("page", "line"),
    [
        (page, line)
        for page in PAGES
        for block in blocks(page)
        if block.language == "sh"
        for line in block.text.replace("\\\n", " ").splitlines()
    ],
    ids=lambda given: given.name if isinstance(given, Path) else str(given)[:50],
)
def test_commands_are_commands(page: Path, line: str, tmp_path: Path) -> None:
    words = shlex.split(line, comments=True)
    if not words or words[0] in {"cd", "git"}:
        return
    if words[0] == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert all(re.search(rf"^{word}:", makefile, re.MULTILINE) for word in words[1:]), line
        return
    assert words[0].rpartition("/")[2] == "anywhere-sim", line
    words = words[: words.index(">")] if ">" in words else words
    group: Any = typer.main.get_command(app)
    assert words[1] in group.commands, line
    for name, written in files(page):
        (tmp_path / name).write_text(written, encoding="utf-8")
    with chdir(tmp_path):
        context = group.commands[words[1]].make_context(words[1], words[2:])
        if words[1] in SCENARIO:
            changed(aw.Scenario.load(words[2]), context.params.get("setting"))
        elif words[1] in STUDY:
            aw.Study.load(words[2])
