"""Compile: `python -m anywhere_sim.compiled.build FOLDER`, which `anywhere_sim.compiled` runs.

Apart, since it needs mypyc and setuptools, and works in the folder above the package.
"""

from __future__ import annotations

import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from mypyc.build import mypycify
from setuptools import Distribution, Extension
from setuptools.command.build_ext import build_ext

from anywhere_sim.compiled import PACKAGE, SHARED, sources

OPTIMISATION = "2"
"""Of gcc: a run takes a tenth less time than with 1, and compiling as long."""
STRAIGHT = ("-fvisibility=hidden", "-fno-plt")
"""Of gcc: modules of the one library call each other straight, where they would go by a table."""
CONFIG = """[mypy]
ignore_missing_imports = True
[mypy-numpy.*,pandas.*,pyarrow.*,scipy.*,pydantic.*,pydantic_core.*,matplotlib.*]
follow_imports = skip
"""
"""What mypy need not read: compiled code takes what comes from there as it comes."""


def compile_into(draft: Path) -> None:
    """Write C, compile it, and leave what is linked in `lib` of a folder."""
    config = draft / "mypy.ini"
    config.write_text(CONFIG, encoding="utf-8")
    paths = [path.relative_to(PACKAGE.parent).as_posix() for path in sources()]
    extensions = mypycify(
        [f"--config-file={config}", *paths],
        opt_level=OPTIMISATION,
        debug_level="0",
        group_name=SHARED.removesuffix("__mypyc"),
        target_dir=str(draft / "c"),
        multi_file=True,  # one file of all takes gcc twice as long
    )
    for path in (draft / "c").glob("__native_*.c"):
        path.write_text(_lighter(path.read_text(encoding="utf-8")), encoding="utf-8")
    command = _OnAllCores(Distribution({"ext_modules": extensions}))
    command.build_lib, command.build_temp = str(draft / "lib"), str(draft / "temp")
    command.ensure_finalized()
    command.run()


class _OnAllCores(build_ext):  # type: ignore[misc]  # setuptools has no types
    """Compiles the files of an extension side by side, which setuptools does for extensions."""

    def build_extension(self, extension: Extension) -> None:
        """Compile file by file, then let setuptools link the objects."""
        compile_one = partial(
            self.compiler.compile,
            output_dir=self.build_temp,
            include_dirs=extension.include_dirs,
            extra_postargs=[*extension.extra_compile_args, *STRAIGHT, "-w"],  # mypyc says -Werror
        )
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            objects = list(pool.map(compile_one, ([path] for path in extension.sources)))
        extension.sources, extension.extra_objects = [], [name for one in objects for name in one]
        super().build_extension(extension)


def _lighter(source: str) -> str:
    """Return C that compiles sooner: what runs once, at import, need not be fast."""
    source = re.sub(r"^[ \t]+", "", source, flags=re.MULTILINE)
    once = r"^(char CPyDef_\w+_____top_level__\(void\) \{)"
    return re.sub(once, r'__attribute__((cold, optimize("O0"))) \1', source, flags=re.MULTILINE)


if __name__ == "__main__":
    compile_into(Path(sys.argv[1]))
