"""How the mechanisms of the modes and of synchronisation are switched off."""

from __future__ import annotations

from anywhere_sim.kernel.clock import Process
from anywhere_sim.model import rpc_kinds
from anywhere_sim.model.ask import Step
from anywhere_sim.model.client import Client
from anywhere_sim.model.mail.message import Delivery
from anywhere_sim.model.modes import offline_ost
from anywhere_sim.model.modes.action import Action, Result
from anywhere_sim.model.modes.cached import Cached
from anywhere_sim.model.modes.offline_ost import OfflineOst
from anywhere_sim.model.modes.online import Online
from anywhere_sim.model.sync import address_book
from anywhere_sim.model.sync.address_book import AddressBook
from anywhere_sim.model.sync.bulk import FirstSync
from anywhere_sim.model.sync.entry import Sync
from anywhere_sim.model.sync.synchroniser import Synchroniser
from anywhere_sim.scenario.activity import Activity
from anywhere_sim.scenario.policy import Policy
from tests.mechanisms import statements
from tests.mechanisms.patching import Patch, always, no_process, nothing, put


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
    left: dict[Client, int] = {}

    def download(of: Client, whole: int) -> Process:
        sync = Sync(of, "address_book", "address_book", "down", "due")
        left.setdefault(of, whole)
        done = True
        while done and left[of] > 0:
            part = min(rpc_kinds.CHAINED_BYTES, left[of])
            done = (yield from sync.asker.ask(Step(rpc_kinds.ADDRESS_BOOK, down_bytes=part))) is not None
            left[of] -= part if done else 0
        sync.end(done=done)
        if done:
            del left[of]
        return done

    patch.setattr(address_book, "download", download)


def _schedules_in_step(patch: Patch) -> None:
    def settled(self: OfflineOst) -> None:
        self.connects = self.client.has("mail")
        self._schedule.set(self.clock.now + 1800.0)

    patch.setattr(OfflineOst, "launched_settled", settled)


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


MODES = {
    "offline file: what is in it came with an exchange": put(OfflineOst, "unread", lambda self: self.client.box.unread),
    "offline file: opened offline when nothing answers": put(offline_ost, "OFFLINE_AFTER_S", 300.0),
    "address book: due a day after the last success": put(
        AddressBook, "_after_yesterday_s", lambda self: self._client.clock.now + 86_400 * self._client.draws.uniform()
    ),
    "address book: what has changed": put(address_book, "WHOLE_ABOVE", 0.0),
    "notification fetched": put(Cached, "_notification", no_process),
    "folder by folder: hierarchy, uploads, Sent Items": put(Synchroniser, "_small", no_process),
    "offline file: F9": always(Activity, "send_receives", 0.0),
    "settled beginning: schedules of offline files": _schedules_in_step,
    "settled beginning: an empty copy is filled": put(Cached, "connected_settled", lambda self: self.notice.start_settled()),
    "roll-out takes along what waits": put(Synchroniser, "hand_over", lambda self: []),
    "a header waits for its body": _header_is_enough,
    "bodies that a slow link left out": _bodies_stay_out,
    "online mode": _actions_cost_nothing,
    "cached mode: copy": statements.copy_needs_connection,
    "hold-off timers": always(Policy, "hold_off_up_s", 0.0),
    "headers only, bodies on demand": put(Cached, "headers_only", property(lambda self: False)),
    "incremental synchronisation": _nothing_comes_down,
    "first synchronisation, folder order": put(FirstSync, "start", nothing),
    "items that the copy does not hold yet": put(Cached, "_in_copy", lambda self: True),
    "address book, restarted when cut": _book_goes_on_where_it_was,
    "offline file: chosen at launch": statements.always_connects,
    "offline file: LAN or VPN only": statements.file_exchanged_anywhere,
}
