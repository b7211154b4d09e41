"""How the mechanisms of the modes and of synchronisation are switched off."""

from __future__ import annotations

from collections.abc import Iterable

from anywhere_sim.des.environment import Process
from anywhere_sim.exchange.mailbox import Delivery
from anywhere_sim.outlook.base_client import BaseClient
from anywhere_sim.outlook.local_copy import Change
from anywhere_sim.outlook.modes.cached import Cached
from anywhere_sim.outlook.modes.mode import ModeComponents
from anywhere_sim.outlook.modes.offline_file import OfflineFile
from anywhere_sim.outlook.modes.online import Online
from anywhere_sim.outlook.operations import Action, Result
from anywhere_sim.outlook.rpc_session import RpcRequest
from anywhere_sim.outlook.sync.address_book import AddressBook
from anywhere_sim.outlook.sync.shared_folders import SharedFolders
from anywhere_sim.outlook.sync.synchronisation import FirstSync, Sync
from anywhere_sim.outlook.sync.synchroniser import Synchroniser
from anywhere_sim.rpc import call_types
from anywhere_sim.traces.words import Folder, SyncTrigger
from tests.mechanisms import statements
from tests.mechanisms.ablation import Ablation, in_each, outlook


class _ActionsCostNothing(Online):
    def perform(self, action: Action) -> Process:
        yield from ()
        return Result("copy")


class _AllOfTheViewInTheFile(OfflineFile):
    def unread(self) -> Iterable[Delivery]:
        return self.client.copy.unread


class _SchedulesInStep(OfflineFile):
    def resume(self) -> None:
        super().resume()
        self._schedule.set(self.env.now + 1800.0)


class _NotificationNotFetched(Cached):
    def _fetch_notification(self) -> Process:
        yield from ()


class _EmptyCopyNotFilled(Cached):
    def resume(self) -> None:
        self._notification.start(self.client.draws)


class _HeaderIsEnough(Cached):
    def _body(self, action: Action, delivery: Delivery) -> Process:
        yield from ()
        return Result("copy")


class _BodiesStayOut(Cached):
    def _bodies(self) -> Process:
        yield from ()
        return True


class _AlwaysWhole(Cached):
    @property
    def headers_only(self) -> bool:
        return False


class _OldItemsInTheCopy(Cached):
    def _in_copy(self) -> bool:
        return True


class _NothingComesDown(Synchroniser):
    def download(self, trigger: SyncTrigger, *, headers: bool) -> Process:
        yield from ()
        return True


class _InboxAlone(Synchroniser):
    def _small(self, folder: Folder, trigger: SyncTrigger, items: int, down_bytes: int) -> Process:
        yield from ()


class _LeftBehind(Synchroniser):
    def hand_over(self) -> list[Change]:
        return []


class _NeverFilled(FirstSync):
    def start(self, trigger: SyncTrigger) -> None:
        """The copy stays as it is."""


class _DueAtAnyTime(AddressBook):
    def _after_yesterday_s(self) -> float:
        return self._client.env.now + 86_400 * self._client.draws.uniform()


class _AlwaysTheWholeBook(AddressBook):
    whole_above = 0.0


class _BookGoesOnWhereItWas(AddressBook):
    _left_bytes = 0

    def _download(self, left_bytes: int) -> Process:
        sync = Sync(self._client, "address_book", "address_book", "down", "due")
        self._left_bytes = self._left_bytes or left_bytes
        done = True
        while done and self._left_bytes > 0:
            part = min(call_types.CHAINED_BYTES, self._left_bytes)
            request = RpcRequest(call_types.ADDRESS_BOOK, down_bytes=part)
            done = (yield from sync.session.call(request)) is not None
            self._left_bytes -= part if done else 0
        sync.end(done=done)
        return done


class _FileThere(OfflineFile):
    """The file of a new profile has all that the mailbox holds."""

    def __init__(self, client: BaseClient, components: ModeComponents) -> None:
        client.has_copy = True
        super().__init__(client, components)


class _NobodyChangesAnything(SharedFolders):
    def _changed(self) -> None:
        """The folder stays as it is."""


MODES: dict[str, Ablation] = {
    "folders of other mailboxes in the copy of 2007": in_each(
        "groups", "policy__download_shared", False
    ),
    "changes of shared folders after the hold-off": outlook(shared_folders=_NobodyChangesAnything),
    "offline file: the first exchange fills it": outlook(offline_file=_FileThere),
    "the file of a copy is full": in_each("groups", "old_file", False),
    "offline file: what is in it came with an exchange": outlook(
        offline_file=_AllOfTheViewInTheFile
    ),
    "offline file: opened offline when nothing answers": in_each(
        "groups", "policy__offline_after_s", 300.0
    ),
    "address book: due a day after the last success": outlook(address_book=_DueAtAnyTime),
    "address book: what has changed": outlook(address_book=_AlwaysTheWholeBook),
    "notification fetched": outlook(cached=_NotificationNotFetched),
    "folder by folder: hierarchy, uploads, Sent Items": outlook(synchroniser=_InboxAlone),
    "offline file: F9": in_each("groups", "activity__send_receives", 0.0),
    "settled beginning: schedules of offline files": outlook(offline_file=_SchedulesInStep),
    "settled beginning: an empty copy is filled": outlook(cached=_EmptyCopyNotFilled),
    "roll-out in steps": in_each("groups", "roll_out", None),
    "roll-out takes along what waits": outlook(synchroniser=_LeftBehind),
    "a header waits for its body": outlook(cached=_HeaderIsEnough),
    "bodies that a slow link left out": outlook(cached=_BodiesStayOut),
    "online mode": outlook(online=_ActionsCostNothing),
    "cached mode: copy": statements.copy_needs_connection,
    "hold-off timers": in_each("groups", "policy__hold_off_up_s", 0.0),
    "headers only, bodies on demand": outlook(cached=_AlwaysWhole),
    "incremental synchronisation": outlook(synchroniser=_NothingComesDown),
    "first synchronisation, folder order": outlook(first_sync=_NeverFilled),
    "items that the copy does not hold yet": outlook(cached=_OldItemsInTheCopy),
    "address book, restarted when cut": outlook(address_book=_BookGoesOnWhereItWas),
    "offline file: chosen at launch": statements.always_connects,
    "offline file: LAN or VPN only": statements.file_exchanged_anywhere,
}
