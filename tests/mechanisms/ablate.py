"""Switch each mechanism off in turn and see its test turn red; keep what was seen in
docs/ablations.md.

python -m tests.mechanisms.ablate [WORD ...]      only the rows whose name holds one of the words
"""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from typing import NamedTuple

from tqdm import tqdm

from tests.mechanisms.rows import MISSING, ROOT, Row, rows

FAILED = 1  # pytest's exit code when tests were run and some failed
JUDGED = ("assert", "AssertionError", "Failed")
"""How a test begins what it says of what it saw; any other error is one of the ablation itself."""
HEAD = """# Switched off

What `make ablations` saw last: each mechanism of [mechanisms.md](mechanisms.md) switched off (`tests/mechanisms/`), and
what its test said then.

| mechanism | test | seen | what the test said |
| --- | --- | --- | --- |
"""  # noqa: E501


class Seen(NamedTuple):
    """What a test did without the mechanism it stands for."""

    row: Row
    red: bool
    said: str


def without(row: Row) -> Seen:
    """Run the test of a row in a process of its own, with the mechanism switched off."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        row.test,
        "--ablate",
        row.mechanism,
        "-q",
        "-x",
        "--tb=short",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    errors = re.findall(r"^E\s+(.*)", done.stdout, re.MULTILINE)
    said = errors[0] if errors else done.stdout[-200:]
    return Seen(row, done.returncode == FAILED and said.startswith(JUDGED), said)


def line(seen: Seen) -> str:
    """Return a row of the table."""
    said = seen.said.replace("|", "\\|")
    return (
        f"| {seen.row.mechanism} | `{seen.row.test.rpartition('::')[2]}` | "
        f"{'red' if seen.red else 'NOT RED'} | `{said[:120]}` |\n"
    )


def main(words: list[str]) -> int:
    """Judge the rows; exit code 1 when a test stayed green, or broke."""
    chosen = [
        row
        for row in rows()
        if row.test != MISSING and (not words or any(word in row.mechanism for word in words))
    ]
    with ThreadPoolExecutor(cpu_count()) as pool:
        seen = list(tqdm(pool.map(without, chosen), total=len(chosen), unit="mechanism"))
    table = "".join(line(each) for each in seen)
    sys.stdout.write(table)
    if not words:
        (ROOT / "docs/ablations.md").write_text(HEAD + table, encoding="utf-8")
    return 0 if all(each.red for each in seen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
