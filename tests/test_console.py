"""What a command prints: on any console, after its files, and on one line where it complains."""

from __future__ import annotations

import io
import os
import signal
import time
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from anywhere_sim.cli import app, stopped_cleanly
from anywhere_sim.cli.console import complain, echo, never_refuse_a_character

SMALL = """
why = "Two modes − one short morning, told by Zoë?"
scenario = "first-set-up"
replications = 2
settings = { end = "08:32" }
[factors.mode]
online = { "groups.at_home.mode" = "online" }
cached = { "groups.at_home.mode" = "cached" }
"""


def test_a_study_is_told_on_any_console_and_leaves_its_report(tmp_path: Path) -> None:
    """Code page 932 has the fewest signs; what is printed there, a "?" for a letter, fits all."""
    (tmp_path / "plan.toml").write_text(SMALL, encoding="utf-8")
    words = ["study", str(tmp_path / "plan.toml"), "--out", str(tmp_path / "out")]
    written = io.BytesIO()
    with redirect_stdout(io.TextIOWrapper(written, encoding="cp932", newline="")) as console:
        never_refuse_a_character()
        app([*words, "--workers", "1"], standalone_mode=False)
        console.flush()
    assert (tmp_path / "out/report.html").is_file()
    told = written.getvalue().decode("cp932")
    assert told.count("?") == 1 + told.count("Zo?")
    assert "Two modes - one short morning, told by Zo?" in told
    assert told.encode("cp437").decode("cp437") == told.encode("cp1252").decode("cp1252") == told


@pytest.mark.parametrize("code", ["cp1252", "cp437", "cp932"])
def test_help_is_shown_on_any_console(code: str) -> None:
    written = io.BytesIO()
    with redirect_stdout(io.TextIOWrapper(written, encoding=code)) as console:
        never_refuse_a_character()
        app(["run", "--help"], standalone_mode=False)
        console.flush()
    assert "--overwrite" in written.getvalue().decode(code)


def test_what_commands_a_terminal_is_printed_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    echo("red\x1b[31m\ttab\nline")
    complain("groups.a\nb: unknown\r\n")
    said = capsys.readouterr()
    assert said.out == "red\\x1b[31m\ttab\nline\n"
    assert said.err == "anywhere-sim: groups.a b: unknown\\x0d\n"


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_that_asks_for_the_end_is_answered_as_ctrl_c(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    number, removed = getattr(signal, name), []
    usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
    inherited = signal.signal(number, usual)  # a job in the background ignores some
    before = signal.getsignal(number)

    def work() -> None:
        try:
            os.kill(os.getpid(), number)
            time.sleep(5.0)
        finally:
            removed.append("what was half-written")

    try:
        with pytest.raises(SystemExit) as ended, stopped_cleanly():
            work()
    finally:
        after = signal.signal(number, inherited)
    assert ended.value.code == 128 + number
    assert removed
    assert capsys.readouterr().err.splitlines()[-1].startswith("anywhere-sim: stopped")
    assert after == before
