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
        source = _lighter(path.read_text(encoding="utf-8"))
        path.write_text(remembering(source), encoding="utf-8")
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


_LOOK = re.compile(
    r"^(\w+) = (CPyStatic_\w+___globals);\n"
    r"(\w+) = (CPyStatics\[\d+\];.*)\n"
    r"(\w+) = CPyDict_GetItem\(\1, \3\);$",
    re.MULTILINE,
)
_REMEMBERING_LOOK = r"""\1 = \2;
\3 = \4
{static GlobalSeen seen; \5 = global_seen(\1, \3, &seen);}"""
_GLOBAL_SEEN = """
typedef struct {uint64_t version; PyObject *value;} GlobalSeen;
static inline PyObject *global_seen(PyObject *globals, PyObject *name, GlobalSeen *seen) {
#if PY_VERSION_HEX < 0x030D0000
uint64_t version = ((PyDictObject *)globals)->ma_version_tag;
if (seen->version == version) return Py_NewRef(seen->value);
seen->value = CPyDict_GetItem(globals, name);
seen->version = seen->value == NULL ? 0 : version;
return seen->value;
#else
return CPyDict_GetItem(globals, name);
#endif
}
"""


def remembering(source: str) -> str:
    """Return C that looks up a name of its module once, and again after the module has changed.

    mypyc asks the module's dictionary at each use of what is no constant of its own: a function
    that is handed on, or comes from a module of Python. Up to Python 3.12 a dictionary has a number
    that no other has and that changes with it, by which the interpreter remembers too. What is
    remembered need not be held: the dictionary holds it until it changes.
    """
    source, looks = _LOOK.subn(_REMEMBERING_LOOK, source)
    if not looks:
        return source
    return re.sub(r"\A(?:#include .*\n)+", lambda head: head[0] + _GLOBAL_SEEN, source)


if __name__ == "__main__":
    compile_into(Path(sys.argv[1]))
