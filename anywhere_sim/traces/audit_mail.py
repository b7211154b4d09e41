"""Accounting of messages, and of changes in copies: each in one state, none left behind."""

from __future__ import annotations

import numpy as np

from anywhere_sim.traces import words
from anywhere_sim.traces.columns import Columns, Flags, repeated, rising, shared_numbers
from anywhere_sim.traces.findings import Audit, Tables


def check_messages(tables: Tables, found: Audit, end_s: float) -> None:
    """Check what became of each message, and that it is known to those who have it."""
    rows = tables["messages"]
    times = [rows[f"{step}_s"] for step in ("written", "sent", "delivered", "reached", "seen")]
    found.expect(rising(times), "messages", "messages", "times are out of order")
    steps = np.sum([~np.isnan(time_s) for time_s in times], axis=0) - 1
    state = rows.numbered("state", {word: index for index, word in enumerate(words.MESSAGE_STATES)})
    found.expect(steps == state, "messages", "messages", "state and times disagree")
    again = repeated(rows.codes("recipient"), rows["message"], rows["replication"])
    found.expect(~again, "messages", "messages", "stands in two states")
    _read_is_seen(tables, found)
    _waiting_mail(tables, found)
    _download_is_whole(tables, found)


def _read_is_seen(tables: Tables, found: Audit) -> None:
    """What was read is what was seen, mailbox by mailbox."""
    messages, operations = tables["messages"], tables["operations"]
    read = operations.among("kind", ("read",)) & operations.among("outcome", ("done",))
    of, (recipient, reader) = shared_numbers((messages, "recipient"), (operations, "mailbox"))
    seen = np.bincount(recipient[~np.isnan(messages["seen_s"])], minlength=of) == np.bincount(
        reader[read], minlength=of
    )
    found.expect(
        seen[reader],
        "messages",
        "operations",
        "the mailbox has read more or fewer messages than it has seen",
    )


def _waiting_mail(tables: Tables, found: Audit) -> None:
    """A message that no server has taken over waits in the copy, or its last sending failed.

    One whose sending was cancelled waits until the person looks again, while others may go: of such
    a person no more messages wait than sendings did not succeed.
    """
    messages, operations, changes = tables["messages"], tables["operations"], tables["changes"]
    of, (sender, author, owner) = shared_numbers(
        (messages, "sender"), (operations, "mailbox"), (changes, "mailbox")
    )
    last_s, failed_s = np.full(of, -np.inf), np.full(of, -np.inf)
    sends, done = operations.among("kind", ("send",)), operations.among("outcome", ("done",))
    np.maximum.at(last_s, author[sends & done], operations["start_s"][sends & done])
    np.maximum.at(failed_s, author[sends & ~done], operations["start_s"][sends & ~done])
    in_copy = np.zeros(of, np.bool_)
    in_copy[owner[changes.among("kind", ("message",)) & changes.among("state", ("pending",))]] = (
        True
    )
    waits = in_copy | (failed_s >= last_s) & (failed_s > -np.inf)
    waiting = messages.among("state", ("outbox",))
    _, first = np.unique(messages["message"][waiting], return_index=True)
    count = np.bincount(sender[waiting][first], minlength=of)
    given_up = sends & operations.among("outcome", ("cancelled",))
    waits |= np.isin(np.arange(of), author[given_up]) & (
        count <= np.bincount(author[sends & ~done], minlength=of)
    )
    found.expect(
        waits[sender] | ~waiting,
        "messages",
        "messages",
        "waits to be sent, and nothing waits to send it",
    )


def _download_is_whole(tables: Tables, found: Audit) -> None:
    """What was delivered before a download of the Inbox began has come when it is done."""
    messages, syncs = tables["messages"], tables["syncs"]
    _, (recipient, owner) = shared_numbers((messages, "recipient"), (syncs, "mailbox"))
    whole = syncs.among("outcome", ("done",)) & syncs.among("kind", ("incremental",))
    whole &= syncs.among("folder", ("inbox",)) & syncs.among("direction", ("down",))
    whole &= ~syncs.among("trigger", ("bodies",))
    if not whole.any():
        return
    span_s = syncs["end_s"].max() + 1.0  # one mailbox lies behind the other on the axis of time
    begin, end = ((syncs[column] + owner * span_s)[whole] for column in ("start_s", "end_s"))
    order = np.argsort(begin, kind="stable")
    soonest = np.append(np.minimum.accumulate(end[order][::-1])[::-1], np.inf)
    delivered_s = np.where(np.isnan(messages["delivered_s"]), span_s, messages["delivered_s"])
    delivered = np.clip(delivered_s, 0.0, span_s) + recipient * span_s
    due = soonest[np.searchsorted(begin[order], delivered, side="left")]
    there = messages["reached_s"] + recipient * span_s <= due + 1e-3
    found.expect(
        there | (due >= (recipient + 1) * span_s),
        "messages",
        "messages",
        "was on the server before a download of the Inbox, and has not come with it",
    )


def check_changes(tables: Tables, found: Audit, end_s: float) -> None:
    """Check that what was changed in a copy goes up once, and in order."""
    rows, operations = tables["changes"], tables["operations"]
    uploaded = rows.among("state", ("uploaded",))
    found.expect(
        (rows["sync"] > 0) == uploaded,
        "changes",
        "changes",
        "was uploaded without a synchronisation, or the other way round",
    )
    found.expect(
        ~uploaded | (rows["uploaded_s"] >= rows["made_s"]),
        "changes",
        "changes",
        "was uploaded before it was made",
    )
    _first_in_first_up(rows, uploaded, found)
    changing = operations.among("served_by", ("copy", "server")) & operations.among(
        "outcome", ("done",)
    )
    known = np.isin(rows.key("operation"), operations.key("operation")[changing])
    found.expect(known, "changes", "changes", "was made by an operation that did not happen")


def _first_in_first_up(rows: Columns, uploaded: Flags, found: Audit) -> None:
    """The changes of a mailbox and a kind go up in the order in which they were made.

    None is left behind by a later one.
    """
    kind = rows.codes("kind")
    of, (mailbox,) = shared_numbers((rows, "mailbox"))
    line = kind * of + mailbox
    last_s = np.full(int(line.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(last_s, line[uploaded], rows["made_s"][uploaded])
    found.expect(
        uploaded | (rows["made_s"] >= last_s[line]),
        "changes",
        "changes",
        "is left in the copy, and a later one has gone up",
    )
