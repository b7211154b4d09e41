"""The vocabularies of the trace: what a word column may hold."""

from __future__ import annotations

ATTEMPT_OUTCOMES = ("connected", "failed", "abandoned", "unfinished")
FAILED_STAGES = ("", "resolve", "tcp", "proxy", "portal", "tls", "auth", "conn", "bind", "logon", "limit")
END_REASONS = ("closed", "link_cut", "link_lost", "nat_dropped", "server_shutdown", "server_crash", "unfinished")
SYNC_OUTCOMES = ("done", "cut", "unfinished")
OPERATION_OUTCOMES = ("done", "waiting", "failed", "unfinished")
SERVED_BY = ("copy", "server", "header", "none")
STATES = ("off", "trying", "connected", "connected_headers", "disconnected", "offline")
MODES = ("online", "cached", "offline_ost")
MESSAGE_STATES = ("outbox", "sent", "delivered", "reached", "seen")
CHANGE_STATES = ("pending", "uploaded")
