"""Exercises: predict, then run; what a check says stands in a box with a mark and a word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from numbers import Real
from typing import Literal

from anywhere_sim.lab.progress import tried

NOT_YET = (
    "Not answered yet: put your answer in the cell above, in place of `...`, and run both cells."
)
PREDICT = "Predict first: write a guess in the cell above. A guess is never wrong."
NOTED = "Your guess is noted. Now run: find the answer, put it in its place, and run both cells."
MISSES_BEFORE_THE_HINT = 2

Verdict = Literal["right", "wrong", "open"]
MARKS: Mapping[Verdict, tuple[str, str, str]] = {
    "right": ("✓", "Right", "#1a7f37"),
    "wrong": ("✗", "Not right", "#b42318"),
    "open": ("…", "Open", "#57606a"),
}
"""The mark, the word and the colour of a verdict: none of them alone carries it."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a check says: in a page a box with a mark and a word, elsewhere the sentence."""

    verdict: Verdict
    said: str

    def __repr__(self) -> str:
        """Return mark and sentence, for a terminal."""
        return f"{MARKS[self.verdict][0]} {self.said}"

    def _repr_html_(self) -> str:
        mark, word, colour = MARKS[self.verdict]
        code = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(self.said, quote=False))
        return (
            f'<div role="status" style="border:1px solid {colour};border-left:6px solid {colour};'
            'border-radius:4px;padding:8px 12px;margin:4px 0;max-width:46em">'
            f'<b style="color:{colour}"><span aria-hidden="true">{mark}</span> {word}.</b> '
            f"{code}</div>"
        )


def check_number(
    exercise: str,
    given: object,
    expected: float,
    unit: str,
    *,
    hint: str,
    predicted: object = None,
    within: float = 0.05,
    slips: Mapping[float, str] | None = None,
) -> Feedback:
    """Return whether a number is right to a relative error of `within`.

    `exercise` names it in the student's progress, like "00.1". `slips` maps plausible wrong answers
    to what to think of again; `hint` says after the second miss how the answer is found. Where
    `predicted` is given it has to be filled in first, and is told beside the answer.

    >>> lab.check_number("doc.1", 21, 21, "s", hint="Add them up.")
    ✓ Yes: 21 s.
    >>> lab.check_number("doc.2", 20, 40, "s", hint="Add.", slips={20: "that is half."})
    ✗ Not quite: that is half.
    """
    guess = None if predicted is ... or predicted is None else predicted
    if predicted is ...:
        return Feedback("open", NOT_YET if given is ... else PREDICT)
    if given is ... or given is None:
        return Feedback("open", NOT_YET if guess is None else NOTED)
    for number in (given, guess):
        if number is not None and not _is_number(number):
            return Feedback(
                "open", f"{number!r} is not a number; write one in {unit}, without the unit."
            )
    value = float(str(given))
    if _near(value, expected, within):
        tried(exercise, given, right=True, predicted=guess)
        said = f"Yes: {expected:,.4g} {unit}."
        return Feedback("right", said if guess is None else f"{said} {_beside(guess, expected)}")
    misses = tried(exercise, given, right=False, predicted=guess)
    slip = next((text for slip, text in (slips or {}).items() if _near(value, slip, within)), "")
    return _missed(
        f"Not quite: {slip}" if slip else f"{value:,.4g} {unit} it is not.", misses, hint
    )


def check_choice(
    exercise: str, given: object, expected: str, among: Mapping[str, str], *, hint: str
) -> Feedback:
    """Return whether a word is the right one; `among` maps every allowed word to what to say about
    it, `hint` says after the second miss how the answer is found.

    >>> among = {"tcp": "Which port is open?", "https": "443 is open."}
    >>> lab.check_choice("doc.3", "tcp", "https", among, hint="Look at the ports.")
    ✗ Not quite: Which port is open?
    """
    if given is ... or given is None:
        return Feedback("open", NOT_YET)
    word = str(given).strip().lower()
    if word not in among:
        return Feedback(
            "open", f"{given!r} is not among the answers; write one of: {', '.join(among)}."
        )
    misses = tried(exercise, word, right=word == expected)
    if word == expected:
        return Feedback("right", f"Yes: {among[word]}")
    return _missed(f"Not quite: {among[word]}", misses, hint)


def _missed(said: str, misses: int, hint: str) -> Feedback:
    return Feedback("wrong", f"{said} Hint: {hint}" if misses >= MISSES_BEFORE_THE_HINT else said)


def _beside(guess: object, expected: float) -> str:
    """Return how far a prediction was from the answer, without a mark for it."""
    number = float(str(guess))
    if _near(number, expected, 0.2):
        return f"You predicted {number:,.4g}: near."
    if min(number, expected) <= 0.0:
        return f"You predicted {number:,.4g}."
    times, way = max(number / expected, expected / number), "more" if number > expected else "less"
    return f"You predicted {number:,.4g}, {times:,.3g} times {way}."


def _is_number(given: object) -> bool:
    return isinstance(given, Real) and not isinstance(given, bool)


def _near(given: float, value: float, within: float) -> bool:
    return abs(given - value) <= within * max(abs(value), 1e-12)
