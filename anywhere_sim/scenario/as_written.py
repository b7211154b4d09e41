"""A scenario as it was written: plain values for a manifest, and TOML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from anywhere_sim.scenario.errors import ScenarioError
from anywhere_sim.scenario.quantities import format_time
from anywhere_sim.scenario.spec import Spec

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_TIMES = ("start", "end", "at", "between", "itinerary")
"""Keys with times of day, which an object holds as seconds and a file as words."""


def plain(value: Any) -> Any:
    """Return what was written as numbers, words, lists and tables, whatever types it was built
    from.
    """
    if isinstance(value, Spec):
        content = value.model_dump(exclude_unset=True)
        return plain({key: _timed(key, each) for key, each in content.items()})
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return plain(value.item()) if hasattr(value, "item") else str(value)


def _timed(key: str, value: Any) -> Any:
    """Return the times of a key of `_TIMES` as "HH:MM:SS"."""
    if key not in _TIMES:
        return value
    if isinstance(value, tuple):
        return [_timed(key, each) for each in value]
    return format_time(value) if isinstance(value, float) else value


def written_in(folder: Path) -> tuple[dict[str, Any], str]:
    """Return the scenario that the manifest of a run holds, and its digest: "" where rules were
    given beside it, which the digest of the run covers too.

    Raises ScenarioError when there is none.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        written = manifest["written"]
        digest = "" if "rules_given" in manifest else str(manifest["digest"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ScenarioError(
            f"{folder} holds no run that keeps its scenario as it was written ({error!r}); give a "
            "folder of `run --out` or `simulate(folder=...)` of this version"
        ) from error
    return dict(written), digest


def toml_of(content: Mapping[str, Any]) -> str:
    """Return a nested mapping as TOML; what is None is left out."""
    return "\n".join(_table(plain(content), ())).strip() + "\n"


def _table(content: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    tables = {key: each for key, each in content.items() if isinstance(each, dict)}
    rows = {key: each for key, each in content.items() if _is_rows(each)}
    for key, each in content.items():
        if key not in tables and key not in rows and each is not None:
            yield f"{_key(key)} = {_value(each)}"
    for key, each in tables.items():
        yield from ("", f"[{'.'.join(map(_key, (*path, key)))}]")
        yield from _table(each, (*path, key))
    for key, every in rows.items():
        for each in every:
            yield from ("", f"[[{'.'.join(map(_key, (*path, key)))}]]")
            yield from _table(each, (*path, key))


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _value(name)


def _value(value: Any) -> str:
    """Return a number, a word, a list or an inline table as TOML has it.

    >>> print(_value([True, 1, 2.5, "a", {"c": []}]))
    [true, 1, 2.5, "a", { c = [] }]
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(_value(each) for each in value if each is not None)}]"
    if isinstance(value, dict):
        pairs = (f"{_key(key)} = {_value(each)}" for key, each in value.items() if each is not None)
        return f"{{ {', '.join(pairs)} }}"
    return repr(value)
