"""What the tables of an import or a run know, as numbers and per window, under one name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc

from anywhere_sim.analysis.labels import label
from anywhere_sim.traces import Run

Floats = npt.NDArray[np.float64]
OF_HTTPS = frozenset({"iis", "httperr", "http-proxy", "perfmon"})
"""Formats that tell of connections over HTTPS alone, or of none."""
REACH_A_SERVER = ("auth", "conn", "bind", "logon", "limit")
"""Stages whose failures a server writes down; of the others no log can know."""
DEAD_SESSION_S = 7200.0
"""How long a server keeps a session whose client has gone without a word (facts 4.3): one whose end
no log has counts as open for as long after its last call.
"""
NEVER_LOGGED = frozenset({"notification"})
"""Kinds of calls that wait for news at the server, which logs of calls leave out."""
COUNTERS: Mapping[str, tuple[str, str]] = {
    "cpu_busy": ("processor", "%"),
    "rpc_packets_per_s": ("calls", "1/s"),
    "rpc_operations_per_s": ("operations", "1/s"),
    "rpc_averaged_latency_ms": ("latency of calls", "ms"),
    "rpc_requests": ("calls present", ""),
    "disk_reads_per_s": ("disk reads", "1/s"),
    "disk_writes_per_s": ("disk writes", "1/s"),
    "connections": ("connections", ""),
    "http_sessions": ("open requests", ""),
    "unique_users": ("users", ""),
}
"""Columns of `servers`, their names and units."""
OF_EACH = frozenset({"cpu_busy", "rpc_averaged_latency_ms"})
"""Those of which several servers have a mean, not a sum."""
MEAN_TIME = "time of a call at the server (mean)"
LONG_TIME = "time of a call at the server (95 % take no longer)"


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that a set of tables knows: its value over all hours, and in each window.

    `kind` is how it adds up: `events` and `sum` over time and people, `level` over people, `mean`
    over neither.
    """

    value: float
    line: Floats
    unit: str
    kind: str


class KnownTables:
    """The tables of one side, read column by column, as far as both sides need them."""

    def __init__(self, run: Run, span: tuple[float, float]) -> None:
        self.run, self.span = run, span
        self.formats = frozenset(run.manifest.get("imported", ()))
        self.is_import = "imported" in run.manifest
        self.made = self._connections()
        self.failed = self._failed()
        self.calls = self._calls()
        self.has_calls = bool(self.made["rpcs"].notna().any())

    def frame(self, name: str, columns: list[str]) -> pd.DataFrame:
        """Return some columns of a table."""
        return self.run.table(name).select(columns).to_pandas()

    def _connections(self) -> pd.DataFrame:
        made = self.frame("connections", [
            "site", "connection", "attempt", "mailbox", "service", "path", "start_s", "end_s",
            "rpcs", "bytes_up", "bytes_down",
        ])  # fmt: skip
        for name in ("mailbox", "service", "path", "site"):
            made[name] = made[name].astype(object).where(made[name].notna(), None)
        made["begun_s"] = made["start_s"].where(made["attempt"] != 0)
        made["start_s"] = made["start_s"].fillna(self.span[0])
        if made["end_s"].isna().any():
            kept_s = (self._last_call_s(made) + DEAD_SESSION_S).clip(upper=self.span[1])
            made["end_s"] = made["end_s"].fillna(kept_s).fillna(self.span[1])
        made["counts"] = self._one_format(made)
        return made

    def _one_format(self, made: pd.DataFrame) -> pd.Series:
        """Return which rows count: of several formats that tell of one connection those of one.

        Logs of calls (with `rpcs`) before those of requests (with bytes), these before HTTPERR.
        """
        for column in ("rpcs", "bytes_down"):
            if made[column].notna().any():
                return made[column].notna()
        return pd.Series(True, made.index)

    def _last_call_s(self, made: pd.DataFrame) -> pd.Series:
        """Return when the last call of each connection without an end was answered."""
        calls = self.frame("rpcs", ["connection", "done_s"])
        last_s = calls.groupby("connection")["done_s"].max()
        return made["connection"].map(last_s)

    def _failed(self) -> pd.DataFrame:
        tries = self.run.table("attempts").select(
            ["service", "path", "end_s", "outcome", "failed_stage"]
        )
        chosen = pc.equal(pc.cast(tries["outcome"], "string"), "failed")
        failed = tries.filter(pc.fill_null(chosen, False)).to_pandas()
        return failed.astype({"service": object, "path": object, "failed_stage": object})

    def _calls(self) -> pd.DataFrame:
        calls = self.frame("rpcs", ["kind", "rops", "arrived_s", "done_s"])
        return calls[~calls["kind"].isin(NEVER_LOGGED)]

    def people(self, scope: Scope, begin_s: float, end_s: float) -> int:
        """Return how many people have a connection in some hours."""
        made = scope.connections(self.made)
        here = (made["start_s"] < end_s) & (made["end_s"] >= begin_s)
        return int(made.loc[here, "mailbox"].nunique())

    def readings(self, scope: Scope, edges_s: Floats) -> Iterator[tuple[str, Reading]]:
        """Yield all that this side knows, each with its name."""
        if len(self.made):
            yield from self._of_connections(scope, edges_s)
        if self.knows_refusals():
            yield from self._of_refusals(scope, edges_s)
        if len(self.calls):
            yield from self._of_calls(scope, edges_s)
        yield from self._of_counters(edges_s)

    def knows_refusals(self) -> bool:
        """Return whether refused attempts would be among the attempts."""
        return not self.is_import or bool(self.formats - {"perfmon"})

    def _of_connections(self, scope: Scope, edges_s: Floats) -> Iterator[tuple[str, Reading]]:
        made, width_s = scope.connections(self.made), np.diff(edges_s)
        codes = pd.factorize(made["mailbox"])[0].astype(np.int64)
        named = codes >= 0
        _, begins_s, ends_s = united(
            codes[named], made["start_s"].to_numpy()[named], made["end_s"].to_numpy()[named]
        )
        open_s = spread(begins_s, ends_s, edges_s)
        yield "people connected at once", _level(open_s, width_s)
        for path in scope.paths:
            own = made if not path else made[made["path"] == path]
            over = f" over {label(path)}" if path else ""
            open_s = spread(own["start_s"].to_numpy(), own["end_s"].to_numpy(), edges_s)
            yield f"connections open at once{over}", _level(open_s, width_s)
            yield f"connections begun{over}", _events(own["begun_s"], edges_s)
            every = scope.connections(self.made, with_bytes=True)
            every = every if not path else every[every["path"] == path]
            for way in ("up", "down"):
                carrying = every[every[f"bytes_{way}"].notna()]
                if carrying.empty:
                    continue
                came = spread(
                    carrying["start_s"].to_numpy(), carrying["end_s"].to_numpy(), edges_s,
                    carrying[f"bytes_{way}"].to_numpy() / 1e6,
                )  # fmt: skip
                value = float(came.sum())
                line = came / width_s * 8000.0  # kbit/s, as windows differ in length
                yield f"bytes {way}{over}", Reading(value, line, "MB", "sum")

    def _of_refusals(self, scope: Scope, edges_s: Floats) -> Iterator[tuple[str, Reading]]:
        failed = scope.within(self.failed)
        failed = failed[failed["failed_stage"].isin(REACH_A_SERVER)]
        yield "attempts that a server refused", _events(failed["end_s"], edges_s)

    def _of_calls(self, scope: Scope, edges_s: Floats) -> Iterator[tuple[str, Reading]]:
        calls = self.calls
        if scope.kinds:
            calls = calls[calls["kind"].isin(scope.kinds)]
        done_s = calls["done_s"].to_numpy(float)
        here = (done_s >= edges_s[0]) & (done_s <= edges_s[-1])
        calls, done_s = calls[here], done_s[here]
        yield "calls", _events(pd.Series(done_s), edges_s)
        rops = calls["rops"].to_numpy(float)
        if np.isfinite(rops).any():
            whole, _ = np.histogram(done_s, edges_s, weights=np.nan_to_num(rops))
            yield "operations in calls", Reading(float(whole.sum()), whole * 1.0, "", "sum")
        took_ms = 1000.0 * (done_s - calls["arrived_s"].to_numpy(float))
        timed = np.isfinite(took_ms)
        if timed.any():
            line = _mean_per_window(done_s[timed], took_ms[timed], edges_s)
            mean_ms = float(took_ms[timed].mean())
            yield MEAN_TIME, Reading(mean_ms, line, "ms", "mean")
            most_ms = float(np.quantile(took_ms[timed], 0.95))
            line = _quantile_per_window(done_s[timed], took_ms[timed], edges_s)
            yield LONG_TIME, Reading(most_ms, line, "ms", "mean")
        for kind in scope.kinds:
            own = done_s[(calls["kind"] == kind).to_numpy()]
            yield f"calls: {label(kind)}", _events(pd.Series(own), edges_s)

    def _of_counters(self, edges_s: Floats) -> Iterator[tuple[str, Reading]]:
        servers = self.frame("servers", ["server", "role", "time_s", *COUNTERS])
        window = np.searchsorted(edges_s, servers["time_s"].to_numpy(float), "left") - 1
        inside = (window >= 0) & (window < len(edges_s) - 1)
        servers, window = servers[inside], window[inside]
        for role in servers["role"].dropna().unique():
            of_role = (servers["role"] == role).to_numpy()
            own, places = servers[of_role], window[of_role]
            for column, (name, unit) in COUNTERS.items():
                known = own[column].notna().to_numpy()
                if not known.any():
                    continue
                by = own[known].groupby([places[known], own["server"][known].astype(str)])
                of_server = by[column].mean().unstack() * (100.0 if unit == "%" else 1.0)
                is_mean = column in OF_EACH
                line = of_server.mean(axis=1) if is_mean else of_server.sum(axis=1)
                every = line.reindex(range(len(edges_s) - 1)).to_numpy(float)
                kind = "mean" if is_mean else "level"
                value = float(np.average(
                    every[np.isfinite(every)], weights=np.diff(edges_s)[np.isfinite(every)]
                ))  # fmt: skip
                yield f"{label(role)}: {name}", Reading(value, every, unit, kind)


@dataclass(frozen=True, slots=True)
class Scope:
    """What of both sides is compared: services, paths and kinds of calls that both can know."""

    services: frozenset[str] | None
    paths: tuple[str, ...]
    kinds: tuple[str, ...]
    notes: list[str]

    @classmethod
    def of(cls, first: KnownTables, second: KnownTables) -> Scope:
        """Return what both can know, and notes of what is left out."""
        notes: list[str] = []
        both = (first, second)
        services = [frozenset(each.made["service"].dropna()) for each in both]
        logs = [
            of for of, each in zip(services, both, strict=True)
            if each.is_import and of and each.made.loc[each.made["counts"], "service"].notna().all()
        ]  # fmt: skip
        shared = frozenset.intersection(*logs) if logs else None
        if shared is not None and any(each.is_import and not each.has_calls for each in both):
            shared |= {"public"}  # a log of requests has the port, and both services have one
        paths = cls._paths(both, notes)
        named = [each.calls["kind"].dropna().astype(str).value_counts() for each in both]
        kinds: tuple[str, ...] = ()
        if all(map(len, named)):
            kinds = tuple(named[0].index[named[0].index.isin(named[1].index)])
            cls._note_kinds(both, kinds, notes)
        return cls(shared, paths, kinds, notes)

    @staticmethod
    def _paths(both: tuple[KnownTables, KnownTables], notes: list[str]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for each in both:
            if len(each.made) and each.made["path"].isna().mean() > 0.5:
                notes.append("one of them does not say which path a connection took")
                return ("",)
            found |= dict.fromkeys(sorted(each.made["path"].dropna().unique()))
        of_https = [each.is_import and each.formats <= OF_HTTPS for each in both]
        if any(of_https) and "tcp" in found:
            notes.append("these logs tell of connections over HTTPS alone; those over TCP are out")
        return tuple(path for path in sorted(found) if path == "https" or not any(of_https))

    @staticmethod
    def _note_kinds(
        both: tuple[KnownTables, KnownTables], kinds: tuple[str, ...], notes: list[str]
    ) -> None:
        for each, who in zip(both, ("first", "second"), strict=True):
            left = int((~each.calls["kind"].isin(kinds)).sum())
            if left:
                notes.append(
                    f"{left:,} of {len(each.calls):,} calls of {{{who}}} are of kinds that the "
                    "other does not name, and are out"
                )

    def within(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of services and paths that both can know."""
        if self.services is not None:
            rows = rows[rows["service"].isin(self.services) | rows["service"].isna()]
        if self.paths != ("",):
            rows = rows[rows["path"].isin(self.paths)]
        return rows

    def connections(self, made: pd.DataFrame, with_bytes: bool = False) -> pd.DataFrame:
        """Return the connections that both can know: those that count, or those with bytes."""
        return self.within(made if with_bytes else made[made["counts"]])


def _level(open_s: Floats, width_s: Floats) -> Reading:
    return Reading(float(open_s.sum() / width_s.sum()), open_s / width_s, "", "level")


def _events(times_s: pd.Series, edges_s: Floats) -> Reading:
    count, _ = np.histogram(times_s.dropna().to_numpy(float), edges_s)
    return Reading(float(count.sum()), count.astype(float), "", "events")


def _mean_per_window(times_s: Floats, values: Floats, edges_s: Floats) -> Floats:
    total, _ = np.histogram(times_s, edges_s, weights=values)
    count, _ = np.histogram(times_s, edges_s)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def _quantile_per_window(times_s: Floats, values: Floats, edges_s: Floats) -> Floats:
    window = np.clip(np.searchsorted(edges_s, times_s, "right") - 1, 0, len(edges_s) - 2)
    found = pd.Series(values).groupby(window).quantile(0.95)
    return np.asarray(found.reindex(range(len(edges_s) - 1)).to_numpy(float))


def spread(
    start_s: Floats, end_s: Floats, edges_s: Floats, amounts: Floats | None = None
) -> Floats:
    """Return what spells of time bring into each window, spread evenly over each of them.

    `amounts` are those of whole spells (default: their lengths in s, so that the result over the
    window's length is how many there are at once). A spell of no length counts where it lies.

    >>> spread(np.array([0.0]), np.array([90.0]), np.array([0.0, 60.0, 120.0]))
    array([60., 30.])
    >>> spread(np.array([0.0]), np.array([90.0]), np.array([0.0, 60.0, 120.0]), np.array([9.0]))
    array([6., 3.])
    """
    length_s = end_s - start_s
    brief = length_s <= 0.0
    rates = np.ones(len(start_s)) if amounts is None else amounts / np.where(brief, 1.0, length_s)
    rates = np.where(brief, 0.0, rates)
    total = _integral(start_s, rates, edges_s) - _integral(end_s, rates, edges_s)
    found = np.diff(total)
    if amounts is not None and brief.any():
        found = found + np.histogram(start_s[brief], edges_s, weights=amounts[brief])[0]
    return np.asarray(found)


def _integral(from_s: Floats, rates: Floats, edges_s: Floats) -> Floats:
    """Return what has come by each edge, each rate holding from its time on."""
    order = np.argsort(from_s, kind="stable")
    sorted_s, sorted_rates = from_s[order], rates[order]
    count = np.searchsorted(sorted_s, edges_s)
    until = np.concatenate([[0.0], np.cumsum(sorted_rates)])[count]
    moment = np.concatenate([[0.0], np.cumsum(sorted_rates * sorted_s)])[count]
    return np.asarray(until * edges_s - moment)


def united(
    whose: npt.NDArray[np.int64], start_s: Floats, end_s: Floats
) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """Return the spells in which each of `whose` has at least one: whose, begins, ends.

    >>> united(np.array([1, 1, 2]), np.array([0.0, 5.0, 0.0]), np.array([9.0, 12.0, 3.0]))
    (array([1, 2]), array([0., 0.]), array([12.,  3.]))
    """
    if not len(whose):
        return whose, start_s, end_s
    order = np.lexsort((start_s, whose))
    whose, start_s, end_s = whose[order], start_s[order], end_s[order]
    # times of one after those of another, so that one running maximum serves them all
    step_s = float(end_s.max() - start_s.min()) + 1.0
    apart_s = np.unique(whose, return_inverse=True)[1] * step_s
    latest_s = np.maximum.accumulate(end_s + apart_s)
    new = np.concatenate([[True], start_s[1:] + apart_s[1:] > latest_s[:-1]])
    return whose[new], start_s[new], np.maximum.reduceat(end_s, np.flatnonzero(new))


def without_lines(run: Run, measures: Iterable[str]) -> Iterator[str]:
    """Yield those of the measures of which the files of an import say nothing; none of a run.

    >>> from types import SimpleNamespace
    >>> import pandas as pd
    >>> none = pd.DataFrame({"role": []})
    >>> run = SimpleNamespace(manifest={"imported": []}, servers=none, links=none, operations=none)
    >>> list(without_lines(run, ["store CPU", "launch to connected, p50"]))
    ['store CPU']
    """
    if "imported" not in run.manifest:
        return
    roles = set(run.servers["role"].astype(str))
    of_stores = ("store", "RPC", "disk", "connections at")
    for name in measures:
        if (
            ("front_end" not in roles and name.startswith(("front-end", "HTTP channels")))
            or ("mailbox" not in roles and name.startswith(of_stores))
            or (run.links.empty and name.startswith(("bytes", "fullest link")))
            or (run.operations.empty and name.startswith(("wait", "failed actions")))
            or name == "without a connection"  # logs show who is connected, not who wants to be
        ):
            yield name


__all__ = ["KnownTables", "Reading", "Scope", "spread", "united", "without_lines"]
