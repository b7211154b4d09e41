"""Run the core of the tests with the lowest or the newest versions that pyproject.toml allows.

python -m tests.versions lowest|newest [PYTHON]    (`make lowest`, `make newest`)

Libraries are installed into a new environment of its own, `.venv-lowest` or `.venv-newest`, with
the interpreter PYTHON (by default this one): those of the package and of all its extras. What was
seen is kept in docs/versions.md.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/versions.md"
CORE = (
    "tests/golden",
    "tests/traces/test_damage.py",
    "tests/traces/test_other_programs.py",
    "tests/traces/test_run.py",
    "tests/experiments/test_folders.py",
    "tests/experiments/test_heals.py",
    "tests/experiments/test_rules_travel.py",
    "tests/experiments/test_threads.py",
    "tests/analysis/test_intervals.py",
    "tests/analysis/test_measures.py",
    "tests/figures",
    "tests/lab",
    "tests/network/test_links.py",
    "tests/notebooks/test_exercises.py",
    "tests/rpc",
    "tests/test_console.py",
    "tests/test_files_of_others.py",
    "tests/test_readme.py",
    "tests/test_schema.py",
)
"""Tests that touch every library of the package, and those that hold its numbers."""
PYTHON = "that of the environment"
CHECKS = {
    "lowest": (("ruff", "check", "."), ("lint-imports",)),
    "newest": (("ruff", "check", "."), ("mypy", "--python-version", PYTHON), ("lint-imports",)),
}
"""What `make lint` says, less the layout of lines, which each ruff has its own of; and less mypy
where what old libraries say of their types is looser than what the code relies on. The newest numpy
says its own in the syntax of Python 3.12, so that mypy is told which Python reads it.
"""
ALONE = ("ciw", "impacket", "myst_nb", "playwright.sync_api", "pydata_sphinx_theme", "sphinx")
"""Libraries that no test of the core imports."""
HEAD = """# Lowest and newest versions

What `make lowest` and `make newest` saw last: the core of the tests (`tests/versions.py`) with the
lowest versions that `pyproject.toml` allows, extras included, and with the newest that there were.
"""


def requirements(which: str) -> list[str]:
    """Return the libraries of the package and its extras as pip takes them: at their lower bound,
    or within their bounds.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: list[str] = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    if which == "newest":
        return found
    return [re.sub(r">=([\d.]+).*", r"==\1", each) for each in found]


def installed(which: str, interpreter: str) -> Path:
    """Make the environment anew and return where its programs are."""
    folder = ROOT / f".venv-{which}"
    subprocess.run([interpreter, "-m", "venv", "--clear", str(folder)], check=True)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    install = [str(programs / "python"), "-m", "pip", "install", "--quiet", "--no-compile"]
    subprocess.run([*install, "--upgrade", "pip"], check=True)  # older ones seek for an hour
    subprocess.run([*install, *requirements(which)], check=True)
    without = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    subprocess.run([*install, *without], check=True)
    return programs


def versions(python: str) -> dict[str, str]:
    """Return the versions of what pyproject.toml names, and of Python."""
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format", "json"], capture_output=True, check=True
    )
    every = {
        each["name"].lower().replace("_", "-"): each["version"]
        for each in json.loads(listed.stdout)
    }
    said = subprocess.run([python, "--version"], capture_output=True, text=True, check=True)
    names = (re.split(r"[><=]", each)[0] for each in requirements("newest"))
    return {"python": said.stdout.split()[1]} | {name: every[name] for name in sorted(names)}


def section(which: str, found: Mapping[str, str], said: Sequence[str]) -> str:
    """Return what the page says about one of the two."""
    libraries = ", ".join(f"{name} {number}" for name, number in found.items())
    lines = "".join(f"- {line}\n" for line in said)
    return (
        f"## {which}\n\n{datetime.now(UTC):%Y-%m-%d}, on {sys.platform}.\n\n{lines}\n{libraries}\n"
    )


def keep(which: str, text: str) -> None:
    """Write a section of the page; the other one stays."""
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    others = {
        name: f"## {name}\n{rest}".rstrip() + "\n"
        for name, rest in re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", before, re.M | re.S)
    }
    sections = others | {which: text}
    PAGE.write_text(
        "\n".join([HEAD, *(sections[name] for name in sorted(sections))]), encoding="utf-8"
    )


def _of_python(words: Sequence[str], found: Mapping[str, str]) -> list[str]:
    version = ".".join(found["python"].split(".")[:2])
    return [version if word == PYTHON else word for word in words]


def checked(which: str, programs: Path) -> int:
    """Keep what the checks and tests say in an environment; return the first exit code but 0."""
    python = str(programs / "python")
    found = versions(python)
    print(*(f"{name} {number}" for name, number in found.items()), sep=", ", flush=True)
    commands = [
        [python, "-m", "pip", "check"],
        [python, "-c", f"import {', '.join(ALONE)}"],
        *([str(programs / check[0]), *_of_python(check[1:], found)] for check in CHECKS[which]),
        [python, "-m", "pytest", "-n", "auto", *CORE],
    ]
    said, failed = [], 0
    for command in commands:
        ended = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        print(ended.stdout, flush=True)
        last = (ended.stdout.strip().split("\n"))[-1].strip(" =")
        words = " ".join([Path(command[0]).name, *command[1:3]])
        said.append(f"`{words}`: exit code {ended.returncode}{f', {last}' if last else ''}")
        failed = failed or ended.returncode
    keep(which, section(which, found, said))
    return failed


def main(which: str, interpreter: str = sys.executable) -> int:
    """Return the first exit code but 0 of what runs in a new environment of that name."""
    return checked(which, installed(which, interpreter))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in ("lowest", "newest"):
        sys.exit("python -m tests.versions lowest|newest [PYTHON]")
    sys.exit(main(*sys.argv[1:]))
