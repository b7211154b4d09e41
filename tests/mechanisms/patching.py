"""The few ways to switch a mechanism off by a patch, and one way to do it by patch or ablation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from anywhere_sim.des.environment import Process
from tests.mechanisms.ablation import Ablation, applied

Patch = pytest.MonkeyPatch
Switch = Callable[[Patch], None]


@contextmanager
def switched_off(way: Ablation | Switch, patch: Patch) -> Iterator[None]:
    """Let a mechanism be off: by what a run is given, else by a patch."""
    if isinstance(way, Ablation):
        with applied(way):
            yield
    else:
        way(patch)
        yield


def put(target: object, name: str, value: object) -> Switch:
    """Put something else in a mechanism's place."""
    return lambda patch: patch.setattr(target, name, value)


def always(spec: type, name: str, value: object) -> Switch:
    """Let a parameter have this value whatever the scenario says."""
    return lambda patch: patch.setattr(spec, name, property(lambda self: value), raising=False)


def nothing(*_: object, **__: object) -> None:
    """Do nothing."""


def no_process(*_: object, **__: object) -> Process:
    """Take no time."""
    yield from ()
