"""Explorers: a static page has the default picture, a moved control another, and one drawn before
is kept.
"""

from __future__ import annotations

from base64 import b64decode

import pytest
from matplotlib.figure import Figure

from anywhere_sim.lab.controls import Explorer, connection_explorer, slider


def test_without_a_kernel_the_default_picture_is_shown() -> None:
    explorer = connection_explorer()
    picture = b64decode(str(explorer._repr_mimebundle_()["image/png"]))
    assert picture.startswith(b"\x89PNG")
    assert picture == explorer.picture.value


def test_a_control_draws_anew_says_running_and_keeps_pictures() -> None:
    drawn, said = [], []

    def draw(size: int) -> Figure:
        drawn.append(size)
        return Figure(figsize=(size, 1))

    explorer = Explorer(draw, {"size": slider("size", 1, 1, 5, 1)})
    explorer.status.observe(lambda change: said.append(change["new"]), names="value")
    first = explorer.picture.value
    explorer.controls["size"].value = 3
    assert explorer.picture.value != first
    assert "running" in said[0]
    assert said[-1] == ""
    explorer.controls["size"].value = 1
    assert explorer.picture.value == first
    assert drawn == [1, 3]


def test_what_cannot_be_simulated_is_a_sentence() -> None:
    def draw(size: int) -> Figure:
        if size > 1:
            raise ValueError("size = 2: only 1 is allowed")
        return Figure()

    explorer = Explorer(draw, {"size": slider("size", 1, 1, 5, 1)})
    explorer.controls["size"].value = 2
    assert explorer.status.value == "This can't be simulated: size = 2: only 1 is allowed"


def test_a_picture_that_is_late_is_not_shown() -> None:
    """A control moves on, in another thread, while its picture is drawn."""

    def draw(size: int) -> Figure:
        if size == 2:
            explorer.controls["size"].value = 3
        return Figure(figsize=(size, 1))

    explorer = Explorer(draw, {"size": slider("size", 1, 1, 5, 1)})
    explorer.controls["size"].value = 2
    late = explorer.picture.value
    explorer.controls["size"].value = 1
    explorer.controls["size"].value = 3
    assert explorer.picture.value == late
    assert explorer.status.value == ""


def test_whatever_stops_a_picture_is_said_in_its_place() -> None:
    def draw(size: int) -> Figure:
        if size == 2:
            raise KeyError("no <such> column")
        if size == 3:
            raise KeyboardInterrupt
        return Figure(figsize=(size, 1))

    explorer = Explorer(draw, {"size": slider("size", 1, 1, 5, 1)})
    explorer.controls["size"].value = 2
    assert explorer.status.value == "This can't be drawn: KeyError: 'no &lt;such&gt; column'"
    with pytest.raises(KeyboardInterrupt):
        explorer.controls["size"].value = 3
    assert explorer.status.value.startswith("Interrupted")
    explorer.controls["size"].value = 4
    assert explorer.status.value == ""


def test_an_explorer_whose_first_picture_fails_shows_why() -> None:
    def draw(size: int) -> Figure:
        raise ZeroDivisionError

    explorer = Explorer(draw, {"size": slider("size", 1, 1, 5, 1)})
    assert explorer.status.value == "This can't be drawn: ZeroDivisionError: it says no more"
    assert "image/png" not in explorer._repr_mimebundle_()
