"""The few ways to switch a mechanism off."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from anywhere_sim.des.environment import Process

Patch = pytest.MonkeyPatch
Switch = Callable[[Patch], None]


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
