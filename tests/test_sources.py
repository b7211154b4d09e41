"""Each citation leads to a section of docs/sources.md, and each section says where it comes
from.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Collection, Iterable, Mapping

import pytest

from anywhere_sim.report.assumptions import assumptions, sources_page
from anywhere_sim.scenario.sources import CITATION, cited, sections, with_titles
from tests.mechanisms.rows import ROOT

ITSELF = {"docs/sources.md", "data/reference/sources.toml", "tests/test_sources.py"}
READ = {".py", ".toml", ".md", ".ipynb", ".csv"}
STATEMENT = re.compile(r"\bS\d{1,2}\b")
ROWS = re.compile(r"\b(\w+ [A-Z]\d+)\s+rows?\s+(\d+)(?:-(\d+))?")
ELSEWHERE = re.compile(
    r"\b[FMR] [AB]?\d|\b(?:facts|measurements|real_peers|performance|server_load|DESIGN|HOUSE)\.md|\bDESIGN:"  # noqa: E501
)
HOW_SURE = {"documented", "second-hand", "derived", "measured", "disputed", "decided", "U"}
OUTSIDE = {"documented", "second-hand", "disputed"}


@pytest.fixture(scope="module")
def texts() -> Mapping[str, str]:
    """Text of each tracked file that may cite, by name."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    paths = {name: ROOT / name for name in listed if name not in ITSELF}
    return {
        name: path.read_text(encoding="utf-8")
        for name, path in paths.items()
        if path.suffix in READ and path.is_file()
    }


def citations(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return file and id of each citation; S5 in code or prose is statement 5 of the design."""
    found = [(name, section) for name, text in texts.items() for section in cited(text)]
    for name, text in texts.items():
        if name.endswith((".py", ".md")):
            found += [(name, f"DESIGN {number}") for number in STATEMENT.findall(text)]
    return found


def dangling(texts: Mapping[str, str]) -> list[str]:
    """Return "file: citation" for each that leads nowhere: no such section, no such row, a form
    that is not read.
    """
    lost = [f"{name}: {section}" for name, section in citations(texts) if section not in sections()]
    for name, text in texts.items():
        lost += [f"{name}: {found[0]}" for found in ELSEWHERE.finditer(text)]
        for section, first, last in ROWS.findall(text):
            there = (
                {statement.what.partition(":")[0] for statement in sections()[section].statements}
                if section in sections()
                else set()
            )
            lost += [
                f"{name}: {section} row {row}"
                for row in {first, last or first}
                if f"row {row}" not in there
            ]
    return lost


def orphans(used: Collection[str]) -> set[str]:
    """Return the sections that nothing cites though they are not background, and those called
    background that something cites.
    """
    return {
        section.id for section in sections().values() if (section.id in used) == section.background
    }


def faults(page: Iterable[str]) -> list[str]:
    """Return what a page of sources must not hold: hosts of package registries, paths of a
    machine.
    """
    return [
        line
        for line in page
        if re.search(r"pypi|pythonhosted|anaconda\.org|npmjs|/(?:home|root|tmp)/", line)
    ]


def test_each_citation_leads_to_a_section(texts: Mapping[str, str]) -> None:
    assert not dangling(texts)
    assert len(citations(texts)) > 250


def test_each_section_is_cited_or_background(texts: Mapping[str, str]) -> None:
    assert not orphans({section for _, section in citations(texts)})


@pytest.mark.parametrize("section", sections().values(), ids=lambda section: section.id)
def test_each_section_says_where_it_comes_from(section: object) -> None:
    found = sections()[section.id]  # type: ignore[attr-defined]
    assert CITATION.fullmatch(found.id)
    assert re.fullmatch(r"[^:\[\]|]{5,80}", found.title)
    assert re.fullmatch(r"(collected|derived|measured|decided) 20\d\d-\d\d(-\d\d)?", found.date)
    assert found.statements
    for what, value, sure, documents, remark in found.statements:
        assert what
        assert value
        assert "|" not in what + value + remark
        assert sure in HOW_SURE
        assert all(
            title and date and re.match(r"https?://\w", address)
            for title, address, date in documents
        )
        assert documents or sure not in OUTSIDE, f"{found.id}: {what}: no document"
        assert (
            sure != "measured"
            or remark == "measured by the project"
            or set(cited(remark)) <= set(sections())
        )
        assert documents or remark or sure in {"U", "decided"}, f"{found.id}: {what}: from where?"
        assert all(other in sections() for other in cited(remark))


def test_the_page_is_that_of_the_table() -> None:
    """`make sources` writes it."""
    page = sources_page()
    assert (ROOT / "docs/sources.md").read_text(encoding="utf-8") == page
    assert not faults(page.splitlines())
    assert all(f"\n### {section.id}: {section.title}\n" in page for section in sections().values())


def test_what_is_printed_has_titles() -> None:
    printed = assumptions()["source"]
    assert not [text for text in printed if re.search(rf"(?<!\[){CITATION.pattern}", text)]
    assert printed.str.contains(sections()["facts 1.6"].title, regex=False).any()
    assert with_titles("real_peers 2.2 and 4") == "{} [real_peers 2.2], {} [real_peers 4]".format(
        *(sections()[name].title for name in ("real_peers 2.2", "real_peers 4"))
    )
    assert with_titles("measurements A1 rows 3-4: 2 GHz").endswith(
        " [measurements A1 rows 3-4]: 2 GHz"
    )


def test_what_is_called_documented_is() -> None:
    """It cites a section or a document that stands for itself, and neither guesses nor the
    project's own choices alone.
    """
    table = assumptions()
    for text in table.loc[table["mark"] == "documented", "source"]:
        assert re.search(r"\[\w+ [ABS]?\d|\bKB \d{6}|\bRFC \d|\bC706\b|\bMS-[A-Z]", text), text
        assert not re.search(r"\(U\)|\bassumed\b|\[DESIGN \d", text), text


def test_what_leads_nowhere_is_found() -> None:
    """The negative of the above: each kind of fault is seen."""
    wrong = [
        "facts 9.9",
        "facts 1.5, 4.4",
        "real_peers 2.2 and 9",
        "measurements A1 row 2",
        "S16",
        "F 1.4",
        "facts.md",
        "DESIGN:",
    ]
    for text in wrong:
        assert dangling({"x.py": f'"""A figure ({text})."""'}), text
    assert not dangling(
        {
            "x.py": "facts 1.5, 4.3; real_peers 2.2, 3 where measured; measurements A1 rows 3-4; measurements B4, 60,000 ports"  # noqa: E501
        }
    )
    used = {section.id for section in sections().values() if not section.background}
    assert orphans(used - {"facts 1.4"}) == {"facts 1.4"}
    assert orphans(used | {"facts 2.3"}) == {"facts 2.3"}
    assert faults(["https://pypi.org/project/x"])
    with pytest.raises(KeyError):
        with_titles("facts 9.9")
