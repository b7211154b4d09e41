"""Names and addresses as keyed hashes: the same one in all files of an import, no way back."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

import pyarrow as pa

from anywhere_sim.formats.columns import encoded, texts, worded
from anywhere_sim.formats.quality import FormatError

KEY_BYTES = 32
SMALLEST_KEY_BYTES = 16
DIGITS = 16
"""Hex digits of a hash: two of a million names are the same once in 37 million imports."""
REMEMBERED = 200_000


class Names:
    """Turns names of users, clients and servers into words for the tables."""

    def __init__(self, key: bytes | None, keep: bool = False) -> None:
        self._key, self._keep = key or secrets.token_bytes(KEY_BYTES), keep
        self._known: dict[str, dict[str, str]] = {}

    def one(self, kind: str, name: str | None) -> str | None:
        """Return the word of a name, None for one that the log left out ("-" or "").

        Letters are made small first: logs of one server spell one user in several ways.
        """
        if name is None or name in ("", "-"):
            return None
        known = self._known.setdefault(kind, {})
        word = known.get(name)
        if word is None:
            if len(known) > REMEMBERED:
                known.clear()
            word = known[name] = self._made(kind, name)
        return word

    def _made(self, kind: str, name: str) -> str:
        small = name.lower()
        if self._keep:
            return small
        text = f"{kind}\0{small}".encode("utf-8", "surrogateescape")
        digest = hashlib.blake2b(text, key=self._key, digest_size=DIGITS // 2).hexdigest()
        return f"{kind}-{digest}"

    def many(self, kind: str, names: pa.ChunkedArray) -> pa.ChunkedArray:
        """Return the words of a column of names, as a dictionary."""
        values, codes = encoded(names)
        known, names_once = self._known.setdefault(kind, {}), texts(values)
        words = [known[name] if name in known else self.one(kind, name) for name in names_once]
        return pa.chunked_array([worded(words, codes)])


def key_of(path: Path | None) -> bytes | None:
    """Return the key in a file, which is made where there is none; None without a file.

    Raises FormatError for a key that is too short to keep a secret.
    """
    if path is None:
        return None
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_hex(KEY_BYTES).encode() + b"\n")
    with path.open("rb") as file:
        key = file.read(4096).strip()
    if len(key) < SMALLEST_KEY_BYTES:
        raise FormatError(
            f"{path} has a key of {len(key)} bytes; at least {SMALLEST_KEY_BYTES} are needed: "
            "name a file that does not exist, and it is made"
        )
    return key[:64]
