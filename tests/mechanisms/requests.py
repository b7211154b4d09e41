"""How the mechanisms that decide which calls are made, and what they cost, are switched off."""

from __future__ import annotations

from math import inf
from typing import Any

from anywhere_sim.des.environment import Process
from anywhere_sim.exchange.mailbox import Delivery, Views
from anywhere_sim.exchange.store import Store
from anywhere_sim.outlook import operations
from anywhere_sim.outlook.background import Background
from anywhere_sim.outlook.local_copy import Change
from anywhere_sim.outlook.modes.cached import Cached
from anywhere_sim.outlook.modes.online import NOTHING, Online
from anywhere_sim.outlook.operations import Action, Result
from anywhere_sim.outlook.rpc_session import RpcRequest
from anywhere_sim.outlook.sync.synchronisation import Sync
from anywhere_sim.outlook.sync.synchroniser import Synchroniser
from anywhere_sim.people.mail_workload import ContactNetwork
from anywhere_sim.rpc import call_types as kinds
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.rpc.connection import Connection
from anywhere_sim.rpc.rops import MEAN_ROP_WEIGHT
from anywhere_sim.traces.words import Folder
from tests.mechanisms.ablation import Ablation, exchange, in_each, outlook, people, rpc


class _AlwaysPerOperation(Store):
    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._mcycles_per_weight = self.spec.rpc_mcycles / MEAN_ROP_WEIGHT


class _OneOperationACall(Connection):
    def call(self, made: Rpc) -> None:
        made.rops = 1
        super().call(made)


class _ClosedByACall(Synchroniser):
    """The final state is asked for when the stream has ended."""

    def _fetch(self, sync: Sync, *given: Any) -> Process:
        done = yield from super()._fetch(sync, *given)
        yield from sync.session.call(RpcRequest(kinds.SYNC_STATE))
        return done


class _OneChangeACall(Synchroniser):
    def _batch(self, folder: Folder) -> list[Change]:
        return super()._batch(folder)[:1]


class _InboxOfTheCopyAlone(Cached):
    def _other_folders(self) -> Process:
        yield from ()


class _BodiesAreInTheTable(Online):
    def steps(self, action: Action) -> list[RpcRequest]:
        steps = super().steps(action)
        return steps[-1:] if action.kind == "read" else steps


class _FetchedWithTheBody(Online):
    """The pane shows a message and all that is attached to it."""

    def steps(self, action: Action) -> list[RpcRequest]:
        steps = super().steps(action)
        if action.kind == "read" and action.delivery is not None:
            attached = operations.open_attachment(action.delivery.message.attachment_bytes, 0)
            return steps[:-1] + attached + steps[-1:]
        return steps


class _NothingAttached(ContactNetwork):
    def body_bytes(self, size_bytes: int) -> int:
        return size_bytes


class _OpenedForEachLook(Online):
    def _show(self, folder: str, arrangement: str = "") -> list[RpcRequest]:
        self._shown = NOTHING
        return super()._show(folder, arrangement)


class _IndexesAreThere(Views):
    def use(self, folder: str, index: str, now_s: float) -> bool:
        super().use(folder, index, now_s)
        return False


class _IndexesAreFree(Views):
    def count(self, folder: str, now_s: float) -> int:
        return 0


class _NeverDropped(Views):
    aging_s = inf


class _NoBound(Views):
    max_indexes = 1_000


class _OriginalNotMarked(Online):
    def steps(self, action: Action) -> list[RpcRequest]:
        steps = super().steps(action)
        if action.kind != "send":
            return steps
        return [each for each in steps if each.kind not in (kinds.OPEN_ITEM, kinds.SAVE_ITEM)]


class _PublishedAtOnce(Background):
    free_busy_s = 0.0


class _NothingUnexplained(Background):
    def _next(self) -> None:
        """Nothing is asked for that a mechanism does not explain."""


class _SharedFoldersInTheCopy(Cached):
    def _shared_folder(self, *given: Any) -> Process:
        yield from ()
        return Result("copy")


class _DiskTakesNoTime(Cached):
    def _opening_s(self) -> float:
        return 0.0


class _NamesAreInTheCopy(Cached):
    def _asks_directory(self) -> bool:
        return False


class _RowsOfOneMessage(Online):
    """Who hears of several new messages reads the row of one."""

    def _refresh(self) -> Process:
        new = self.client.mailbox.view.new
        rest: list[Delivery] = new[1:]
        del new[1:]
        yield from super()._refresh()
        self.client.mailbox.view.put_back(rest)


def _asked(key: str, value: Any) -> Ablation:
    """Return the ablation in which clients have this value among their `Requests`."""
    return in_each("groups", f"requests__{key}", value)


REQUESTS: dict[str, Ablation] = {
    "processor time per operation or per call": exchange(store=_AlwaysPerOperation),
    "packets and operations counted apart": rpc(connection=_OneOperationACall),
    "a download: one call to configure, the final state in its stream": outlook(
        synchroniser=_ClosedByACall
    ),
    "the first buffer rides": _asked("first_buffer_rides", False),
    "imports ride with the collector": _asked("imports_ride", False),
    "imports of one call: as many as fit 32 KB": outlook(synchroniser=_OneChangeACall),
    "other folders after a connection": outlook(cached=_InboxOfTheCopyAlone),
    "target folder synchronised after an upload": _asked("target_download_share", 0.0),
    "preview in the reading pane": outlook(online=_BodiesAreInTheTable),
    "further property calls of a preview": _asked("preview_property_calls", 0),
    "a message opened in a window": in_each("groups", "activity__opened_in_window_share", 0.0),
    "an attachment fetched when it is opened": outlook(online=_FetchedWithTheBody),
    "body and attachments of a message": people(contact_network=_NothingAttached),
    "the next item after a delete or move": in_each("groups", "activity__next_item_share", 0.0),
    "a table stays open": outlook(online=_OpenedForEachLook),
    "views: the first use reads every row": exchange(views=_IndexesAreThere),
    "views: a changed row touches each index": exchange(views=_IndexesAreFree),
    "views: dropped after 40 days": exchange(views=_NeverDropped),
    "views: at most 11 a folder": exchange(views=_NoBound),
    "views: none after the mailbox was moved": in_each("groups", "mailbox_moved", False),
    "a search is asked how far it is": _asked("search_polls", 0),
    "calls of writing a message": _asked("compose_property_calls", 0),
    "calls of writing an answer": _asked("reply_property_calls", 6),
    "an answer marks the original": outlook(online=_OriginalNotMarked),
    "news online: an alert": _asked("alert_calls", 0),
    "news online: the rows that changed": outlook(online=_RowsOfOneMessage),
    "free and busy times 15 minutes after a change": outlook(background=_PublishedAtOnce),
    "start of Outlook": _asked("start_calls", 0),
    "residual background rate, by mode": outlook(background=_NothingUnexplained),
    "a shared folder is in no copy": outlook(cached=_SharedFoldersInTheCopy),
    "the copy's own disk at a launch": outlook(cached=_DiskTakesNoTime),
    "names looked up while there is no address book": outlook(cached=_NamesAreInTheCopy),
}
