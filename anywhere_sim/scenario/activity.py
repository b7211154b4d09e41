"""What people do in a day: the activities that a group may name, and their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from anywhere_sim.scenario.sources import assumed, documented
from anywhere_sim.scenario.spec import Spec

Rate = Annotated[float, Field(ge=0, le=10_000)]
Share = Annotated[float, Field(ge=0, le=1)]
Hour = Annotated[int, Field(ge=0, le=24)]


class Activity(Spec):
    """Means per person and day of eight hours; a person's own level multiplies the rates."""

    new_messages: Annotated[
        Rate,
        assumed("facts 5.1: half of what is sent; the rest are answers (assumed split)", 1, 20),
    ]
    reply_share: Annotated[
        Share,
        documented(
            "measurements A3: reply, reply-all, forward as a share of what is read", 0.05, 0.35
        ),
    ]
    reply_all_share: Annotated[
        Share,
        assumed(
            "of the answers, those that go to all; LoadSim 3 in 18 to 7 in 34 (measurements A3)",
            0,
            0.3,
        ),
    ] = 0.0
    forward_share: Annotated[
        Share,
        assumed(
            "of the answers, those that go on to others; LoadSim 5 in 18 to 7 in 34 (measurements "
            "A3)",
            0,
            0.3,
        ),
    ] = 0.0
    recipients: Annotated[
        int | None,
        Field(ge=1, le=40),
        assumed("of each new message and forward; none given: the law of the community", 1, 10),
    ] = None
    outside_messages: Annotated[
        Rate, documented("facts 5.1: received, less what colleagues send", 5, 120)
    ]
    folder_views: Annotated[
        Rate, documented("measurements A3: inbox checked 12-20 times a day", 5, 60)
    ]
    old_items_opened: Annotated[Rate, documented("measurements A3: old mail 12 times", 2, 40)]
    searches: Annotated[Rate, assumed("a few searches a day", 0, 20)] = 4.0
    calendar_changes: Annotated[Rate, documented("measurements A3: 1 / 5 / 10", 0, 20)] = 5.0
    delete_share: Annotated[
        Share, documented("facts 5.1: half of what is read is deleted", 0.3, 0.6)
    ] = 0.5
    move_share: Annotated[
        Share, documented("measurements A3: 20 % of what is read is moved", 0, 0.4)
    ] = 0.2
    opened_in_window_share: Annotated[
        Share,
        assumed("of what is read in the pane, opened in a window too (server_load 2.7)", 0.2, 0.9),
    ] = 0.3
    attachment_opened_share: Annotated[
        Share,
        documented("server_load 2.7: LoadSim opens a quarter of the attachments", 0.05, 0.5),
    ] = 0.25
    next_item_share: Annotated[
        Share,
        assumed("deletes and moves after which the pane shows the next item (server_load 4)", 0, 1),
    ] = 0.5
    old_elsewhere_share: Annotated[
        Share, assumed("of the old items opened, those in another folder than the one shown", 0, 1)
    ] = 0.5
    arrangement_share: Annotated[
        Share,
        assumed("looks at the Inbox under another arrangement: by sender, size, subject", 0, 0.3),
    ] = 0.05
    screens_scrolled: Annotated[
        float, Field(ge=0, le=100), assumed("screens that are scrolled to an old item", 0, 5)
    ] = 1.0
    shared_folder_views: Annotated[
        Rate, assumed("looks at a folder of another mailbox, which few copies hold", 0, 5)
    ] = 1.0
    shared_mail_share: Annotated[
        Share,
        assumed("of these looks, those at mail, which is in no copy of the time (KB 936247)", 0, 1),
    ] = 0.5
    send_receives: Annotated[
        Rate,
        assumed(
            "with an offline file: F9 pressed, facts 1.6 names it as a way to synchronise", 0, 20
        ),
    ] = 3.0
    directory_look_ups: Annotated[Rate, assumed("names resolved while writing", 0, 40)] = 6.0
    reading_s: Annotated[
        float,
        Field(ge=0, le=3_600),
        assumed(
            "mean time with a message before the next thing: 80 words at the speed of facts 5.3",
            5,
            60,
        ),
    ] = 20.0
    reading_exponent: Annotated[
        float,
        Field(ge=0, le=1),
        assumed(
            "reading time grows with this power of the size: 0 not at all; 1 in proportion, as "
            "words do (facts 5.3), but most of a big message is no text",
            0,
            0.5,
        ),
    ] = 0.25
    reading_sigma: Annotated[
        float,
        Field(ge=0, le=3),
        assumed(
            "deviation of the logarithm of the reading time of messages of one size: some are "
            "glanced at, some read twice (facts 5.3)",
            0.5,
            1.3,
        ),
    ] = 0.9
    patience_s: Annotated[
        float | None,
        Field(gt=0, le=36_000),
        assumed(
            "mean time after which a person cancels what the dialog of Outlook says it waits for "
            "(failures 2.2: a call has no time-out of its own); none given: never",
            10,
            600,
        ),
    ] = 60.0
    even_hours: Annotated[
        tuple[Hour, Hour] | None,
        assumed(
            "from which to which hour a load test spreads tasks and mail evenly, without bursts, "
            "over people who are all alike; none given: the community's day and levels. "
            "measurements A3: a day of 8 hours (which ones is assumed)"
        ),
    ] = None

    @model_validator(mode="after")
    def _hours(self) -> Self:
        if self.even_hours is not None and not 0 <= self.even_hours[0] < self.even_hours[1] <= 24:
            raise ValueError(
                f"even_hours = {list(self.even_hours)} is no span of a day; give two rising hours "
                "from 0 to 24, such as [8, 16]"
            )
        return self

    @model_validator(mode="after")
    def _shares(self) -> Self:
        if self.reply_all_share + self.forward_share > 1.0:
            raise ValueError(
                f"reply_all_share = {self.reply_all_share:g} and forward_share = "
                f"{self.forward_share:g} are shares of the same answers; "
                "their sum is at most 1"
            )
        if self.delete_share + self.move_share > 1.0:
            raise ValueError(
                f"delete_share = {self.delete_share:g} and move_share = {self.move_share:g} are "
                "shares of the same messages; "
                "their sum is at most 1"
            )
        return self


_ROWS: Mapping[str, tuple[float, float, float, float, float, float]] = {
    # new, answers per read, outside, views, old, calendar
    "light": (2.5, 0.125, 15.0, 12.0, 6.0, 1.0),
    "medium": (5.0, 0.125, 31.0, 15.0, 12.0, 5.0),
    "heavy": (10.0, 0.125, 62.0, 20.0, 12.0, 10.0),
    "very_heavy": (15.0, 0.125, 93.0, 30.0, 16.0, 10.0),
}


def _load_test(
    new: float, replies: tuple[int, int, int], recipients: int, looks: float, **more: float
) -> Activity:
    """Return a user of LoadSim, all of whose mail comes from its like (measurements A3).

    `replies` are the percent of what is read that are replied to, to all, and sent on. LoadSim does
    its tasks one after the other; how long it stays with a message is assumed (5 s, 0 to 20).
    """
    _, to_all, sent_on = replies
    some = sum(replies)
    numbers: dict[str, float] = {
        "old_items_opened": 12.0, "calendar_changes": 5.0, "delete_share": 0.4, "move_share": 0.2,
    }  # fmt: skip
    return Activity(
        new_messages=new, reply_share=some / 100, reply_all_share=to_all / some,
        forward_share=sent_on / some, recipients=recipients, outside_messages=0.0,
        folder_views=looks, searches=0.0, directory_look_ups=0.0, send_receives=0.0,
        reading_s=5.0, reading_exponent=0.0, reading_sigma=0.5, even_hours=(8, 16),
        **(numbers | more),
    )  # fmt: skip


# LoadSim of Exchange 4 to 5.5 as printed; MMB3: its medium user, who looks 12 times and writes 8
_LOAD_TESTS: Mapping[str, Activity] = {
    "loadsim_light": _load_test(3, (10, 3, 5), 4, 5, calendar_changes=1.0, move_share=0.0),
    "loadsim_medium": _load_test(6, (15, 5, 7), 4, 15),
    "loadsim_heavy": _load_test(8, (20, 7, 7), 5, 20, calendar_changes=10.0),
    "mmb3": _load_test(8, (15, 5, 7), 4, 12),
    # LoadGen, heavy: 20 sent, 80 received, 132 tasks; half of what is sent is new, and the other 32
    # tasks are 16 looks, 6 old messages and 10 changes to the calendar (both assumed)
    "loadgen_heavy": Activity(
        new_messages=10.0, reply_share=0.125, recipients=7, outside_messages=0.0,
        folder_views=16.0, old_items_opened=6.0, calendar_changes=10.0, searches=0.0,
        directory_look_ups=0.0, send_receives=0.0, even_hours=(8, 16),
    ),
}  # fmt: skip

ACTIVITIES: Mapping[str, Activity] = {
    name: Activity(
        new_messages=new, reply_share=replies, outside_messages=outside, folder_views=views,
        old_items_opened=old, calendar_changes=calendar,
    )
    for name, (new, replies, outside, views, old, calendar) in _ROWS.items()
} | dict(_LOAD_TESTS)  # fmt: skip
