"""How many calls Outlook makes for one action and what they carry: what no document says.

What an action needs is fixed by the protocol (open, read, save); how often a client comes back for
further properties is not, and was seen between one call for everything and one per property
(server_load 2.1, 2.3). Each number here adds calls of one kind, or bytes and pages to them; each
has a range, and `sensitivity` reaches them all. The residual rates of the two modes are equal
because nothing published tells them apart.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from anywhere_sim.scenario.sources import assumed
from anywhere_sim.scenario.spec import Spec

Calls = Annotated[int, Field(ge=0, le=200)]
Bytes = Annotated[int, Field(ge=0, le=100_000)]
Factor = Annotated[float, Field(gt=0, le=10)]


class Requests(Spec):
    """Further calls of a client per action, operations per call, what rides along; sizes."""

    start_calls: Annotated[
        Calls,
        assumed(
            "calls of a start of Outlook besides logons: folders, rules, hidden items "
            "(server_load 4)",
            6,
            54,
        ),
    ] = 19
    start_logons: Annotated[
        Calls,
        assumed("logons of a start besides the first (server_load 2.3: six on average)", 1, 9),
    ] = 5
    view_definition_calls: Annotated[
        Calls, assumed("reading a folder's view out of its hidden table, per switch", 0, 3)
    ] = 1
    preview_property_calls: Annotated[
        Calls, assumed("further property calls for a message in the reading pane", 0, 4)
    ] = 1
    window_property_calls: Annotated[
        Calls, assumed("further property calls for a message opened in a window", 1, 10)
    ] = 2
    compose_property_calls: Annotated[
        Calls, assumed("further property calls until a new message is sent", 2, 21)
    ] = 6
    reply_property_calls: Annotated[
        Calls, assumed("further property calls until an answer is sent", 3, 35)
    ] = 9
    calendar_property_calls: Annotated[
        Calls, assumed("further property calls for a change in the calendar", 0, 9)
    ] = 2
    search_polls: Annotated[
        Calls, assumed("questions how far a search has come, until its rows are read", 0, 8)
    ] = 3
    alert_calls: Annotated[
        Calls, assumed("property calls for the alert of a new message", 0, 3)
    ] = 1
    free_busy_calls: Annotated[
        Calls, assumed("calls that publish free and busy times after a change", 1, 5)
    ] = 2
    property_rops: Annotated[
        int,
        Field(ge=1, le=30),
        assumed("operations in a property call; 4 in two logged calls (server_load 2.3)", 1, 6),
    ] = 3
    online_background_per_hour: Annotated[
        float,
        Field(ge=0, le=3600),
        assumed("calls that nothing in the model explains, online (server_load 6)", 0, 60),
    ] = 10.0
    cached_background_per_hour: Annotated[
        float,
        Field(ge=0, le=3600),
        assumed("calls that nothing in the model explains, with a copy (server_load 6)", 0, 60),
    ] = 10.0
    reconnect_folders: Annotated[
        int,
        Field(ge=0, le=200),
        assumed("folders that a copy synchronises when it is connected again", 1, 18),
    ] = 8
    first_buffer_rides: Annotated[
        bool,
        assumed("the first buffer of a download comes with the call that configures it"),
    ] = False
    imports_ride: Annotated[
        bool, assumed("an upload's changes go with the call that opens the collector")
    ] = True
    target_download_share: Annotated[
        float,
        Field(ge=0, le=1),
        assumed("uploads after which the folder that was their target is synchronised", 0, 1),
    ] = 0.5
    rows_per_query: Annotated[
        int,
        Field(ge=1, le=1_000),
        assumed("rows in a call of its own; 25 in a recorded session (server_load 2.3)", 20, 50),
    ] = 25
    row_bytes: Annotated[
        Bytes, assumed("one row of a view: subject, sender, date, flags", 100, 400)
    ] = 180
    property_rop_bytes: Annotated[
        Bytes,
        assumed("an operation that a call carries besides its usual ones, and its answer", 8, 60),
    ] = 24
    state_bytes: Annotated[Bytes, assumed("the four state properties of a folder", 100, 2_000)] = (
        400
    )
    hierarchy_bytes: Annotated[
        Bytes,
        assumed("changes of the folder tree since the last connection: mostly none", 0, 4_000),
    ] = 200
    change_bytes: Annotated[Bytes, assumed("one changed item without body", 200, 1_500)] = 400
    small_change_bytes: Annotated[
        Annotated[int, Field(ge=1, le=32_768)],
        assumed("a read flag, a delete or a move: keys of the message and its change", 30, 120),
    ] = 60
    header_bytes: Annotated[
        Bytes,
        assumed("properties of a message in a synchronisation, beside its body", 300, 1_500),
    ] = 700
    call_bytes_factor: Annotated[
        Factor,
        assumed(
            "of the bytes each kind of call has by itself, but for those of a synchronisation and "
            "the measured ones (real_peers 3)",
            0.5,
            2,
        ),
    ] = 1.0
    sync_bytes_factor: Annotated[
        Factor, assumed("of the bytes each call of a synchronisation has by itself", 0.5, 2)
    ] = 1.0
    call_pages_factor: Annotated[
        Factor,
        assumed(
            "of the old pages each kind of call reads and writes by itself, but for those of a "
            "synchronisation",
            0.5,
            2,
        ),
    ] = 1.0
    sync_pages_factor: Annotated[
        Factor,
        assumed("of the old pages each call of a synchronisation reads by itself", 0.5, 2),
    ] = 1.0
    item_pages: Annotated[
        float,
        Field(ge=0, le=100),
        assumed("pages of an old item besides its body: folder row, properties, recipients", 1, 6),
    ] = 3.0
    rows_per_page: Annotated[
        int, Field(ge=1, le=1_000), assumed("rows of a table or index in a database page", 4, 20)
    ] = 10
