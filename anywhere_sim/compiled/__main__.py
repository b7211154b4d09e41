"""Compile the rooms of the model: `python -m anywhere_sim.compiled` (needs mypy and a C compiler).

Prints where it lies, or in one sentence what is missing, with exit code 2.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory

from anywhere_sim.compiled import PACKAGE, folder


def compile_to(place: Path) -> None:
    """Compile the rooms into a folder, which appears whole or not at all.

    Raises RuntimeError that says what is missing or what the compiler said.
    """
    try:
        import mypyc  # noqa: F401
        import setuptools  # noqa: F401
    except ImportError as error:
        raise RuntimeError(f"{error.name} is missing: pip install mypy setuptools") from None
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        raise RuntimeError(f"no C compiler ({compiler}): install one, or go on in Python")
    place.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".draft-", dir=place.parent) as draft:
        command = [sys.executable, "-m", "anywhere_sim.compiled.build", draft]
        pure = {**os.environ, "ANYWHERE_SIM_PURE": "1", "PYTHONPATH": str(PACKAGE.parent)}
        done = subprocess.run(
            command, cwd=PACKAGE.parent, env=pure, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"not compiled:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        remove_older(place)
        (Path(draft) / "lib").replace(place)


def remove_older(place: Path) -> None:
    """Remove what this interpreter has compiled beside a folder, but not what a link leads to."""
    for old in place.parent.glob(f"lib-*{place.suffix}"):  # another interpreter's stay
        if old.is_symlink():
            old.unlink()
        else:
            shutil.rmtree(old)


def main() -> int:
    """Compile, unless that has been done; return the exit code."""
    place = folder()
    try:
        if not place.is_dir():
            print("compiling the model: a minute or two, once", flush=True)
            compile_to(place)
    except (RuntimeError, OSError) as error:
        print(f"anywhere_sim.compiled: {error}", file=sys.stderr)
        return 2
    print(f"compiled: {place}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
