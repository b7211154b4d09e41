"""Each public function of the analysis has an example in its docstring, and it runs."""

from __future__ import annotations

import doctest
from importlib import import_module
from inspect import isfunction
from pkgutil import iter_modules

import pytest

from anywhere_sim import analysis

MODULES = [f"{analysis.__name__}.{module.name}" for module in iter_modules(analysis.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_print_what_they_say(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


@pytest.mark.parametrize("name", analysis.__all__)
def test_each_public_function_has_an_example(name: str) -> None:
    entry = getattr(analysis, name)
    assert not isfunction(entry) or ">>>" in str(entry.__doc__)
