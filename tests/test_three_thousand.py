"""docs/three-thousand.md beside its commands: each quoted sentence and table is what they print.

`python -m tests.test_three_thousand` runs them (some five minutes); with a folder that has the runs
already (monday, ticked, switch), it asks these again, which takes one minute.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from typer.testing import CliRunner

from anywhere_sim.cli import app
from tests.mechanisms.rows import ROOT

PAGE = ROOT / "docs/three-thousand.md"


def commands(page: str) -> list[list[str]]:
    """Return the words of each command on a page that simulates or reports, in order."""
    found = []
    for block in re.findall(r"^```sh\n(.*?)^```", page, re.M | re.S):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line)
            if words[:1] == ["anywhere-sim"] and words[1] in ("run", "report"):
                found.append(words[1:])
    return found


def quotes(page: str) -> list[str]:
    """Return what a page quotes: its text blocks, parted where a line ends a sentence."""
    found = []
    for block in re.findall(r"^```text\n(.*?)^```", page, re.M | re.S):
        found += [_words(part) for part in re.split(r"(?<=\.)\n|\n\n", block) if part.strip()]
    return found


def not_printed(page: str, output: str) -> list[str]:
    """Return the quotes of a page that an output does not have."""
    printed = _words(output)
    return [quote for quote in quotes(page) if quote not in printed]


def printed(page: str, saved: Path | None = None) -> Iterator[str]:
    """Yield what each command of a page prints; of a saved run, what `report` says of it."""
    for words in commands(page):
        asked = words
        if saved is not None and words[0] == "run":
            folder = saved / Path(words[words.index("--out") + 1]).name
            asked = ["report", str(folder)]
            for option in ("--at", "--beside"):
                if option in words:
                    value = words[words.index(option) + 1]
                    asked += [option, str(saved / Path(value).name) if "/" in value else value]
        elif saved is not None:
            asked = ["report", str(saved / Path(words[1]).name), *words[2:]]
        answer = CliRunner().invoke(app, asked)
        assert answer.exit_code == 0, answer.output
        yield answer.output


def _words(text: str) -> str:
    return " ".join(re.sub(r"^- ", "", text, flags=re.M).split())


def test_a_quote_that_is_not_printed_is_found() -> None:
    page = "```text\nAll is well, and\nso on.\nNot this.\n```\n"
    assert not_printed(page, "- All is well,\n  and so on.\nNot that.") == ["Not this."]
    assert not_printed(page, "All is well, and so on. Not this.") == []


@pytest.mark.long
def test_what_the_page_quotes_is_printed(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    with chdir(tmp_path):
        assert not_printed(text, "\n".join(printed(text))) == []


def main() -> None:
    """Print the quotes that the commands don't print; exit with 1 if there is any."""
    text = PAGE.read_text(encoding="utf-8")
    saved = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
    with TemporaryDirectory() as folder, chdir(folder):
        missing = not_printed(text, "\n".join(printed(text, saved)))
    print("\n".join(missing) or f"all {len(quotes(text))} quotes are printed")
    sys.exit(bool(missing))


if __name__ == "__main__":
    main()
