"""Where the scenarios, studies and small traces that ship with the package lie."""

from __future__ import annotations

import os
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from anywhere_sim.scenario.errors import ScenarioError, nearest

_HIDDEN = {"\t": "a tab", "\n": "a line break", "\r": "a line break", "\b": "a backspace",
           "\f": "a form feed", "\0": "the character 0", "\x1b": "an escape"}  # fmt: skip
"""Characters that a Windows path may come to hold, and that no file name shows."""


def data_folder() -> Path:
    """Return the folder `data`.

    Inside an installed package, or next to the package in a checkout.

    >>> (aw.data_folder() / "scenarios" / "office-day.toml").is_file()
    True
    """
    package = Path(str(files("anywhere_sim")))
    inside = package / "data"
    return inside if inside.is_dir() else package.parent / "data"


def scenario_names() -> list[str]:
    """Return the names of the shipped scenarios, sorted."""
    return sorted(path.stem for path in (data_folder() / "scenarios").glob("*.toml"))


def scenario_path(name: str) -> Path:
    """Return the file of a shipped scenario, or of a path that ends in .toml.

    Raises ScenarioError when there is none, naming the nearest.
    """
    if name.endswith(".toml"):
        path = Path(name)
        if not os.path.isfile(path):
            raise ScenarioError(
                f"there is no file {name!r}; give the path of a .toml file, or one of: "
                f"{', '.join(scenario_names())}"
            )
        return path
    path = data_folder() / "scenarios" / f"{name}.toml"
    if not os.path.isfile(path):
        raise ScenarioError(
            f"there is no scenario {name!r}; {nearest(name, scenario_names())} (`anywhere-sim "
            "list` shows all)"
        )
    return path


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a TOML file in UTF-8 holds, with or without a byte order mark.

    Raises ScenarioError with one sentence for another encoding, and for what is not TOML.
    """
    content = path.read_bytes()
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ScenarioError(
            f"{path.name} is not in UTF-8 (line {line}); save it again with the encoding UTF-8 "
            "(Windows programs call their own ANSI or Unicode)"
        ) from error
    except RecursionError as error:
        raise ScenarioError(
            f"{path.name} is nested too deeply; see `anywhere-sim schema` for what is allowed"
        ) from error
    except ValueError as error:  # of tomllib, and of Python for a number of thousands of digits
        raise ScenarioError(
            f"{path.name} is not valid TOML: {error}; see data/scenarios and data/studies for "
            "examples"
        ) from error


def link_trace_path(name: str, scenario_folder: Path | None) -> Path:
    """Return the file of a link trace: next to the scenario's own file, or one that ships.

    Raises ScenarioError when there is none.
    """
    hidden = next((word for letter, word in _HIDDEN.items() if letter in name), None)
    if hidden:
        raise ScenarioError(
            f"the name of the link trace {name!r} holds {hidden}, which a backslash makes in "
            "double quotes; write the path in single quotes, or with /"
        )
    candidates = [scenario_folder / name] if scenario_folder else []
    candidates += [data_folder() / "linktraces" / name, Path(name)]
    for path in candidates:
        if os.path.isfile(path):  # False too where no system has such a name
            return path
    shipped = ", ".join(sorted(path.name for path in (data_folder() / "linktraces").glob("*.csv")))
    raise ScenarioError(
        f"there is no link trace {name!r}; put it next to the scenario, or use one that ships: "
        f"{shipped}"
    )


def ships(link_trace: Path) -> bool:
    """Whether the file of a link trace is one of those that ship with the package."""
    return link_trace.parent == data_folder() / "linktraces"


def study_names() -> list[str]:
    """Return the names of the shipped studies, sorted."""
    return sorted(path.stem for path in (data_folder() / "studies").glob("*.toml"))


def study_path(name: str) -> Path:
    """Return the file of a shipped study, or of a path that ends in .toml.

    Raises ScenarioError when there is none, naming the nearest.
    """
    path = Path(name) if name.endswith(".toml") else data_folder() / "studies" / f"{name}.toml"
    if not os.path.isfile(path):
        raise ScenarioError(
            f"there is no study {name!r}; {nearest(name, study_names())}, or give the path of a "
            ".toml file"
        )
    return path
