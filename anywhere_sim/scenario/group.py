"""A group of people: client, mode, server, itinerary and policy."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, get_args

from pydantic import Field, WithJsonSchema, model_validator

from anywhere_sim.scenario.activity import ACTIVITIES, Activity, Rate
from anywhere_sim.scenario.catalog import CLIENTS, ClientVersion
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.scenario.quantities import DAY_S, TimeOfDay, format_time
from anywhere_sim.scenario.requests import Requests
from anywhere_sim.scenario.roll_out import RollOut
from anywhere_sim.scenario.sources import assumed, documented
from anywhere_sim.scenario.spec import ClientName, Mode, PoolRule, Spec, StackName, Weekday

OLD_FILE_BYTES: Annotated[
    int, documented("KB 288283: a file of the old kind (ANSI) is full at 2 GB (failures 8)")
] = 2 * 2**30
FILE_BYTES: Annotated[
    int, documented("KB 832925: MaxLargeFileSize, 20 GB for Outlook 2003 and 2007 (failures 8)")
] = 20 * 2**30

OFF, ASLEEP = "off", "asleep"
CLOSED = (OFF, ASLEEP)
"""Words of an itinerary that are no places: Outlook is closed, or its machine sleeps."""
Names = Annotated[tuple[str, ...], Field(min_length=1)]


class Group(Spec):
    """People who share client version, mode, activity, server, community, itinerary and policy."""

    mailboxes: Annotated[int, Field(ge=1, le=1_000_000)]
    client: ClientName = "outlook2007"
    mode: Annotated[
        Mode | str, WithJsonSchema({"type": "string", "enum": list(get_args(Mode))})
    ] = "cached"
    """A shipped mode (which editors know), or one that the rules of a run add (`Rules.modes`)."""
    activity: str | Activity = "medium"
    server: str
    front_end: str | Names | None = None
    directory: str | Names | None = None
    pool_rule: Annotated[
        PoolRule,
        documented("failures 4.1: old Outlook is balanced by source address"),
    ] = "by_client_address"
    health_check_s: Annotated[
        float,
        Field(gt=0, le=3_600),
        documented("failures 4.2: ISA looks at the members of a farm each 30 s", 5, 120),
    ] = 30.0
    community: str = "everybody"
    itinerary: Annotated[tuple[tuple[TimeOfDay, str], ...], Field(min_length=1)]
    days: tuple[Weekday, ...] = ()
    """Weekdays on which the itinerary is followed, where a run has several days (the first is a
    Monday); on the first day alone unless given.
    """
    roll_out: RollOut | None = None
    """The mode that its clients get later on, so many in each of some nights."""
    itinerary_spread_s: Annotated[
        float,
        Field(ge=0, le=14_400),
        assumed("people do not move in step; uniform, half before, half after", 0, 3600),
    ] = 900.0
    policy: Policy = Policy()
    requests: Requests = Requests()
    stack: StackName | None = None
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
    shared_folder_mb: Annotated[
        float,
        Field(ge=0, le=10_000),
        assumed(
            "what a copy keeps of a shared mailbox: a calendar of 1,000 entries of 3 KB", 0.5, 30
        ),
    ] = 3.0
    shared_changes_per_day: Annotated[
        Rate,
        assumed(
            "changes in such a folder in eight hours, by its owner (measurements A3: 1 / 5 / 10)",
            1,
            20,
        ),
    ] = 5.0
    search_folders: Annotated[
        int,
        Field(ge=0, le=50),
        assumed("search folders of an online client, each an index of the Inbox", 0, 8),
    ] = 3
    server_views: Annotated[
        int,
        Field(ge=0, le=50),
        assumed("indexes of the Inbox that others than its own Outlook keep in use", 0, 4),
    ] = 2
    mailbox_moved: Annotated[
        bool, assumed("the mailbox has just been moved: no index of it exists on its server")
    ] = False
    copy_open_s: Annotated[
        float,
        Field(ge=0, le=600),
        assumed("mean seconds until a copy is shown after a launch of Outlook", 0.5, 20),
    ] = 3.0
    copy_open_sigma: Annotated[
        float,
        Field(ge=0, le=3),
        assumed("deviation of the logarithm of the time until a copy is shown", 0.2, 1),
    ] = 0.5
    old_file: Annotated[
        bool,
        documented(
            "KB 288283: a profile of 2002 or earlier was kept, and its file is of the old kind; "
            "that of outlook2002 always is (failures 8)"
        ),
    ] = False
    file_to_mailbox: Annotated[
        float,
        Field(ge=1, le=5),
        assumed(
            "failures 8: a file on the disk is larger than what is in it, from 1.1 to 2.4 times; "
            "1.3 fresh, 1.6 after months",
            1.1,
            2.4,
        ),
    ] = 1.3
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
        if self.roll_out is None:
            return
        if self.roll_out.to == self.mode:
            raise ValueError(
                f"roll_out: the group is in mode {self.mode!r} from the beginning; give `mode` "
                "another word, or take roll_out out"
            )
        if self.roll_out.to == "cached" and not self.version.cached:
            raise ValueError(
                f"roll_out: {self.client} has no cached mode to roll out; use outlook2003 or later"
            )

    def _check_itinerary(self) -> None:
        times = [time for time, _ in self.itinerary]
        for before, after in pairwise(times):
            if after <= before:
                raise ValueError(
                    f"itinerary overlaps: {format_time(after)} follows {format_time(before)}; "
                    "times must rise, each with the place where the person is from then on"
                )
        if self.days and times[-1] >= DAY_S:
            raise ValueError(
                f"days = {list(self.days)} repeats the itinerary, which goes on until "
                f"{format_time(times[-1])}; its times lie before 24:00"
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
    def max_file_bytes(self) -> int:
        """How large the file of a copy may grow, in bytes."""
        return OLD_FILE_BYTES if self.old_file or self.version.year < 2003 else FILE_BYTES

    @property
    def network_stack(self) -> StackName:
        """The name of the host's network stack."""
        return self.stack or self.version.stack
