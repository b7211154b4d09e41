"""How the mechanisms of the modes and of synchronisation are switched off."""

from __future__ import annotations

from anywhere_sim.des.environment import Process
from anywhere_sim.exchange.message import Delivery
from anywhere_sim.outlook.modes.action import Action, Result
from anywhere_sim.outlook.modes.cached import Cached
from anywhere_sim.outlook.modes.offline_file import OfflineFile
from anywhere_sim.outlook.modes.online import Online
from anywhere_sim.outlook.rpc_session import RpcRequest
from anywhere_sim.outlook.sync.address_book import AddressBook
from anywhere_sim.outlook.sync.first_sync import FirstSync
from anywhere_sim.outlook.sync.synchronisation import Sync
from anywhere_sim.outlook.sync.synchroniser import Synchroniser
from anywhere_sim.rpc import call_types
from tests.mechanisms import statements
from tests.mechanisms.ablation import Ablation, in_each
from tests.mechanisms.patching import Patch, Switch, no_process, nothing, put


def _actions_cost_nothing(patch: Patch) -> None:
    def perform(self: Online, action: Action) -> Process:
        yield from ()
        return Result("copy")

    patch.setattr(Online, "perform", perform)


def _nothing_comes_down(patch: Patch) -> None:
    def download(self: Synchroniser, trigger: str, *, headers: bool) -> Process:
        yield from ()
        return True

    patch.setattr(Synchroniser, "download", download)


def _book_goes_on_where_it_was(patch: Patch) -> None:
    left: dict[AddressBook, int] = {}

    def download(of: AddressBook, whole: int) -> Process:
        sync = Sync(of._client, "address_book", "address_book", "down", "due")
        left.setdefault(of, whole)
        done = True
        while done and left[of] > 0:
            part = min(call_types.CHAINED_BYTES, left[of])
            done = (
                yield from sync.session.call(RpcRequest(call_types.ADDRESS_BOOK, down_bytes=part))
            ) is not None
            left[of] -= part if done else 0
        sync.end(done=done)
        if done:
            del left[of]
        return done

    patch.setattr(AddressBook, "_download", download)


def _schedules_in_step(patch: Patch) -> None:
    resume = OfflineFile.resume

    def in_step(self: OfflineFile) -> None:
        resume(self)
        self._schedule.set(self.env.now + 1800.0)

    patch.setattr(OfflineFile, "resume", in_step)


def _header_is_enough(patch: Patch) -> None:
    def body(self: Cached, delivery: Delivery) -> Process:
        yield from ()
        return Result("copy")

    patch.setattr(Cached, "_body", body)


def _bodies_stay_out(patch: Patch) -> None:
    def bodies(self: Cached) -> Process:
        yield from ()
        return True

    patch.setattr(Cached, "_bodies", bodies)


MODES: dict[str, Ablation | Switch] = {
    "offline file: what is in it came with an exchange": put(
        OfflineFile, "unread", lambda self: self.client.copy.unread
    ),
    "offline file: opened offline when nothing answers": put(OfflineFile, "offline_after_s", 300.0),
    "address book: due a day after the last success": put(
        AddressBook,
        "_after_yesterday_s",
        lambda self: self._client.env.now + 86_400 * self._client.draws.uniform(),
    ),
    "address book: what has changed": put(AddressBook, "whole_above", 0.0),
    "notification fetched": put(Cached, "_fetch_notification", no_process),
    "folder by folder: hierarchy, uploads, Sent Items": put(Synchroniser, "_small", no_process),
    "offline file: F9": in_each("groups", "activity__send_receives", 0.0),
    "settled beginning: schedules of offline files": _schedules_in_step,
    "settled beginning: an empty copy is filled": put(
        Cached, "resume", lambda self: self._notification.start(self.client.draws)
    ),
    "roll-out takes along what waits": put(Synchroniser, "hand_over", lambda self: []),
    "a header waits for its body": _header_is_enough,
    "bodies that a slow link left out": _bodies_stay_out,
    "online mode": _actions_cost_nothing,
    "cached mode: copy": statements.copy_needs_connection,
    "hold-off timers": in_each("groups", "policy__hold_off_up_s", 0.0),
    "headers only, bodies on demand": put(Cached, "headers_only", property(lambda self: False)),
    "incremental synchronisation": _nothing_comes_down,
    "first synchronisation, folder order": put(FirstSync, "start", nothing),
    "items that the copy does not hold yet": put(Cached, "_in_copy", lambda self: True),
    "address book, restarted when cut": _book_goes_on_where_it_was,
    "offline file: chosen at launch": statements.always_connects,
    "offline file: LAN or VPN only": statements.file_exchanged_anywhere,
}
