"""The repository says what is true of it."""

from __future__ import annotations

import re
import subprocess
import tomllib
from importlib import import_module
from inspect import isclass, isfunction
from pathlib import Path
from pkgutil import iter_modules

import pytest

import anywhere_sim as aw
from anywhere_sim.scenario.shipped import scenario_names
from tests import mechanisms
from tests.mechanisms.rows import MISSING, ROOT, rows
from tests.mechanisms.switches import SWITCHES

MAX_FILES, MAX_LINES = 251, 450
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_each_mechanism_names_files_scenarios_and_tests_that_exist() -> None:
    found = rows()
    assert len(found) > 40
    for row in found:
        assert not row.file or (ROOT / row.file).is_file(), row.mechanism
        assert not row.scenario or row.scenario in scenario_names(), row.mechanism
        if row.test != MISSING:
            path, _, name = row.test.partition("::")
            assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), row.mechanism


def test_each_mechanism_can_be_ablated_and_was_seen_red() -> None:
    """Those that stand are those with a switch, and `make ablations` saw the test of each turn
    red.
    """
    stand = {row.mechanism: row.test.partition("::")[2] for row in rows() if row.test != MISSING}
    assert set(stand) == set(SWITCHES)
    seen = re.findall(
        r"^\| (.+?) \| `(\w+)` \| red \| `(?:assert|AssertionError|Failed)",
        (ROOT / "docs/ablations.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert dict(seen) == stand


def test_what_switches_a_mechanism_off_overrides_a_method_that_is_there() -> None:
    """One that was renamed would be called by nobody, and the mechanism would stay on."""
    modules = [
        import_module(f"tests.mechanisms.{each.name}") for each in iter_modules(mechanisms.__path__)
    ]
    switches = [
        each
        for module in modules
        for each in vars(module).values()
        if isclass(each) and each.__module__ == module.__name__
        and any(base.__module__.startswith("anywhere_sim.") for base in each.__mro__)
    ]  # fmt: skip
    assert len(switches) > 100
    for switch in switches:
        for name in (name for name, value in vars(switch).items() if isfunction(value)):
            assert any(hasattr(base, name) for base in switch.__bases__), (switch, name)


FILE = re.compile(r"`([\w.-]+(?:/[\w.-]+)*\.py)\b|\[`((?:[\w.-]+/)+[\w.-]*)`\]")
"""A Python file between backticks, or a link whose text is a path."""


def test_files_that_docs_and_lessons_name_exist() -> None:
    """A path begins at the top of the repository or in the package; a bare name lies anywhere."""
    pages = [
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "notebooks").glob("*.[mi][dp]*"),
        *ROOT.glob("*.md"),
    ]
    here = {path.name for path in (ROOT / "anywhere_sim").rglob("*.py")}
    named = {
        (page.name, written or linked)
        for page in pages
        if page.name != "CHANGELOG.md"
        for written, linked in FILE.findall(page.read_text(encoding="utf-8"))
    }
    assert len(named) > 60
    assert {
        (page, name)
        for page, name in named
        if not (
            (ROOT / name).exists()
            or (ROOT / "anywhere_sim" / name).exists()
            or ("/" not in name and name in here)
        )
    } == set()


def test_conda_has_the_bounds_of_the_package() -> None:
    wanted = {
        *PROJECT["dependencies"],
        *PROJECT["optional-dependencies"]["lab"],
        *PROJECT["optional-dependencies"]["cluster"],
        *PROJECT["optional-dependencies"]["docs"],
        *PROJECT["optional-dependencies"]["pcap"],
        f"python{PROJECT['requires-python']}",
    }
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if re.match(r"  - [a-z_-]+[><=]", line)]
    given = {line.strip()[2:].replace("_", "-") for line in lines}  # mypy_extensions at conda
    assert given == wanted


def pinned(lock: str) -> dict[str, set[str]]:
    """Return the releases of each library that a lock pins; it is hashed and names no host."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    releases: dict[str, set[str]] = {}
    for name, release in re.findall(r"^([a-z0-9._-]+)==(\S+)", text, flags=re.MULTILINE):
        releases.setdefault(name, set()).add(release)
    assert text.count("--hash=sha256:") > len(releases)
    return releases


def test_the_locks_are_hashed_name_no_host_and_cover_what_is_needed() -> None:
    extras = dict(PROJECT["optional-dependencies"])
    docs = [*extras["lab"], *extras.pop("docs")]
    needed = [*PROJECT["dependencies"], *(name for extra in extras.values() for name in extra)]
    main, site = pinned("requirements.lock"), pinned("requirements-docs.lock")
    assert {re.split(r"[><=]", name)[0] for name in needed} <= set(main)
    assert {re.split(r"[><=]", name)[0] for name in docs} <= set(site)
    assert all(site[name] <= main[name] for name in set(site) & set(main))  # one .venv holds both


@pytest.mark.parametrize("name", scenario_names())
def test_every_shipped_scenario_says_why(name: str) -> None:
    assert aw.Scenario.load(name).why.endswith("?")


def test_tracked_files_name_no_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert len(listed) > 50
    for name in listed:
        path = ROOT / name
        if (
            path.suffix in {".py", ".md", ".toml", ".yml", ".lock"}
            and path.is_file()
            and path != Path(__file__)
        ):
            text = path.read_text(encoding="utf-8")
            assert f"{Path.home()}/" not in text, name
            assert f"{ROOT}/" not in text, name


def test_the_package_is_few_whole_files() -> None:
    """A splinter is joined with what it is part of; a file that tells two things is parted."""
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "anywhere_sim").rglob("*.py")
    }
    assert len(lines) <= MAX_FILES, "join small files with what they are part of"
    del lines["anywhere_sim/traces/rows.py"]  # `make rows` writes it
    assert {name: count for name, count in lines.items() if count > MAX_LINES} == {}
