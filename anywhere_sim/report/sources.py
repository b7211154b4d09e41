"""The sources as a page of Markdown: docs/sources.md is this page."""

from __future__ import annotations

from collections.abc import Iterator

from anywhere_sim.scenario.sources import Section, Statement, sections

_HEAD = """# Sources

Where the figures of the model come from. A number's mark in the code, a row of [mechanisms.md](mechanisms.md) or of `data/reference/facts.csv` cites
a section by its id ("facts 1.4", "measurements B3"); `anywhere-sim describe` and `assumptions` print its title. Everything is said in the project's own
words. `make sources` writes this page from `data/reference/sources.toml`, where new sections go; a test follows every citation.

| how sure | |
| --- | --- |
| documented | the maker of the thing says so, a standard, source code or a data file |
| second-hand | a blog, a forum, a book or a copy says so |
| derived | worked out from what is documented; the working stands beside it |
| measured | by the project, on what the section names |
| disputed | sources contradict each other: a switch of the model |
| decided | the project's own choice |
| U | unverified, from general knowledge: never more than a parameter |

Dates are those that a document prints; "undated" prints none. All were read by November 2026. Articles of the Knowledge Base (KB) that Microsoft has
withdrawn are kept by <https://mskb.pkisolutions.com> and the BetaArchive wiki. RFCs, KB articles and specifications that the code names by number stand for
themselves.
"""  # noqa: E501

COLLECTIONS = {
    "facts": "facts, published statements",
    "measurements": "measurements, published measurements, and what follows from public data",
    "real_peers": "real_peers, RPC connections measured by the project",
    "performance": "performance, TCP and TLS measured by the project",
    "DESIGN": "DESIGN, what the project decided",
}
"""The heading of each collection of sections, by the first word of its ids."""


def sources_page() -> str:
    """Return all sections as Markdown."""
    return "\n".join([_HEAD, *_lines()])


def _lines() -> Iterator[str]:
    collection = ""
    for section in sections().values():
        if (name := section.id.split()[0]) != collection:
            collection = name
            yield f"## {COLLECTIONS[name]}\n"
        yield section_text(section)


def section_text(section: Section) -> str:
    """Return one section as Markdown: heading, date, a row per statement."""
    background = "; background: other sections lean on it" if section.background else ""
    rows = "\n".join(_row(statement) for statement in section.statements)
    return (
        f'<a id="{section.id.replace(" ", "-")}"></a>\n'
        f"### {section.id}: {section.title}\n\n{section.date}{background}\n\n"
        f"| what | value | how sure | source |\n| --- | --- | --- | --- |\n{rows}\n"
    )


def _row(statement: Statement) -> str:
    named = [f"[{title}]({address}), {date}" for title, address, date in statement.documents]
    source = "; ".join(named) if named else statement.remark
    return f"| {statement.what} | {statement.value} | {statement.sure} | {source} |"
