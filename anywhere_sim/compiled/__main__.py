"""Compile the rooms of the model: `python -m anywhere_sim.compiled` (needs mypy and a C compiler).

Prints where it lies, or in one sentence what is missing, with exit code 2.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory

from anywhere_sim.compiled import PACKAGE, SHARED, folder, sources

OPTIMISATION = "1"
"""Of gcc: the level that compiles soonest of those that optimise."""
CONFIG = """[mypy]
ignore_missing_imports = True
[mypy-numpy.*,pandas.*,pyarrow.*,scipy.*,pydantic.*,pydantic_core.*,matplotlib.*]
follow_imports = skip
"""
"""What mypy need not read: compiled code takes what comes from there as it comes."""


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
        command = [sys.executable, "-m", "anywhere_sim.compiled", "--into", draft]
        pure = {**os.environ, "ANYWHERE_SIM_PURE": "1", "PYTHONPATH": str(PACKAGE.parent)}
        done = subprocess.run(
            command, cwd=PACKAGE.parent, env=pure, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"not compiled:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        for old in place.parent.glob("lib-*"):
            shutil.rmtree(old)
        (Path(draft) / "lib").replace(place)


def _compile_here(draft: Path) -> None:
    """Write C, compile it and link it, in a process whose folder is that of the package."""
    from mypyc.build import mypycify
    from setuptools import Distribution

    config = draft / "mypy.ini"
    config.write_text(CONFIG, encoding="utf-8")
    paths = [path.relative_to(PACKAGE.parent).as_posix() for path in sources()]
    extensions = mypycify(
        [f"--config-file={config}", *paths],
        opt_level=OPTIMISATION,
        debug_level="0",
        group_name=SHARED.removesuffix("__mypyc"),
        target_dir=str(draft / "c"),
    )
    for extension in extensions:
        extension.extra_compile_args.append("-w")  # mypyc asks for -Werror
    for path in (draft / "c").glob("__native_*.c"):
        path.write_text(_lighter(path.read_text(encoding="utf-8")), encoding="utf-8")
    command = Distribution({"ext_modules": extensions}).get_command_obj("build_ext")
    command.build_lib, command.build_temp = str(draft / "lib"), str(draft / "temp")
    command.ensure_finalized()
    command.run()


def _lighter(source: str) -> str:
    """Return C that compiles sooner: what runs once, at import, need not be fast."""
    source = re.sub(r"^[ \t]+", "", source, flags=re.MULTILINE)
    once = r"^(char CPyDef_\w+_____top_level__\(void\) \{)"
    return re.sub(once, r'__attribute__((cold, optimize("O0"))) \1', source, flags=re.MULTILINE)


def main(arguments: list[str]) -> int:
    """Compile, unless that has been done; return the exit code."""
    if arguments[:1] == ["--into"]:
        _compile_here(Path(arguments[1]))
        return 0
    place = folder()
    try:
        if not place.is_dir():
            compile_to(place)
    except (RuntimeError, OSError) as error:
        print(f"anywhere_sim.compiled: {error}", file=sys.stderr)
        return 2
    print(f"compiled: {place}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
