"""Explorers: a static page has the default picture, a moved control another, and one drawn before
is kept.
"""

from __future__ import annotations

import tomllib
from base64 import b64decode
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from anywhere_sim.lab import own, scenes
from anywhere_sim.lab.controls import (
    Explorer,
    connection_explorer,
    day_explorer,
    load_explorer,
    slider,
    storm_explorer,
)
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.quantities import HOUR_S
from anywhere_sim.simulation.simulate import simulate

MINE = """
why = "mine"
start = "08:00"
end = "08:06"
[servers]
ex1 = { role = "mailbox", profile = "exchange2003" }
web1 = { role = "front_end", profile = "iis7.5-r2" }
gc1 = { role = "directory" }
[places]
villa = { kind = "cable" }
[groups.us]
mailboxes = 2
client = "outlook2003"
mode = "cached"
server = "ex1"
itinerary = [["08:01", "villa"]]
"""


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


def test_explorers_take_ones_own_file_or_scenario(tmp_path: Path) -> None:
    """Its people, places and servers are what there is to choose; each picture can be drawn."""
    file = tmp_path / "mine.toml"
    file.write_text(MINE, encoding="utf-8")
    scenario = own.own(file)
    explorers = [day_explorer(file), connection_explorer(scenario), load_explorer(str(file))]
    explorers.append(storm_explorer(scenario))
    day, connection, load, storm = explorers
    assert all(bytes(explorer.picture.value).startswith(b"\x89PNG") for explorer in explorers)
    assert [explorer.status.value for explorer in explorers] == [""] * 4
    assert day.controls["mailbox"].options == ("us/1", "us/2")
    assert connection.controls["place"].options == ("villa",)
    assert "web1 crashes" in storm.controls["what"].options
    assert "villa: no network" in storm.controls["what"].options
    before = load.picture.value
    load.controls["mode"].value = "online"
    assert load.picture.value != before


def test_an_own_scenario_of_several_communities_days_and_recordings_is_launched() -> None:
    """What is about other groups, or other days, does not stand in the way of one launch."""
    content = tomllib.loads(MINE)
    us = content["groups"]["us"] | {"community": "ours", "days": ["tue"]}
    content |= {
        "groups": {"us": us, "them": us | {"community": "theirs"}},
        "communities": {"ours": {}, "theirs": {}}, "record_rpcs": ["them/1", "us/2"],
    }  # fmt: skip
    both = Scenario.build(content)
    made = own.launch(both, "us", "villa", flags=0x23, threshold_kbps=128, auth="ntlm")
    assert list(made.communities) == ["ours"]
    assert len(simulate(made, seed=7).attempts)
    assert own.at_work(both, 25, own.AS_WRITTEN, None).groups["us"].mailboxes == 1


def test_an_own_scenario_is_changed_in_one_thing() -> None:
    ward = scenes.ward(256, "online")
    made, (from_s, to_s) = own.storm(ward, "ward: no network", 5, own.AS_WRITTEN)
    assert (from_s, to_s - from_s) == (10 * HOUR_S + own.OUTAGE_AFTER_S, 300.0)
    assert made.groups["staff"].policy == ward.groups["staff"].policy
    assert own.at_work(ward, 200, "cached", None).groups["staff"].mailboxes == 30
    assert own.in_mode(ward, own.AS_WRITTEN) is ward
    assert own.mailboxes(ward, most=3) == ["staff/1", "staff/2", "staff/3"]
