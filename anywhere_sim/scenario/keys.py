"""What each key of a scenario or study means, for the reference and for editors."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache

from anywhere_sim.scenario.shipped import data_folder

_UNITS: Mapping[str, str] = {
    "kbps": "kbit/s", "ms": "ms", "s": "s", "bytes": "bytes", "mb": "MB", "kb": "KB", "mhz": "MHz",
    "mcycles": "million cycles", "cycles": "cycles", "share": "share from 0 to 1", "iops": "1/s",
    "first": "MHz", "slope": "MHz",
}  # fmt: skip
"""Units by the last word of a name (before `_per_`)."""
_PER = re.compile(r"_per_(s|hour|day|byte|mailbox)$")


@cache
def meanings() -> Mapping[str, Mapping[str, str]]:
    """Return the sentences of data/reference/keys.toml: by table and key what it means."""
    path = data_folder() / "reference/keys.toml"
    table: dict[str, dict[str, str]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return table


def table_name(spec: str) -> str:
    """Return the name under which the keys of a class of specs are kept.

    >>> table_name("Server"), table_name("RollOut")
    ('server', 'roll_out')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", spec).lower()


def meaning(spec: str, key: str) -> str:
    """Return what a key of a class of specs means, or "" where nothing is said."""
    return meanings().get(table_name(spec), {}).get(key, "")


def unit(key: str) -> str:
    """Return the unit that the name of a key ends with, or "".

    >>> unit("disk_read_ms"), unit("disk_mb_per_s"), unit("rows_per_page")
    ('ms', 'MB/s', '')
    """
    per = _PER.search(key)
    name = key[: per.start()] if per else key
    known = _UNITS.get(name.rpartition("_")[2], "")
    if per is None:
        return known if "_per_" not in key else ""
    return f"{known or 1}/{per[1]}"
