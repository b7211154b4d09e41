"""The glossary on the site: each word has a place, and what it means opens over it.

Pages link to `glossary.md`, as an editor and JupyterLab understand it. Here the link leads to its
word; what is in bold and stands in the glossary leads there too. The meaning is in the page itself,
so that it opens without a script and without a network: over a word that a pointer is on or that
the keyboard has reached, on a phone at the foot of the screen (static/site.css).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

PAGE = "notebooks/glossary"
FILE = Path(__file__).parents[2] / f"{PAGE}.md"
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
HEAD = ("word", "---")
ITSELF = "glossary"
"""What a link to the whole of it is called."""


class Entry(NamedTuple):
    """A row of the table: the words as they stand there, their place, what they mean."""

    words: str
    place: str
    meaning: str


def entries(text: str) -> list[Entry]:
    r"""Return the rows of the glossary.

    >>> entries("| word | what |\n| --- | --- |\n| median (p50) | half lie *below* |\n")
    [Entry(words='median (p50)', place='word-median-p50', meaning='half lie below')]
    """
    return [
        Entry(words, "word-" + re.sub(r"\W+", "-", words.lower()).strip("-"), said.replace("*", ""))
        for words, said in ROW.findall(text)
        if words not in HEAD
    ]


def by_word(found: list[Entry]) -> dict[str, Entry]:
    r"""Return each entry by its words: the whole, without what is in brackets, and one by one.

    >>> sorted(by_word(entries("| bind, logon | stages |\n| operation (ROP) | one thing |\n")))
    ['bind', 'bind, logon', 'logon', 'operation', 'operation (ROP)', 'rop']
    """
    known = {entry.words: entry for entry in found}
    for entry in found:
        whole = re.sub(r"\s*\([^)]*\)", "", entry.words).lower()
        known.setdefault(whole, entry)
    for entry in found:
        whole = re.sub(r"\s*\([^)]*\)", "", entry.words).lower()
        short = re.findall(r"\(([A-Za-z0-9]+)\)", entry.words)
        for word in (*whole.split(", "), *(each.lower() for each in short)):
            known.setdefault(word, entry)
    return known


def with_places(_: Sphinx, page: str, source: list[str]) -> None:
    """Give each word of the glossary a place to link to."""
    if page == PAGE:
        for entry in entries(source[0]):
            source[0] = source[0].replace(
                f"| {entry.words} |", f"| [{entry.words}]{{#{entry.place}}} |", 1
            )


def with_meanings(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Let links to the glossary lead to their words, and show what these mean."""
    if page == PAGE:
        return
    known = by_word(entries(FILE.read_text(encoding="utf-8")))
    target = app.builder.get_relative_uri(page, PAGE)
    for link in list(doctree.findall(nodes.reference)):
        word = _plain(link)
        if link.get("refuri") != target or word == ITSELF:
            continue
        if word in known:
            _lead(link, target, known[word])
        else:
            logging.getLogger(__name__).warning("%s: %r is not in the glossary", page, word)
    for bold in list(doctree.findall(nodes.strong)):
        entry = known.get(_plain(bold))
        if entry is not None and not isinstance(bold.parent, nodes.reference):
            link = nodes.reference("", "", internal=True)
            bold.parent.replace(bold, link)
            link.append(bold)
            _lead(link, target, entry)


def _plain(node: nodes.Element) -> str:
    return node.astext().lower().replace("’", "'")


def _lead(link: nodes.reference, target: str, entry: Entry) -> None:
    link["refuri"] = f"{target}#{entry.place}"
    link["classes"].append("word")
    link.append(nodes.inline("", entry.meaning, classes=["meaning"]))


def setup(app: Sphinx) -> dict[str, bool]:
    """Let Sphinx call what is here."""
    app.connect("source-read", with_places)
    app.connect("doctree-resolved", with_meanings)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
