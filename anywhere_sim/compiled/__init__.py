"""Which way the model runs: as the Python that stands here, or compiled from it by mypyc.

Both are one source. `python -m anywhere_sim.compiled` compiles the rooms of the model into a folder
here whose name holds a digest of that source and what the interpreter calls its extensions::

    anywhere_sim/compiled/lib-2f1c0b9a7d3e4f55.cpython-311-x86_64-linux-gnu/anywhere_sim/des/...so

Importing this module lets Python find them. A source that has changed since has another digest, so
what was compiled from older source is never used; nor is anything when `ANYWHERE_SIM_PURE` is set.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from hashlib import blake2b
from importlib.abc import MetaPathFinder
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from importlib.util import find_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Literal

PACKAGE = Path(__file__).parents[1]
ROOMS = ("des", "network", "rpc", "exchange", "outlook", "people", "simulation")
"""The rooms that are compiled: those of the model."""
PYTHON = ("simulation/checked.py", "simulation/rules.py", "simulation/simulate.py")
"""Stay Python in these: what travels to workers by pickle, and what looks at a user's classes."""
ALSO = ("traces/recorder.py", "traces/rows.py", "traces/table_rows.py")
"""Are compiled too: each call asks the first something and counts there, and leaves a row."""
READ = (*ROOMS, "scenario", "traces", "compiled")
"""The rooms whose source decides what is compiled: their types too, and what they declare."""
SHARED = "anywhere_sim__mypyc"
"""The library that holds the code; each module's own file only names its part of it."""


def sources(rooms: Sequence[str] = ROOMS, package: Path = PACKAGE) -> list[Path]:
    """Return the files of some rooms, packages' own apart, in an order that does not change."""
    found = (path for room in rooms for path in (package / room).rglob("*.py"))
    apart = {package / name for name in PYTHON}
    modules = [path for path in found if path.name != "__init__.py" and path not in apart]
    return sorted([*modules, *(package / name for name in ALSO)])


def folder(package: Path = PACKAGE) -> Path:
    """Return where what is compiled from the source as it is now lies, or would lie."""
    digest = blake2b(digest_size=8)
    for path in sorted(path for room in READ for path in (package / room).rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(package).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return package / "compiled" / f"lib-{digest.hexdigest()}{Path(EXTENSION_SUFFIXES[0]).stem}"


class _Finder(MetaPathFinder):
    """Finds the compiled modules that lie in a folder."""

    def __init__(self, place: Path) -> None:
        self._files = {
            ".".join((*path.relative_to(place).parts[:-1], path.name.split(".")[0])): str(path)
            for path in place.rglob(f"*{EXTENSION_SUFFIXES[0]}")
        }

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: Any = None
    ) -> ModuleSpec | None:
        """Return where a module is, None for one that is not compiled."""
        file = self._files.get(fullname)
        if file is None:
            return None
        return spec_from_file_location(fullname, file, loader=ExtensionFileLoader(fullname, file))


def way() -> Literal["compiled", "python"]:
    """Return which way the model of this process runs."""
    return "compiled" if any(isinstance(each, _Finder) for each in sys.meta_path) else "python"


def _use() -> None:
    """Let Python find what is compiled, if it is of this source and wanted."""
    if os.environ.get("ANYWHERE_SIM_PURE") or way() == "compiled":
        return
    if find_spec("librt") is None:  # came with the mypy that compiled, and is gone since
        return
    if any((PACKAGE / "compiled").glob("lib-*")):
        place = folder()
        if place.is_dir():
            sys.meta_path.insert(0, _Finder(place))


_use()
