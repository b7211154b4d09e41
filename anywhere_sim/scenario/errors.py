"""One clear sentence for a scenario that cannot be simulated."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from pydantic import ValidationError


class ScenarioError(ValueError):
    """A scenario that cannot be read or simulated.

    The text says what was given, what is allowed, what to try.

    >>> try:
    ...     office.with_(servers__mbx1__core=2)
    ... except aw.ScenarioError as error:
    ...     print(error)
    scenario: servers.mbx1.core: unknown key 'core'; did you mean 'cores'?
    """


def nearest(word: str, allowed: Iterable[str]) -> str:
    """Return "did you mean ...?" for the closest of `allowed`, or the list of what is allowed."""
    names = sorted(allowed)
    close = difflib.get_close_matches(word, names, n=1)
    return (
        f"did you mean {close[0]!r}?" if close else f"allowed: {', '.join(names) or 'nothing yet'}"
    )


RENAMED_KEYS: Mapping[str, str] = {
    "answer_share": "reply_share",
    "answer_delay_median_s": "reply_delay_median_s",
    "size_most_bytes": "size_max_bytes",
    "backoff_most_s": "backoff_max_s",
    "hold_off_most_s": "hold_off_max_s",
    "fetches_per_item": "opened_in_window_share",
    "hangs_on": "sensitivity",
    "beside": "reference_cells",
    "within": "strata",
}
"""Keys of scenarios and studies that once had another name: old name -> present name."""


def unknown_key(word: str, allowed: Iterable[str]) -> str:
    """Return the sentence about a key that is not allowed.

    Its new name, or the nearest that is allowed.
    """
    known = set(allowed)
    renamed = RENAMED_KEYS.get(word)
    if renamed in known:
        return f"unknown key {word!r}; it is now called {renamed!r}"
    return f"unknown key {word!r}; {nearest(word, known)}"


def sentence(error: ValidationError, keys: dict[str, tuple[str, ...]]) -> str:
    """Return the first complaint of pydantic as a sentence.

    `keys` maps a part of a scenario to the keys it knows.

    Where a word or a table is allowed and a table was given, its not being a word is not reported.
    An unknown key comes before a missing one, which it may stand for.
    """
    complaints = error.errors()
    about_tables = [
        each
        for each in complaints
        if not (each["loc"][-1:] == ("str",) and isinstance(each["input"], dict))
    ]
    first = min(about_tables or complaints, key=lambda each: each["type"] != "extra_forbidden")
    path = [str(part) for part in first["loc"] if not str(part).startswith("function-after")]
    where = f"{_cut('.'.join(path), MAX_GIVEN)}: " if path else ""
    given = first["input"]
    if first["type"] == "extra_forbidden":
        part, word = _part_of(first["loc"]), str(first["loc"][-1])
        if not word:
            return f"{where}a key is empty; write KEY=VALUE with a name on both sides of each dot"
        known = keys.get(part, ())
        if part == "groups" and word in keys.get("policy", ()):
            return (
                f"{where}unknown key {word!r}; it is a key of the group's policy: write "
                f"{_cut('.'.join([*path[:-1], 'policy', word]), MAX_GIVEN)}"
            )
        return f"{where}{unknown_key(word, known)}"
    if first["type"] == "missing":
        hint = _MISSING.get(str(first["loc"][-1]), "it has no default and must be given")
        return f"{where}is missing; {hint}"
    message = (
        first["msg"]
        .removeprefix("Value error, ")
        .replace("valid tuple", "list")
        .replace("valid dictionary", "table of keys")
    )
    message = _cut(message.partition(" or instance of")[0], MAX_MESSAGE)
    shown = "" if isinstance(given, dict) else f" (given: {_cut(repr(given), MAX_GIVEN)})"
    return f"{where}{message[:1].lower()}{message[1:]}{shown}"


MAX_MESSAGE, MAX_GIVEN = 600, 80


def _cut(text: str, length: int) -> str:
    """Return a text on one line; of a long one its beginning and its end."""
    line = " ".join(text.split())
    half = length // 2
    return line if len(line) <= length else f"{line[:half]} ... {line[-half:]}"


_MISSING = {
    "kind": "a place needs `kind`, for example kind = 'lan' or 'modem_3g'",
    "role": "a server needs `role`: 'front_end', 'mailbox' or 'directory'",
    "mailboxes": "a group needs a number of `mailboxes`, a positive integer",
    "itinerary": "a group needs an itinerary, for example [['08:00', 'office'], ['17:00', 'off']]",
}


def _part_of(location: tuple[int | str, ...]) -> str:
    """Return which kind of table a location lies in.

    Places, servers, groups, policy, ... or scenario.
    """
    names = [str(part) for part in location[:-1]]
    if "policy" in names:
        return "policy"
    if "activity" in names:
        return "activity"
    return names[0] if names else "scenario"
