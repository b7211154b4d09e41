"""What is printed: in characters that every console can show, and none that command it."""

from __future__ import annotations

import sys
from contextlib import suppress
from io import TextIOWrapper
from shutil import get_terminal_size
from textwrap import fill

import typer

_PLAIN = str.maketrans(
    {"−": "-", "–": "-", "—": "-", "×": "x", "…": "...", "→": "->", "’": "'", "“": '"', "”": '"'}
    | {
        chr(code): f"\\x{code:02x}"
        for code in (*range(32), *range(127, 160))
        if code not in (9, 10)
    }
)
"""Typographic signs that code pages 437 or 932 lack; control characters but tab and line end."""


def plain(text: str) -> str:
    """Return the text without typographic signs and without control characters.

    >>> plain("HTTPS first − TCP first")
    'HTTPS first - TCP first'
    """
    return text.translate(_PLAIN)


def echo(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print a text, plain, to stdout or stderr."""
    typer.echo(plain(text), err=err, nl=nl)


def columns() -> int:
    """Return how many columns the terminal has; 80 where there is none."""
    return max(40, get_terminal_size((80, 24)).columns)


def paragraph(text: str, hanging: str = "") -> None:
    """Print a text in lines as wide as the terminal, from the second on after `hanging`."""
    echo(fill(text, columns(), subsequent_indent=hanging, break_on_hyphens=False))


def complain(text: str) -> None:
    """Print one sentence to stderr, on one line whatever was quoted in it."""
    sys.stderr.write(f"anywhere-sim: {' '.join(plain(text).split())}\n")


def never_refuse_a_character() -> None:
    """Let stdout print "?" for what its encoding lacks, such as the letters of a name."""
    if isinstance(sys.stdout, TextIOWrapper):
        with suppress(ValueError):  # closed
            sys.stdout.reconfigure(errors="replace")
