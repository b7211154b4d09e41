"""What a simulation reads of its scenario, so that what has no effect can be named.

A run is given a copy of the scenario that notes each field when it is first read. After the run,
what was written and never read has had no effect: a key that only another mode or path asks for, a
place to which nobody goes, a server that nobody uses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from anywhere_sim.scenario.spec import Spec

if TYPE_CHECKING:
    from anywhere_sim.scenario.scenario import Scenario

SpecT = TypeVar("SpecT", bound=Spec)

AT_THE_DOOR = frozenset({"why", "kind", "profile", "role", "at", "rules"})
"""Keys that choose a table of numbers, the time of an event, words for people: they have had their
effect before."""


def noting(spec: SpecT, read: set[str], path: str = "") -> SpecT:
    """Return a copy of a spec that puts the path of each field into `read` when it is first read.

    The copy has the same class, equality and methods; a field costs nothing more after the first
    time.

    >>> import anywhere_sim as aw
    >>> read: set[str] = set()
    >>> office = noting(aw.Scenario.load("office-day"), read)
    >>> office.places["office"].kind, sorted(read)
    ('lan', ['places', 'places.office.kind'])
    """
    kind: Any = _noting_class(type(spec))
    copy = kind.__new__(kind)
    object.__setattr__(copy, "__dict__", {_NOTES: _Notes(spec, read, path)})
    for name in ("fields_set", "extra", "private"):
        slot = f"__pydantic_{name}__"
        object.__setattr__(copy, slot, getattr(spec, slot))
    return copy  # type: ignore[no-any-return]


def without_effect(scenario: Scenario, read: set[str]) -> list[str]:
    """Return the paths of what the scenario sets and a run did not read, sorted.

    A table of which nothing was read is named as a whole.
    """
    return sorted(_unread(scenario.written(), "", read))


def no_effect_sentence(paths: list[str]) -> str:
    """Return what to say where something without an effect is refused."""
    return (
        f"{', '.join(paths)} {'has' if len(paths) == 1 else 'have'} no effect: nothing in the run "
        "asked for it; take it out, or do without --strict"
    )


_NOTES = "notes of what is read"  # no field can be called so


class _Notes:
    """Whose copy it is, and where it notes what is read."""

    __slots__ = ("path", "read", "spec")

    def __init__(self, spec: Spec, read: set[str], path: str) -> None:
        self.spec = spec
        self.read = read
        self.path = path

    def note(self, name: str) -> Any:
        """Return the value of a field, and note that it was read."""
        path = f"{self.path}{name}"
        self.read.add(path)
        return self._copy(getattr(self.spec, name), f"{path}.")

    def _copy(self, value: Any, path: str) -> Any:
        if isinstance(value, Spec):
            return noting(value, self.read, path)
        if isinstance(value, Mapping):
            return {key: self._copy(each, f"{path}{key}.") for key, each in value.items()}
        if isinstance(value, tuple) and value and isinstance(value[0], Spec):
            return tuple(self._copy(each, f"{path}{at}.") for at, each in enumerate(value))
        return value


class _FirstRead:
    """A field that has not been read. Python asks it as long as the object has no such value."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, copy: Spec | None, owner: type[Spec]) -> Any:
        if copy is None:
            raise AttributeError(self._name)
        value = copy.__dict__[self._name] = copy.__dict__[_NOTES].note(self._name)
        return value


@cache
def _noting_class(kind: type[Spec]) -> type[Spec]:
    """Return the class of the copies of a kind of spec."""
    made: Any = type(kind.__name__, (kind,), {"__module__": kind.__module__})
    for name in kind.model_fields:
        setattr(made, name, _FirstRead(name))
    made.__eq__ = lambda self, other: _original(self) == _original(other)
    made.__hash__ = lambda self: hash(_original(self))
    for name in ("model_copy", "model_dump", "__reduce_ex__", "__repr_args__"):
        setattr(made, name, _delegated(name))
    return made  # type: ignore[no-any-return]


def _original(spec: Any) -> Any:
    notes = getattr(spec, "__dict__", {}).get(_NOTES)
    return notes.spec if notes else spec


def _delegated(name: str) -> Any:
    return lambda self, *args, **more: getattr(_original(self), name)(*args, **more)


def _unread(written: Mapping[str, Any], path: str, read: set[str]) -> Iterator[str]:
    for key, value in written.items():
        here = f"{path}{key}"
        tables = value if isinstance(value, list) and value and isinstance(value[0], dict) else None
        inner = {str(at): each for at, each in enumerate(tables)} if tables else value
        if key in AT_THE_DOOR:
            continue
        if not isinstance(inner, Mapping):
            if here not in read:
                yield here
            continue
        unread = list(_unread(inner, f"{here}.", read))
        if not any(name.startswith(f"{here}.") for name in read - _doors(here)):
            yield here
        else:
            yield from unread


def _doors(path: str) -> set[str]:
    return {f"{path}.{name}" for name in AT_THE_DOOR}
