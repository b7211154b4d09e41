"""Outlook profiles and exports of the registry become a policy; what is not known is named."""

from __future__ import annotations

import random
import tomllib
from contextlib import suppress
from pathlib import Path

import pytest

from anywhere_sim.formats import FormatError
from anywhere_sim.formats.profile import read_profile
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.scenario.shipped import data_folder
from tests.commands import command
from tests.formats.samples import PROFILES

SAMPLES = data_folder() / "samples" / "profile"
OUTLOOK = r"HKEY_CURRENT_USER\Software\Microsoft\Office\11.0\Outlook"


def reg(folder: Path, *lines: str) -> Path:
    path = folder / "made.reg"
    path.write_text("\r\n".join(("REGEDIT4", "", *lines)), encoding="cp1252", newline="")
    return path


def test_the_samples_say_what_their_values_mean() -> None:
    made = {name: read_profile(SAMPLES / Path(name).name) for name in PROFILES}
    assert made["profile/outlook2003.prf"].policy == {
        "roh_flags": 0x23, "principal_name": "msstd:mail.sim.example", "http_auth": "ntlm",
    }  # fmt: skip
    assert made["profile/outlook2007.reg"].policy == {
        "http_timeout_s": 300.0, "link_poll_s": 30.0, "tcp_fallback": False, "roh_flags": 0x2B,
        "hold_off_down_s": 1.0, "hold_off_up_s": 1.0, "hold_off_max_s": 1.0, "http_auth": "basic",
        "principal_name": "msstd:mail.sim.example",
    }  # fmt: skip
    assert made["profile/timers.reg"].policy == {
        "keep_alive_s": 120.0, "tcp_keep_alive_s": 300.0, "dns_negative_s": 0.0,
        "dns_positive_max_s": 3600.0,
    }  # fmt: skip
    assert len(made["profile/outlook2003.prf"].unknown) == 8
    for each in made.values():
        policy = tomllib.loads(each.to_toml("sales"))["groups"]["sales"]["policy"]
        assert policy == each.policy
        Policy.model_validate(policy)


def test_what_is_not_documented_is_named_and_not_guessed(tmp_path: Path) -> None:
    found = read_profile(reg(
        tmp_path, rf"[{OUTLOOK}\RPC]", '"ConnManagerPoll"=dword:0001d4c0',
        '"DisableRpcTcpFallback"="yes"', '"ConnectTimeoutLow"=dword:00000001',
        rf"[{OUTLOOK}\Elsewhere]", '"Download"=dword:00000001',
        "[HKEY_CURRENT_USER\\Profile]", '"00036623"=hex:41,00,00,00', '"00036627"=hex:09,00,00,00',
        f"[-{OUTLOOK}]", '"Upload"=dword:00000001',
    ))  # fmt: skip
    assert found.policy == {"roh_flags": 0x1}
    told = " ".join(found.unknown)
    for part in ("ConnManagerPoll (120000 is no number of seconds", "DisableRpcTcpFallback ('yes'",
                 "ConnectTimeoutLow (documented", "Elsewhere\\Download", "bits 0x40 of 0x41",
                 "00036627 (b'"):  # fmt: skip
        assert part in told
    assert "Upload" not in told


@pytest.mark.parametrize(("given", "flags"), [("0x2B", 0x2B), ("35", 35)])
def test_flags_alone_are_a_profile(given: str, flags: int) -> None:
    assert read_profile(given).policy == {"roh_flags": flags}


def test_the_command_prints_a_policy_and_refuses_what_is_none(tmp_path: Path) -> None:
    done = command("profile", str(SAMPLES / "timers.reg"), "--group", "sales")
    assert done.returncode == 0
    assert done.stdout.startswith("[groups.sales.policy]\nkeep_alive_s = 120.0  # HKEY_LOCAL")
    (tmp_path / "other.txt").write_text("nothing of it", encoding="utf-8")
    for wrong in (tmp_path / "other.txt", tmp_path / "nowhere.prf", tmp_path):
        refused = command("profile", str(wrong))
        assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)


def test_changed_profiles_are_read_or_refused_in_a_sentence(tmp_path: Path) -> None:
    draws, path = random.Random(2), tmp_path / "changed.reg"
    for name in PROFILES:
        whole = (SAMPLES / Path(name).name).read_bytes()
        for _ in range(100):
            data = bytearray(whole)
            for _ in range(draws.randint(1, 20)):
                data[draws.randrange(len(data))] = draws.randrange(256)
            path.write_bytes(data[: draws.randint(1, len(data))])
            with suppress(FormatError):
                tomllib.loads(read_profile(path).to_toml())
