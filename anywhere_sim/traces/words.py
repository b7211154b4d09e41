"""The vocabularies of the trace: what a word column may hold.

Each vocabulary is a `Literal` alias, so that a type checker sees a typo; the tuple below it is the
same list at run time.
"""

from __future__ import annotations

from typing import Literal, get_args

from anywhere_sim.scenario.spec import ClientName, Mode, Role, ServiceName

__all__ = ["ClientName", "Mode", "Role"]

CLIENTS: tuple[ClientName, ...] = get_args(ClientName)
MODES: tuple[Mode, ...] = get_args(Mode)
ROLES: tuple[Role, ...] = get_args(Role)

Path = Literal["tcp", "https"]
PATHS: tuple[Path, ...] = get_args(Path)

Service = ServiceName
SERVICES: tuple[Service, ...] = get_args(Service)

Direction = Literal["up", "down"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)

# connection attempts

RoundTrigger = Literal[
    "launch", "link", "lost", "retry", "needed", "f9", "schedule", "exit", "quit",
]  # fmt: skip
"""Why a round of attempts begins.

*launch* Outlook starts, *link* a poll sees another network, *lost* a connection broke, *retry* the
back-off is over, *needed* a call has no connection; *f9* the person asks, *schedule* and *exit* ask
an offline folder file to synchronise; *quit* wakes the client as Outlook ends, and begins none.
"""
ROUND_TRIGGERS: tuple[RoundTrigger, ...] = get_args(RoundTrigger)

SpeedClass = Literal["fast", "slow", "none"]
"""How a client classes its line; "none" before it has looked."""
SPEED_CLASSES: tuple[SpeedClass, ...] = get_args(SpeedClass)

AttemptOutcome = Literal["connected", "failed", "abandoned", "unfinished"]
ATTEMPT_OUTCOMES: tuple[AttemptOutcome, ...] = get_args(AttemptOutcome)

FailedStage = Literal[
    "", "resolve", "tcp", "proxy", "portal", "tls", "auth", "conn", "bind", "logon", "limit",
]  # fmt: skip
FAILED_STAGES: tuple[FailedStage, ...] = get_args(FailedStage)

TlsHandshake = Literal["none", "full", "resumed"]
TLS_HANDSHAKES: tuple[TlsHandshake, ...] = get_args(TlsHandshake)

# connections and calls

EndReason = Literal[
    "closed", "link_cut", "link_lost", "nat_dropped", "server_shutdown", "server_crash",
    "black_hole", "unfinished",
]  # fmt: skip
END_REASONS: tuple[EndReason, ...] = get_args(EndReason)

RpcName = Literal[
    "connect", "logon", "disconnect", "start", "hierarchy", "background",
    "open_folder", "view_definition", "open_table", "query_rows", "search", "search_status",
    "open_item", "read_body", "read_properties", "open_attachment", "set_read_flag",
    "set_properties", "save_item", "create_item", "write_body", "submit", "delete_item",
    "move_item", "free_busy", "poll", "async_wait", "notification", "sync_configure",
    "sync_hierarchy", "sync_buffer", "sync_import", "sync_changes", "sync_state", "look_up",
    "address_book",
]  # fmt: skip
RPC_NAMES: tuple[RpcName, ...] = get_args(RpcName)
RETIRED_RPC_NAMES = ("sync_open", "sync_upload")
"""Kinds of call that traces of schema 1 may hold."""

# synchronisations

SyncKind = Literal["incremental", "first", "address_book"]
SYNC_KINDS: tuple[SyncKind, ...] = get_args(SyncKind)

Folder = Literal[
    "utility", "calendar", "contacts", "drafts", "inbox", "other", "sent", "deleted", "outbox",
    "hierarchy", "address_book", "shared",
]  # fmt: skip
"""What is synchronised; "hierarchy" is the folder tree, "other" all folders the user has made,
"shared" what the copy has of another mailbox.
"""
FOLDERS: tuple[Folder, ...] = get_args(Folder)

SyncTrigger = Literal[
    "connected", "hold_off", "f9", "sent", "bodies", "due", "schedule", "exit", "resumed",
    "uploaded",
]  # fmt: skip
SYNC_TRIGGERS: tuple[SyncTrigger, ...] = get_args(SyncTrigger)

SyncOutcome = Literal["done", "cut", "full", "unfinished"]
"""How a synchronisation ended; *full*: the file on the disk is as large as it may be (8004060C)."""
SYNC_OUTCOMES: tuple[SyncOutcome, ...] = get_args(SyncOutcome)

# people

OperationKind = Literal[
    "view_folder", "read", "open_window", "open_attachment", "open_old", "shared_folder", "search",
    "send", "calendar", "delete", "move", "look_up", "send_receive",
]  # fmt: skip
OPERATION_KINDS: tuple[OperationKind, ...] = get_args(OperationKind)

OperationOutcome = Literal["done", "waiting", "failed", "cancelled", "unfinished"]
"""How an action ended; *cancelled*: the person gave up waiting for it."""
OPERATION_OUTCOMES: tuple[OperationOutcome, ...] = get_args(OperationOutcome)

ServedBy = Literal["copy", "server", "header", "none"]
SERVED_BY: tuple[ServedBy, ...] = get_args(ServedBy)

State = Literal[
    "off", "trying", "connected", "connected_headers", "disconnected", "offline", "asleep",
]  # fmt: skip
STATES: tuple[State, ...] = get_args(State)

# mail

Origin = Literal["person", "reply", "outside"]
ORIGINS: tuple[Origin, ...] = get_args(Origin)

MessageState = Literal["outbox", "sent", "delivered", "reached", "seen"]
MESSAGE_STATES: tuple[MessageState, ...] = get_args(MessageState)

ChangeKind = Literal["read_flag", "calendar", "delete", "move", "message"]
CHANGE_KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)

ChangeState = Literal["pending", "uploaded"]
CHANGE_STATES: tuple[ChangeState, ...] = get_args(ChangeState)
