"""Run the core of the tests with the lowest or the newest versions that pyproject.toml allows.

python -m tests.versions lowest    (or newest; `make lowest`, `make newest`)

Libraries are installed into a new environment of its own, `.venv-lowest` or `.venv-newest`: those
of the package as asked, those of the tests as they come.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from venv import EnvBuilder

ROOT = Path(__file__).parents[1]
TOOLS = ("duckdb", "hypothesis", "jsonschema", "polars", "pytest", "pytest-xdist")
CORE = (
    "tests/golden",
    "tests/traces/test_damage.py",
    "tests/traces/test_other_programs.py",
    "tests/traces/test_run.py",
    "tests/experiments/test_heals.py",
    "tests/experiments/test_rules_travel.py",
    "tests/analysis/test_intervals.py",
    "tests/analysis/test_measures.py",
    "tests/figures",
    "tests/network/test_links.py",
    "tests/rpc",
    "tests/test_console.py",
    "tests/test_files_of_others.py",
    "tests/test_readme.py",
    "tests/test_schema.py",
)
"""Tests that touch every library of the package, and those that hold its numbers."""


def requirements(which: str) -> list[str]:
    """Return the libraries of the package as pip takes them: at their lower bound, or within
    their bounds.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: list[str] = project["dependencies"]
    if which == "newest":
        return found
    return [re.sub(r">=([\d.]+).*", r"==\1", each) for each in found]


def main(which: str) -> int:
    """Return the exit code of pytest in the environment of that name."""
    folder = ROOT / f".venv-{which}"
    EnvBuilder(with_pip=True, clear=True).create(folder)
    python = str(folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, *requirements(which), *TOOLS, "hatchling", "editables"], check=True)
    without = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    subprocess.run([*install, *without], check=True)
    subprocess.run([python, "-m", "pip", "list", "--disable-pip-version-check"], check=True)
    return subprocess.run([python, "-m", "pytest", "-n", "auto", *CORE], cwd=ROOT).returncode


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in ("lowest", "newest"):
        sys.exit("python -m tests.versions lowest|newest")
    sys.exit(main(sys.argv[1]))
