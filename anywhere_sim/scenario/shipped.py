"""Where the scenarios, studies and small traces that ship with the package lie."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from anywhere_sim.scenario.errors import ScenarioError, nearest


def data_folder() -> Path:
    """Return the folder `data`.

    Inside an installed package, or next to the package in a checkout.
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
        if not path.is_file():
            raise ScenarioError(
                f"there is no file {name!r}; give the path of a .toml file, or one of: "
                f"{', '.join(scenario_names())}"
            )
        return path
    path = data_folder() / "scenarios" / f"{name}.toml"
    if not path.is_file():
        raise ScenarioError(
            f"there is no scenario {name!r}; {nearest(name, scenario_names())} (`anywhere-sim "
            "list` shows all)"
        )
    return path


def link_trace_path(name: str, scenario_folder: Path | None) -> Path:
    """Return the file of a link trace: next to the scenario's own file, or one that ships.

    Raises ScenarioError when there is none.
    """
    candidates = [scenario_folder / name] if scenario_folder else []
    candidates += [data_folder() / "linktraces" / name, Path(name)]
    for path in candidates:
        if path.is_file():
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
    if not path.is_file():
        raise ScenarioError(
            f"there is no study {name!r}; {nearest(name, study_names())}, or give the path of a "
            ".toml file"
        )
    return path
