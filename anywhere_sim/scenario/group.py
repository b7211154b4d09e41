"""A group of people with the same client, place of work and policy."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import Field, model_validator

from anywhere_sim.scenario.activity import ACTIVITIES, Activity
from anywhere_sim.scenario.catalog import CLIENTS, ClientVersion
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.scenario.quantities import TimeOfDay, format_time
from anywhere_sim.scenario.sourced import assumed, documented
from anywhere_sim.scenario.spec import Spec
from anywhere_sim.scenario.words import ClientName, Mode

OFF = "off"


class Group(Spec):
    """People who share client version, mode, activity, server, community, itinerary and policy."""

    mailboxes: Annotated[int, Field(ge=1, le=1_000_000)]
    client: ClientName = "outlook2007"
    mode: Mode = "cached"
    activity: str | Activity = "medium"
    server: str
    front_end: str | None = None
    directory: str | None = None
    community: str = "everybody"
    itinerary: Annotated[tuple[tuple[TimeOfDay, str], ...], Field(min_length=1)]
    itinerary_spread_s: Annotated[
        float,
        Field(ge=0, le=14_400),
        assumed("people do not move in step; uniform, half before, half after", 0, 3600),
    ] = 900.0
    policy: Policy = Policy()
    stack: str | None = None
    mailbox_mb: Annotated[
        float,
        Field(ge=0, le=1_000_000),
        documented("facts 4.1: 100 MB for an average mailbox of 2003", 25, 2048),
    ] = 100.0
    items_per_folder: Annotated[
        int, Field(ge=0, le=1_000_000), assumed("items in the folder that is looked at", 100, 5000)
    ] = 500
    shared_mailboxes: Annotated[
        int,
        Field(ge=0, le=20),
        documented(
            "measurements B4: each shared mailbox or calendar keeps two more connections; 0 = "
            "none open",
            0,
            5,
        ),
    ] = 0
    set_up: Annotated[bool, documented("DESIGN S14: a profile that exists already")] = True

    @model_validator(mode="after")
    def _check(self) -> Group:
        if isinstance(self.activity, str) and self.activity not in ACTIVITIES:
            raise ValueError(
                f"activity = {self.activity!r} is not known; allowed: {', '.join(ACTIVITIES)}, or "
                "a table of rates"
            )
        self._check_mode()
        self._check_itinerary()
        return self

    def _check_mode(self) -> None:
        if self.mode == "cached" and not self.version.cached:
            raise ValueError(
                f"client = {self.client!r} has no cached mode; use mode = 'online' or "
                "'offline_ost', or outlook2003 or later"
            )

    def _check_itinerary(self) -> None:
        times = [time for time, _ in self.itinerary]
        for before, after in pairwise(times):
            if after <= before:
                raise ValueError(
                    f"itinerary overlaps: {format_time(after)} follows {format_time(before)}; "
                    "times must rise, each with the place where the person is from then on"
                )
        if times[0] < 0:
            raise ValueError(f"itinerary begins at {times[0]:g} s, before midnight of day 1")

    @property
    def version(self) -> ClientVersion:
        """What the group's version of Outlook can do."""
        return CLIENTS[self.client]

    @property
    def habits(self) -> Activity:
        """The rates of the group's activity profile."""
        return ACTIVITIES[self.activity] if isinstance(self.activity, str) else self.activity

    @property
    def network_stack(self) -> str:
        """The name of the host's network stack."""
        return self.stack or self.version.stack
