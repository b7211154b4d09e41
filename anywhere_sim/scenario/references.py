"""Code of one's own: found by a name like `module:name`, and told apart by what it does."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import partial
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from anywhere_sim.scenario.errors import ScenarioError

_OWN_PACKAGE = __name__.partition(".")[0]
_NOT_OF_A_CLASS = frozenset(
    {"__dict__", "__weakref__", "__module__", "__doc__", "__firstlineno__", "__annotations__"}
    | {"__static_attributes__", "__annotate__", "__annotate_func__", "__annotations_cache__"}
    | {"_abc_impl", "__abstractmethods__", "__parameters__", "__orig_bases__"}
)


def resolve(reference: str, folder: Path | None = None) -> Any:
    """Return what `module:name` names; the name may have dots.

    The module is one that can be imported, or a file in `folder` or where the program runs, which
    can be imported from then on. Raises ScenarioError with one sentence for anything else.
    """
    module_name, colon, path = reference.partition(":")
    if not (colon and module_name and path):
        raise ScenarioError(
            f"{reference!r} names no code; write module:name, such as 'my_rules:patient' for "
            "patient in my_rules.py"
        )
    try:
        found: Any = _module(module_name, folder)
    except Exception as error:  # whatever a module does when it is imported
        raise ScenarioError(
            f"{reference!r}: {module_name} can't be imported ({type(error).__name__}: {error}); "
            f"put {module_name.partition('.')[0]}.py next to the scenario or where the program "
            "runs, or install it"
        ) from error
    for name in path.split("."):
        if not hasattr(found, name):
            raise ScenarioError(
                f"{reference!r}: there is no {name!r} in {getattr(found, '__name__', found)}; "
                "write module:name with a name that the module defines"
            )
        found = getattr(found, name)
    return found


def _module(name: str, folder: Path | None) -> ModuleType:
    top = name.partition(".")[0]
    for place in (folder, Path.cwd()):
        here = place is not None and ((place / f"{top}.py").is_file() or (place / top).is_dir())
        if here and str(place) not in sys.path and top not in sys.modules:
            sys.path.append(str(place))
    return import_module(name)


def fingerprint(given: object, where: str = "rules") -> str:
    """Return 32 hex digits that tell apart what is given: functions and classes by what they do.

    A function counts with its byte code, constants, defaults, the values that a closure holds, and
    the functions, classes and constants of its own package or notebook that it uses; so does a
    class with its methods and bases. A lambda is a function. What belongs to another package (or is
    built in) counts by its name alone. Comments and names of files do not count; byte code is that
    of one minor version of Python.

    Raises ScenarioError for a value that has neither, such as an open file.
    """
    hasher = blake2b(digest_size=16)
    for part in _Parts().of(given, where):
        hasher.update(f"{len(part)}:".encode() + part)
    return hasher.hexdigest()


class _Parts:
    """Yields what a value consists of, as bytes; what has come before is a number."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._kept: list[object] = []

    def of(self, value: object, where: str) -> Iterator[bytes]:
        if value is None or isinstance(value, bool | int | float | complex | str | bytes):
            yield f"{type(value).__name__} {value!r}".encode()
            return
        if isinstance(value, FunctionType | type | list | dict):  # what may hold itself
            if id(value) in self._seen:
                yield f"again {self._seen[id(value)]}".encode()
                return
            self._seen[id(value)] = len(self._seen)
            self._kept.append(value)  # as long as it is there no other has its id
        yield from self._once(value, where)

    def _once(self, value: object, where: str) -> Iterator[bytes]:
        if isinstance(value, MethodType):
            yield from self._all("method", (value.__func__, value.__self__), where)
        elif isinstance(value, partial):
            yield from self._all("partial", (value.func, value.args, value.keywords), where)
        elif isinstance(value, FunctionType | type) and not _is_foreign(value):
            parts = _of_class(value) if isinstance(value, type) else _of_function(value)
            yield from self._all(value.__qualname__, parts, f"{where}, {value.__qualname__}")
        elif isinstance(value, FunctionType | type | BuiltinFunctionType):
            yield f"named {value.__module__}:{value.__qualname__}".encode()
        elif isinstance(value, ModuleType):
            yield f"module {value.__name__}".encode()
        elif isinstance(value, CodeType):
            yield from self._all(value.co_name, _of_code(value), where)
        elif isinstance(value, staticmethod | classmethod):
            yield from self._all(type(value).__name__, (value.__func__,), where)
        elif isinstance(value, property):
            yield from self._all("property", (value.fget, value.fset, value.fdel), where)
        elif isinstance(value, list | tuple):
            yield from self._all(f"{type(value).__name__} {len(value)}", value, where)
        elif isinstance(value, Mapping):
            pairs = sorted((fingerprint(key, where), key) for key in value)
            items = [each for _, key in pairs for each in (key, value[key])]
            yield from self._all(f"mapping {len(value)}", items, where)
        elif isinstance(value, set | frozenset):
            yield from self._all("set", sorted(fingerprint(each, where) for each in value), where)
        elif is_dataclass(value) and not isinstance(value, type):
            values = [getattr(value, field.name) for field in fields(value)]
            yield from self._all("dataclass", (type(value), *values), where)
        elif not _is_foreign(type(value)):
            yield from self._all("object", (type(value), value.__getstate__()), where)
        else:
            yield _pickled(value, where)

    def _all(self, kind: str, parts: Any, where: str) -> Iterator[bytes]:
        yield kind.encode()
        for part in parts:
            yield from self.of(part, where)


def _is_foreign(value: FunctionType | type) -> bool:
    """Whether it belongs to the package itself or to one that is installed: its name says all."""
    module = value.__module__ or ""
    if module in ("__main__", "__mp_main__"):
        return False
    top = module.partition(".")[0]
    if top == _OWN_PACKAGE or top in sys.stdlib_module_names:
        return True
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return "site-packages" in file or "dist-packages" in file


def _of_code(code: CodeType) -> Iterator[object]:
    yield code.co_code
    yield from code.co_consts
    yield from (code.co_names, code.co_varnames, code.co_freevars, code.co_argcount)


def _of_function(function: FunctionType) -> Iterator[object]:
    yield function.__code__
    yield function.__defaults__
    yield function.__kwdefaults__
    for cell in function.__closure__ or ():
        yield cell.cell_contents
    for name in sorted(_names(function.__code__)):
        if name in function.__globals__:
            yield name
            yield function.__globals__[name]


def _names(code: CodeType) -> set[str]:
    inner = (each for each in code.co_consts if isinstance(each, CodeType))
    return set(code.co_names).union(*map(_names, inner))


def _of_class(kind: type) -> Iterator[object]:
    yield kind.__bases__
    for name, value in sorted(vars(kind).items()):
        if name not in _NOT_OF_A_CLASS and not type(value).__name__.endswith("_descriptor"):
            yield name
            yield [*_of_fields(kind)] if name == "__dataclass_fields__" else value


def _of_fields(kind: Any) -> Iterator[object]:
    """Yield what a dataclass's own fields say beyond the methods that were made of them."""
    for field in fields(kind):
        yield field.name
        yield from (each for each in (field.default, field.default_factory) if each is not MISSING)


def _pickled(value: object, where: str) -> bytes:
    try:
        return pickle.dumps(value, protocol=4)
    except Exception as error:  # whatever its class does when it is pickled
        raise ScenarioError(
            f"{where}: a {type(value).__name__} can't be told from another ({error}), so a digest "
            "of it can't be made; make it inside the function, or give a number, a text or a table"
        ) from error
