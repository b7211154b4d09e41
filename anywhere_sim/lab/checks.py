"""Exercises that check themselves: each answers in a sentence, never with a traceback."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real

NOT_YET = (
    "Not answered yet: put your answer in the cell above, in place of `...`, and run both cells."
)


def check_number(
    given: object,
    expected: float,
    unit: str,
    *,
    within: float = 0.05,
    hints: Mapping[float, str] | None = None,
) -> str:
    """Return whether a number is right to a relative error of `within`.

    `hints` maps plausible wrong answers to what to think of again.
    """
    if given is ... or given is None:
        return NOT_YET
    if isinstance(given, bool) or not isinstance(given, Real):
        return f"{given!r} is not a number; write one in {unit}, without the unit."
    if _near(float(given), expected, within):
        return f"Yes: {expected:,.4g} {unit}."
    for wrong, hint in (hints or {}).items():
        if _near(float(given), wrong, within):
            return f"Not quite: {hint}"
    side = "more" if float(given) < expected else "less"
    return f"No, it is {side} than {given:,.4g} {unit}; try again."


def check_choice(given: object, expected: str, among: Mapping[str, str]) -> str:
    """Return whether a word is the right one; `among` maps every allowed word to what to say about
    it.
    """
    if given is ... or given is None:
        return NOT_YET
    word = str(given).strip().lower()
    if word not in among:
        return f"{given!r} is not among the answers; write one of: {', '.join(among)}."
    return f"{'Yes' if word == expected else 'Not quite'}: {among[word]}"


def _near(given: float, value: float, within: float) -> bool:
    return abs(given - value) <= within * max(abs(value), 1e-12)
