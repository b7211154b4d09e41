"""Outlook profiles: `.prf` files and exports of the registry, into the keys of a policy."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from anywhere_sim.formats.quality import FormatError
from anywhere_sim.scenario.as_written import toml_of
from anywhere_sim.scenario.policy import KNOWN_FLAGS, Policy

LARGEST_BYTES = 64 * 2**20
LONGEST_POLL_S = 3600
SHOWN = 200

Value = int | str | bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A named value of a file: its section or key, its name, and what it holds."""

    section: str
    name: str
    value: Value

    def __str__(self) -> str:
        """Return where it stands and its name."""
        return f"{self.section}\\{self.name}" if self.section else self.name


@dataclass(frozen=True, slots=True)
class Profile:
    """What a profile says of a policy: keys with the entry that each comes from, and the rest."""

    policy: Mapping[str, Any]
    sources: Mapping[str, str]
    unknown: tuple[str, ...]
    """Entries that are no key of a policy, by name and with the reason where there is one."""

    def to_toml(self, group: str = "") -> str:
        """Return a table `policy`, of a group if one is named, each key with its source."""
        lines = [f"[{f'groups.{group}.' if group else ''}policy]"]
        for key, value in self.policy.items():
            text = f"{key} = 0x{value:X}" if key == "roh_flags" else toml_of({key: value}).strip()
            lines.append(f"{text}  # {_line(self.sources[key])}")
        lines += [f"# not understood: {_line(each)}" for each in self.unknown]
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class _Known:
    """A documented value: the key that it sets, and how; where it stands in the registry."""

    key: str
    taken: Callable[[int], Any]
    where: str


def _seconds(value: int) -> float:
    return float(value)


def _milliseconds(value: int) -> float:
    return value / 1000.0


def _fallback(value: int) -> bool:
    return value == 0


def _poll(value: int) -> float:
    if value > LONGEST_POLL_S:
        raise ValueError("no number of seconds that is likely; its article names no unit")
    return float(value)


_RPC, _CACHED = r"\\outlook\\rpc$", r"\\outlook\\cached mode$"
_DNS, _TCP = r"\\dnscache\\parameters$", r"\\tcpip\\parameters$"
REGISTRY: Mapping[str, _Known] = {
    "connecttimeout": _Known("http_timeout_s", _milliseconds, _RPC),
    "connmanagerpoll": _Known("link_poll_s", _poll, _RPC),
    "disablerpctcpfallback": _Known("tcp_fallback", _fallback, _RPC),
    "download": _Known("hold_off_down_s", _seconds, _CACHED),
    "upload": _Known("hold_off_up_s", _seconds, _CACHED),
    "maximum": _Known("hold_off_max_s", _seconds, _CACHED),
    "minimumconnectiontimeout": _Known("keep_alive_s", _seconds, r"\\windows nt\\rpc$"),
    "keepalivetime": _Known("tcp_keep_alive_s", _milliseconds, _TCP),
    "maxcachettl": _Known("dns_positive_max_s", _seconds, _DNS),
    "negativecachetime": _Known("dns_negative_s", _seconds, _DNS),
    "maxnegativecachettl": _Known("dns_negative_s", _seconds, _DNS),
    "netfailurecachetime": _Known("dns_silence_hold_s", _seconds, _DNS),
}
"""Documented values of the registry, by name in small letters (facts 1.1, 1.3, 1.5, 1.6; failures
1, 5)."""
NO_KEY = {
    "connecttimeoutlow": "documented, but a policy has no such key",
    "rfrtimeout": "documented, but a policy has no such key",
    "rpcproxyserver": "a scenario has a front end in its place",
    "001f6622": "PR_ROH_PROXY_SERVER: a scenario has a front end in its place",
}
FLAGS, PRINCIPAL, SCHEME = 0x6623, 0x6625, 0x6627
"""PR_ROH_FLAGS, PR_ROH_PROXY_PRINCIPAL_NAME, PR_ROH_PROXY_AUTH_SCHEME (KB 898835)."""
SCHEMES = {1: "basic", 2: "ntlm"}
PRF_NAMES = {
    "rpcoverhttpflags": FLAGS, "rpcproxyprincipalname": PRINCIPAL, "rpcproxyauthscheme": SCHEME,
}  # fmt: skip
"""Names that the mapping at the end of a `.prf` gives these properties, should it be cut off."""
_PROPERTY = re.compile(r"^(0003|001e|001f)(66(?:23|25|27))$")
_MAPPING = re.compile(r"^PT_\w+\s*,\s*0x([0-9a-fA-F]{1,4})$")
_SECTION = re.compile(r"^\[(-?)(.*)\]\s*$")
_NAMED = re.compile(r'^(@|"(?:[^"\\]|\\.)*")\s*=\s*(.*)$', re.DOTALL)
_HEX = re.compile(r"^hex(?:\(([0-9a-fA-F]+)\))?:([0-9a-fA-F,\s]*)$")


def read_profile(path: str | Path) -> Profile:
    """Return what a `.prf` file, an export of the registry, or a number of flags says of a policy.

    `path` may be PR_ROH_FLAGS itself, as "0x23" or "35". Raises FormatError for what is none of
    these, and for values that no policy can have.
    """
    flags = re.fullmatch(r"\s*(0[xX][0-9a-fA-F]+|\d+)\s*", str(path))
    if flags and not Path(path).exists():
        number = int(flags.group(1), 0 if flags.group(1)[:2].lower() == "0x" else 10)
        return _profile([Entry("", "PR_ROH_FLAGS", number)], {"pr_roh_flags": FLAGS})
    text = _text(Path(path))
    first = text.lstrip()[:60]
    if first.startswith(("Windows Registry Editor Version 5.00", "REGEDIT4")):
        return _profile([*_registry(text, ansi=first.startswith("REGEDIT4"))], {})
    if re.search(r"^\[(General|Service List|Service\d+)\]\s*$", text, re.MULTILINE | re.IGNORECASE):
        entries = [*_prf(text)]
        return _profile(*_mapped(entries))
    raise FormatError(
        f"{path} is no profile: neither a .prf file with [General] nor an export of the registry "
        "(.reg); a number such as 0x23 is PR_ROH_FLAGS itself"
    )


def _text(path: Path) -> str:
    """Return a file as text: UTF-16 or UTF-8 by its mark, else UTF-8 or Windows-1252."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise FormatError(
                f"{path} is larger than {LARGEST_BYTES // 2**20} MB; a profile is not"
            )
        data = path.read_bytes()
    except OSError as error:
        raise FormatError(f"{path} can't be read ({error}); give a .prf or .reg file") from error
    for mark, name in (
        (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF8, "utf-8"),
    ):  # fmt: skip
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _registry(text: str, *, ansi: bool) -> Iterator[Entry]:
    """Yield the values of an export; keys and values that it deletes are left out."""
    section, removed, held = "", False, ""
    for raw in text.splitlines():
        line = held + raw.strip()
        if line.endswith("\\") and _HEX_BEGINS.search(line):
            held = line[:-1]
            continue
        held = ""
        if found := _SECTION.match(line):
            removed, section = bool(found.group(1)), found.group(2)
        elif (named := _NAMED.match(line)) and not removed:
            value = _value(named.group(2).strip(), ansi=ansi)
            if value is not None:
                name = named.group(1)
                yield Entry(section, "@" if name == "@" else _unquoted(name), value)


_HEX_BEGINS = re.compile(r"=\s*hex(\([0-9a-fA-F]+\))?:")


def _value(text: str, *, ansi: bool) -> Value | None:
    """Return what a value holds: a number, text, or bytes; None for one that is deleted."""
    if text == "-":
        return None
    if text.lower().startswith("dword:"):
        digits = text[6:].strip()
        return int(digits, 16) if re.fullmatch(r"[0-9a-fA-F]{1,8}", digits) else text
    if text.startswith('"'):
        return _unquoted(text)
    if found := _HEX.match(text):
        pairs = [each.strip() for each in found.group(2).split(",") if each.strip()]
        if not all(len(each) <= 2 for each in pairs):
            return text
        data = bytes(int(each, 16) for each in pairs)
        kind = int(found.group(1) or "3", 16)
        if kind in (1, 2, 7):  # text; in Windows-1252 in an export of the old kind
            return data.decode("cp1252" if ansi else "utf-16-le", "replace").rstrip("\0")
        return int.from_bytes(data, "little") if kind in (4, 0xB) else data
    return text


def _unquoted(text: str) -> str:
    inner = text[1:-1] if text.endswith('"') and len(text) > 1 else text[1:]
    return re.sub(r"\\(.)", r"\1", inner)


def _prf(text: str) -> Iterator[Entry]:
    """Yield the settings of a `.prf`; lines that begin with ";" are comments."""
    section = ""
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line.startswith(";"):
            continue
        if found := _SECTION.match(line):
            section = found.group(2).strip()
        elif "=" in line:
            name, _, value = line.partition("=")
            yield Entry(section, name.strip(), value.strip())


def _mapped(entries: list[Entry]) -> tuple[list[Entry], dict[str, int]]:
    """Return the settings of a `.prf` that are no mapping, and the property of each name."""
    names: dict[str, int] = {}
    settings = []
    for entry in entries:
        found = _MAPPING.match(str(entry.value))
        if found:
            names[entry.name.lower()] = int(found.group(1), 16)
        elif entry.name.lower() not in ("sectionguid", "mdbguid", "servicename"):
            settings.append(entry)
    return settings, PRF_NAMES | names


def _profile(entries: list[Entry], names: Mapping[str, int]) -> Profile:
    """Return the policy that values make; `names` has the properties of a `.prf`'s names."""
    policy: dict[str, Any] = {}
    sources: dict[str, str] = {}
    unknown: list[str] = []
    for entry in entries:
        try:
            key, value, rest = _understood(entry, names)
            if key:
                Policy.model_validate({key: value})
        except ValidationError as error:
            key, value, rest = "", None, f"{entry.value!r}: {error.errors()[0]['msg']}"
        except ValueError as error:
            key, value, rest = "", None, f"{entry.value!r} is {error}"
        if key:
            if key in policy and policy[key] != value:
                unknown.append(f"{sources[key]} (another value follows)")
            policy[key], sources[key] = value, str(entry)
        if rest is not None:
            unknown.append(f"{entry} ({rest})" if rest else str(entry))
    return Profile(policy, sources, tuple(unknown))


def _understood(entry: Entry, names: Mapping[str, int]) -> tuple[str, Any, str | None]:
    """Return the key and value of an entry, "" for none, and what is not understood of it.

    Raises ValueError for a value of another kind than the documented one.
    """
    small = entry.name.lower()
    stored = _PROPERTY.match(small)
    tag = int(stored.group(2), 16) if stored else names.get(small)
    if tag == FLAGS:
        flags = _number(entry.value)
        beyond = flags & ~KNOWN_FLAGS
        rest = f"bits 0x{beyond:X} of 0x{flags:X} are not documented" if beyond else None
        return "roh_flags", flags & KNOWN_FLAGS, rest
    if tag == SCHEME:
        scheme = _number(entry.value)
        if scheme not in SCHEMES:
            raise ValueError("no scheme that is documented; 1 is Basic, 2 is NTLM")
        return "http_auth", SCHEMES[scheme], None
    if tag == PRINCIPAL:
        return "principal_name", _words(entry.value), None
    known = REGISTRY.get(small)
    if known is not None and re.search(known.where, entry.section.lower()):
        return known.key, known.taken(_number(entry.value)), None
    return "", None, NO_KEY.get(small, "")


def _number(value: Value) -> int:
    """Return a number that is one, is written as one, or is four bytes. Raises ValueError."""
    if isinstance(value, bytes):
        if len(value) != 4:
            raise ValueError(f"{len(value)} bytes, not the four of a number")
        return int.from_bytes(value, "little")
    if isinstance(value, int):
        return value
    if not re.fullmatch(r"0[xX][0-9a-fA-F]{1,8}|\d{1,10}", value.strip()):
        raise ValueError("no number")
    return int(value.strip(), 16 if value.strip()[:2].lower() == "0x" else 10)


def _words(value: Value) -> str:
    """Return text, as the registry has it in bytes too. Raises ValueError."""
    if isinstance(value, bytes):
        wide = len(value) % 2 == 0 and value[1::2].count(0) * 2 >= len(value) // 2
        value = value.decode("utf-16-le" if wide else "cp1252", "replace").rstrip("\0")
    if not isinstance(value, str) or not value:
        raise ValueError("no text")
    return value


def _line(text: str) -> str:
    """Return text as one line of a comment."""
    clean = "".join(each if each.isprintable() else "?" for each in text)
    return clean if len(clean) <= SHOWN else clean[:SHOWN] + "..."
