"""A class of rows for each table, so that a row costs little and mypy checks its columns.

`make rows` writes this file from `schema.py`.
"""

# ruff: noqa: A002  (columns have the names that they have)

from __future__ import annotations

from collections.abc import Callable, Mapping

from mypy_extensions import i32, i64

from anywhere_sim.traces.schema import TABLES
from anywhere_sim.traces.table_rows import GROUP_ROWS, Keys, Sink, TableRows, codes
from anywhere_sim.traces.vectors import vec


class AttemptRows(TableRows):
    """Rows of `attempts`."""

    def __init__(self, keys: Keys, sink: Sink, group_rows: int = GROUP_ROWS) -> None:
        super().__init__(TABLES["attempts"], keys, sink, group_rows)
        self.mailbox_codes, self.group_codes, self.client_codes = codes(), codes(), codes()
        self.place_codes, self.link_codes, self.service_codes = codes(), codes(), codes()
        self.trigger_codes, self.speed_class_codes, self.order_codes = codes(), codes(), codes()
        self.path_codes, self.outcome_codes, self.failed_stage_codes = codes(), codes(), codes()
        self.tls_codes, self.ports_codes = codes(), codes()

    def _hold(
        self, numbers: list[vec[i64]], words: list[vec[i32]], floats: list[vec[float]]
    ) -> None:
        [
            self.attempt, self.round, self.try_, self.round_trips, self.channels,
        ] = numbers  # fmt: skip
        [
            self.mailbox, self.group, self.client, self.place, self.link, self.service,
            self.trigger, self.speed_class, self.order, self.path, self.outcome, self.failed_stage,
            self.tls, self.ports,
        ] = words  # fmt: skip
        [
            self.detected_kbps, self.start_s, self.resolved_s, self.tcp_s, self.tls_s, self.auth_s,
            self.end_s, self.bytes_up, self.bytes_down, self.resent_bytes,
        ] = floats  # fmt: skip

    def row(
        self, *, attempt: int, round: int, try_: int, mailbox: str, group: str, client: str,
        place: str, link: str, service: str, trigger: str, speed_class: str, detected_kbps: float,
        order: str, path: str, start_s: float, resolved_s: float, tcp_s: float, tls_s: float,
        auth_s: float, end_s: float, outcome: str, failed_stage: str, round_trips: int,
        bytes_up: float, bytes_down: float, resent_bytes: float, channels: int, tls: str,
        ports: str,
    ) -> None:  # fmt: skip
        """Add a row."""
        at = self._waiting
        if at == self._room:
            at = self._make_room()
        self.attempt[at] = attempt
        self.round[at] = round
        self.try_[at] = try_
        self.mailbox[at] = self.mailbox_codes[mailbox]
        self.group[at] = self.group_codes[group]
        self.client[at] = self.client_codes[client]
        self.place[at] = self.place_codes[place]
        self.link[at] = self.link_codes[link]
        self.service[at] = self.service_codes[service]
        self.trigger[at] = self.trigger_codes[trigger]
        self.speed_class[at] = self.speed_class_codes[speed_class]
        self.detected_kbps[at] = detected_kbps
        self.order[at] = self.order_codes[order]
        self.path[at] = self.path_codes[path]
        self.start_s[at] = start_s
        self.resolved_s[at] = resolved_s
        self.tcp_s[at] = tcp_s
        self.tls_s[at] = tls_s
        self.auth_s[at] = auth_s
        self.end_s[at] = end_s
        self.outcome[at] = self.outcome_codes[outcome]
        self.failed_stage[at] = self.failed_stage_codes[failed_stage]
        self.round_trips[at] = round_trips
        self.bytes_up[at] = bytes_up
        self.bytes_down[at] = bytes_down
        self.resent_bytes[at] = resent_bytes
        self.channels[at] = channels
        self.tls[at] = self.tls_codes[tls]
        self.ports[at] = self.ports_codes[ports]
        self._waiting = at + 1


class ConnectionRows(TableRows):
    """Rows of `connections`."""

    def __init__(self, keys: Keys, sink: Sink, group_rows: int = GROUP_ROWS) -> None:
        super().__init__(TABLES["connections"], keys, sink, group_rows)
        self.mailbox_codes, self.group_codes, self.service_codes = codes(), codes(), codes()
        self.path_codes, self.place_codes, self.link_codes = codes(), codes(), codes()
        self.server_codes, self.end_reason_codes = codes(), codes()

    def _hold(
        self, numbers: list[vec[i64]], words: list[vec[i32]], floats: list[vec[float]]
    ) -> None:
        [
            self.connection, self.attempt, self.channels, self.rpcs, self.rops,
        ] = numbers  # fmt: skip
        [
            self.mailbox, self.group, self.service, self.path, self.place, self.link, self.server,
            self.end_reason,
        ] = words  # fmt: skip
        [
            self.start_s, self.end_s, self.bytes_up, self.bytes_down, self.resent_bytes,
        ] = floats  # fmt: skip

    def row(
        self, *, connection: int, attempt: int, mailbox: str, group: str, service: str, path: str,
        place: str, link: str, server: str, start_s: float, end_s: float, end_reason: str,
        channels: int, rpcs: int, rops: int, bytes_up: float, bytes_down: float,
        resent_bytes: float,
    ) -> None:  # fmt: skip
        """Add a row."""
        at = self._waiting
        if at == self._room:
            at = self._make_room()
        self.connection[at] = connection
        self.attempt[at] = attempt
        self.mailbox[at] = self.mailbox_codes[mailbox]
        self.group[at] = self.group_codes[group]
        self.service[at] = self.service_codes[service]
        self.path[at] = self.path_codes[path]
        self.place[at] = self.place_codes[place]
        self.link[at] = self.link_codes[link]
        self.server[at] = self.server_codes[server]
        self.start_s[at] = start_s
        self.end_s[at] = end_s
        self.end_reason[at] = self.end_reason_codes[end_reason]
        self.channels[at] = channels
        self.rpcs[at] = rpcs
        self.rops[at] = rops
        self.bytes_up[at] = bytes_up
        self.bytes_down[at] = bytes_down
        self.resent_bytes[at] = resent_bytes
        self._waiting = at + 1


class SyncRows(TableRows):
    """Rows of `syncs`."""

    def __init__(self, keys: Keys, sink: Sink, group_rows: int = GROUP_ROWS) -> None:
        super().__init__(TABLES["syncs"], keys, sink, group_rows)
        self.mailbox_codes, self.group_codes, self.kind_codes = codes(), codes(), codes()
        self.folder_codes, self.direction_codes, self.trigger_codes = codes(), codes(), codes()
        self.outcome_codes, self.place_codes = codes(), codes()

    def _hold(
        self, numbers: list[vec[i64]], words: list[vec[i32]], floats: list[vec[float]]
    ) -> None:
        [
            self.sync, self.connection, self.items, self.rpcs, self.rops,
        ] = numbers  # fmt: skip
        [
            self.mailbox, self.group, self.kind, self.folder, self.direction, self.trigger,
            self.outcome, self.place,
        ] = words  # fmt: skip
        [
            self.start_s, self.end_s, self.bytes,
        ] = floats  # fmt: skip

    def row(
        self, *, sync: int, connection: int, mailbox: str, group: str, kind: str, folder: str,
        direction: str, trigger: str, start_s: float, end_s: float, items: int, rpcs: int,
        rops: int, bytes: float, outcome: str, place: str,
    ) -> None:  # fmt: skip
        """Add a row."""
        at = self._waiting
        if at == self._room:
            at = self._make_room()
        self.sync[at] = sync
        self.connection[at] = connection
        self.mailbox[at] = self.mailbox_codes[mailbox]
        self.group[at] = self.group_codes[group]
        self.kind[at] = self.kind_codes[kind]
        self.folder[at] = self.folder_codes[folder]
        self.direction[at] = self.direction_codes[direction]
        self.trigger[at] = self.trigger_codes[trigger]
        self.start_s[at] = start_s
        self.end_s[at] = end_s
        self.items[at] = items
        self.rpcs[at] = rpcs
        self.rops[at] = rops
        self.bytes[at] = bytes
        self.outcome[at] = self.outcome_codes[outcome]
        self.place[at] = self.place_codes[place]
        self._waiting = at + 1


class OperationRows(TableRows):
    """Rows of `operations`."""

    def __init__(self, keys: Keys, sink: Sink, group_rows: int = GROUP_ROWS) -> None:
        super().__init__(TABLES["operations"], keys, sink, group_rows)
        self.mailbox_codes, self.group_codes, self.kind_codes = codes(), codes(), codes()
        self.place_codes, self.served_by_codes, self.outcome_codes = codes(), codes(), codes()
        self.state_codes = codes()

    def _hold(
        self, numbers: list[vec[i64]], words: list[vec[i32]], floats: list[vec[float]]
    ) -> None:
        [
            self.operation, self.connection, self.rpcs, self.rops,
        ] = numbers  # fmt: skip
        [
            self.mailbox, self.group, self.kind, self.place, self.served_by, self.outcome,
            self.state,
        ] = words  # fmt: skip
        [
            self.start_s, self.wait_s, self.bytes,
        ] = floats  # fmt: skip

    def row(
        self, *, operation: int, connection: int, mailbox: str, group: str, kind: str, place: str,
        start_s: float, wait_s: float, served_by: str, rpcs: int, rops: int, bytes: float,
        outcome: str, state: str,
    ) -> None:  # fmt: skip
        """Add a row."""
        at = self._waiting
        if at == self._room:
            at = self._make_room()
        self.operation[at] = operation
        self.connection[at] = connection
        self.mailbox[at] = self.mailbox_codes[mailbox]
        self.group[at] = self.group_codes[group]
        self.kind[at] = self.kind_codes[kind]
        self.place[at] = self.place_codes[place]
        self.start_s[at] = start_s
        self.wait_s[at] = wait_s
        self.served_by[at] = self.served_by_codes[served_by]
        self.rpcs[at] = rpcs
        self.rops[at] = rops
        self.bytes[at] = bytes
        self.outcome[at] = self.outcome_codes[outcome]
        self.state[at] = self.state_codes[state]
        self._waiting = at + 1


class StateRows(TableRows):
    """Rows of `states`."""

    def __init__(self, keys: Keys, sink: Sink, group_rows: int = GROUP_ROWS) -> None:
        super().__init__(TABLES["states"], keys, sink, group_rows)
        self.mailbox_codes, self.group_codes, self.place_codes = codes(), codes(), codes()
        self.mode_codes, self.state_codes = codes(), codes()

    def _hold(
        self, numbers: list[vec[i64]], words: list[vec[i32]], floats: list[vec[float]]
    ) -> None:
        [
        ] = numbers  # fmt: skip
        [
            self.mailbox, self.group, self.place, self.mode, self.state,
        ] = words  # fmt: skip
        [
            self.start_s, self.end_s,
        ] = floats  # fmt: skip

    def row(
        self, *, mailbox: str, group: str, place: str, mode: str, state: str, start_s: float,
        end_s: float,
    ) -> None:  # fmt: skip
        """Add a row."""
        at = self._waiting
        if at == self._room:
            at = self._make_room()
        self.mailbox[at] = self.mailbox_codes[mailbox]
        self.group[at] = self.group_codes[group]
        self.place[at] = self.place_codes[place]
        self.mode[at] = self.mode_codes[mode]
        self.state[at] = self.state_codes[state]
        self.start_s[at] = start_s
        self.end_s[at] = end_s
        self._waiting = at + 1


class MessageRows(TableRows):
    """Rows of `messages`."""

    def __init__(self, keys: Keys, sink: Sink, group_rows: int = GROUP_ROWS) -> None:
        super().__init__(TABLES["messages"], keys, sink, group_rows)
        self.sender_codes, self.recipient_codes, self.origin_codes = codes(), codes(), codes()
        self.state_codes = codes()

    def _hold(
        self, numbers: list[vec[i64]], words: list[vec[i32]], floats: list[vec[float]]
    ) -> None:
        [
            self.message, self.parent,
        ] = numbers  # fmt: skip
        [
            self.sender, self.recipient, self.origin, self.state,
        ] = words  # fmt: skip
        [
            self.written_s, self.sent_s, self.delivered_s, self.reached_s, self.seen_s,
            self.size_bytes,
        ] = floats  # fmt: skip

    def row(
        self, *, message: int, parent: int, sender: str, recipient: str, origin: str,
        written_s: float, sent_s: float, delivered_s: float, reached_s: float, seen_s: float,
        size_bytes: float, state: str,
    ) -> None:  # fmt: skip
        """Add a row."""
        at = self._waiting
        if at == self._room:
            at = self._make_room()
        self.message[at] = message
        self.parent[at] = parent
        self.sender[at] = self.sender_codes[sender]
        self.recipient[at] = self.recipient_codes[recipient]
        self.origin[at] = self.origin_codes[origin]
        self.written_s[at] = written_s
        self.sent_s[at] = sent_s
        self.delivered_s[at] = delivered_s
        self.reached_s[at] = reached_s
        self.seen_s[at] = seen_s
        self.size_bytes[at] = size_bytes
        self.state[at] = self.state_codes[state]
        self._waiting = at + 1


class ChangeRows(TableRows):
    """Rows of `changes`."""

    def __init__(self, keys: Keys, sink: Sink, group_rows: int = GROUP_ROWS) -> None:
        super().__init__(TABLES["changes"], keys, sink, group_rows)
        self.mailbox_codes, self.group_codes, self.kind_codes = codes(), codes(), codes()
        self.state_codes = codes()

    def _hold(
        self, numbers: list[vec[i64]], words: list[vec[i32]], floats: list[vec[float]]
    ) -> None:
        [
            self.change, self.operation, self.sync,
        ] = numbers  # fmt: skip
        [
            self.mailbox, self.group, self.kind, self.state,
        ] = words  # fmt: skip
        [
            self.made_s, self.uploaded_s,
        ] = floats  # fmt: skip

    def row(
        self, *, change: int, mailbox: str, group: str, operation: int, kind: str, made_s: float,
        uploaded_s: float, sync: int, state: str,
    ) -> None:  # fmt: skip
        """Add a row."""
        at = self._waiting
        if at == self._room:
            at = self._make_room()
        self.change[at] = change
        self.mailbox[at] = self.mailbox_codes[mailbox]
        self.group[at] = self.group_codes[group]
        self.operation[at] = operation
        self.kind[at] = self.kind_codes[kind]
        self.made_s[at] = made_s
        self.uploaded_s[at] = uploaded_s
        self.sync[at] = sync
        self.state[at] = self.state_codes[state]
        self._waiting = at + 1


class ServerRows(TableRows):
    """Rows of `servers`."""

    def __init__(self, keys: Keys, sink: Sink, group_rows: int = GROUP_ROWS) -> None:
        super().__init__(TABLES["servers"], keys, sink, group_rows)
        self.server_codes, self.role_codes = codes(), codes()

    def _hold(
        self, numbers: list[vec[i64]], words: list[vec[i32]], floats: list[vec[float]]
    ) -> None:
        [
            self.rpc_requests, self.connections, self.http_sessions, self.unique_users,
            self.queued_requests, self.rejected, self.rpc_packets, self.rpc_operations,
            self.rpcs_arrived, self.rpcs_finished, self.rpcs_failed, self.tls_full,
            self.tls_resumed,
        ] = numbers  # fmt: skip
        [
            self.server, self.role,
        ] = words  # fmt: skip
        [
            self.time_s, self.rpc_packets_per_s, self.rpc_operations_per_s,
            self.rpc_averaged_latency_ms, self.cpu_busy, self.disk_reads_per_s,
            self.disk_writes_per_s, self.log_writes_per_s, self.cpu_busy_s, self.rpc_time_s,
            self.disk_reads, self.disk_writes, self.log_writes, self.rpc_requests_s,
            self.memory_bytes, self.cores,
        ] = floats  # fmt: skip

    def row(
        self, *, server: str, role: str, time_s: float, rpc_packets_per_s: float,
        rpc_operations_per_s: float, rpc_requests: int, rpc_averaged_latency_ms: float,
        cpu_busy: float, disk_reads_per_s: float, disk_writes_per_s: float, log_writes_per_s: float,
        connections: int, http_sessions: int, unique_users: int, queued_requests: int,
        rejected: int, cpu_busy_s: float, rpc_packets: int, rpc_operations: int, rpc_time_s: float,
        disk_reads: float, disk_writes: float, log_writes: float, rpc_requests_s: float,
        rpcs_arrived: int, rpcs_finished: int, rpcs_failed: int, memory_bytes: float, tls_full: int,
        tls_resumed: int, cores: float,
    ) -> None:  # fmt: skip
        """Add a row."""
        at = self._waiting
        if at == self._room:
            at = self._make_room()
        self.server[at] = self.server_codes[server]
        self.role[at] = self.role_codes[role]
        self.time_s[at] = time_s
        self.rpc_packets_per_s[at] = rpc_packets_per_s
        self.rpc_operations_per_s[at] = rpc_operations_per_s
        self.rpc_requests[at] = rpc_requests
        self.rpc_averaged_latency_ms[at] = rpc_averaged_latency_ms
        self.cpu_busy[at] = cpu_busy
        self.disk_reads_per_s[at] = disk_reads_per_s
        self.disk_writes_per_s[at] = disk_writes_per_s
        self.log_writes_per_s[at] = log_writes_per_s
        self.connections[at] = connections
        self.http_sessions[at] = http_sessions
        self.unique_users[at] = unique_users
        self.queued_requests[at] = queued_requests
        self.rejected[at] = rejected
        self.cpu_busy_s[at] = cpu_busy_s
        self.rpc_packets[at] = rpc_packets
        self.rpc_operations[at] = rpc_operations
        self.rpc_time_s[at] = rpc_time_s
        self.disk_reads[at] = disk_reads
        self.disk_writes[at] = disk_writes
        self.log_writes[at] = log_writes
        self.rpc_requests_s[at] = rpc_requests_s
        self.rpcs_arrived[at] = rpcs_arrived
        self.rpcs_finished[at] = rpcs_finished
        self.rpcs_failed[at] = rpcs_failed
        self.memory_bytes[at] = memory_bytes
        self.tls_full[at] = tls_full
        self.tls_resumed[at] = tls_resumed
        self.cores[at] = cores
        self._waiting = at + 1


class LinkRows(TableRows):
    """Rows of `links`."""

    def __init__(self, keys: Keys, sink: Sink, group_rows: int = GROUP_ROWS) -> None:
        super().__init__(TABLES["links"], keys, sink, group_rows)
        self.link_codes, self.place_codes, self.direction_codes = codes(), codes(), codes()

    def _hold(
        self, numbers: list[vec[i64]], words: list[vec[i32]], floats: list[vec[float]]
    ) -> None:
        [
            self.flows,
        ] = numbers  # fmt: skip
        [
            self.link, self.place, self.direction,
        ] = words  # fmt: skip
        [
            self.time_s, self.bytes, self.busy_s, self.cumulative_bytes,
        ] = floats  # fmt: skip

    def row(
        self, *, link: str, place: str, direction: str, time_s: float, bytes: float, busy_s: float,
        flows: int, cumulative_bytes: float,
    ) -> None:  # fmt: skip
        """Add a row."""
        at = self._waiting
        if at == self._room:
            at = self._make_room()
        self.link[at] = self.link_codes[link]
        self.place[at] = self.place_codes[place]
        self.direction[at] = self.direction_codes[direction]
        self.time_s[at] = time_s
        self.bytes[at] = bytes
        self.busy_s[at] = busy_s
        self.flows[at] = flows
        self.cumulative_bytes[at] = cumulative_bytes
        self._waiting = at + 1


class RpcRows(TableRows):
    """Rows of `rpcs`."""

    def __init__(self, keys: Keys, sink: Sink, group_rows: int = GROUP_ROWS) -> None:
        super().__init__(TABLES["rpcs"], keys, sink, group_rows)
        self.mailbox_codes, self.group_codes, self.kind_codes = codes(), codes(), codes()

    def _hold(
        self, numbers: list[vec[i64]], words: list[vec[i32]], floats: list[vec[float]]
    ) -> None:
        [
            self.rpc, self.connection, self.operation, self.rops,
        ] = numbers  # fmt: skip
        [
            self.mailbox, self.group, self.kind,
        ] = words  # fmt: skip
        [
            self.start_s, self.arrived_s, self.done_s, self.end_s, self.stall_up_s,
            self.front_end_up_s, self.queue_s, self.cpu_s, self.disk_s, self.front_end_down_s,
            self.stall_down_s, self.bytes_up, self.bytes_down, self.pdu_bytes_up,
            self.pdu_bytes_down,
        ] = floats  # fmt: skip

    def row(
        self, *, rpc: int, connection: int, mailbox: str, group: str, operation: int, kind: str,
        rops: int, start_s: float, arrived_s: float, done_s: float, end_s: float, stall_up_s: float,
        front_end_up_s: float, queue_s: float, cpu_s: float, disk_s: float, front_end_down_s: float,
        stall_down_s: float, bytes_up: float, bytes_down: float, pdu_bytes_up: float,
        pdu_bytes_down: float,
    ) -> None:  # fmt: skip
        """Add a row."""
        at = self._waiting
        if at == self._room:
            at = self._make_room()
        self.rpc[at] = rpc
        self.connection[at] = connection
        self.mailbox[at] = self.mailbox_codes[mailbox]
        self.group[at] = self.group_codes[group]
        self.operation[at] = operation
        self.kind[at] = self.kind_codes[kind]
        self.rops[at] = rops
        self.start_s[at] = start_s
        self.arrived_s[at] = arrived_s
        self.done_s[at] = done_s
        self.end_s[at] = end_s
        self.stall_up_s[at] = stall_up_s
        self.front_end_up_s[at] = front_end_up_s
        self.queue_s[at] = queue_s
        self.cpu_s[at] = cpu_s
        self.disk_s[at] = disk_s
        self.front_end_down_s[at] = front_end_down_s
        self.stall_down_s[at] = stall_down_s
        self.bytes_up[at] = bytes_up
        self.bytes_down[at] = bytes_down
        self.pdu_bytes_up[at] = pdu_bytes_up
        self.pdu_bytes_down[at] = pdu_bytes_down
        self._waiting = at + 1


ROWS: Mapping[str, Callable[[Keys, Sink, int], TableRows]] = {
    "attempts": AttemptRows, "connections": ConnectionRows, "syncs": SyncRows,
    "operations": OperationRows, "states": StateRows, "messages": MessageRows,
    "changes": ChangeRows, "servers": ServerRows, "links": LinkRows, "rpcs": RpcRows,
}  # fmt: skip
