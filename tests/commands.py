"""Commands as they are typed, in this process: a tenth of what a process of their own costs."""

from __future__ import annotations

import io
import os
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import CompletedProcess
from unittest import mock

from anywhere_sim.cli import main


def command(*words: str, cwd: Path | str = ".") -> CompletedProcess[str]:
    """Return what a command printed and its exit code, as `subprocess.run` does.

    Tests of signals, of what is imported and of other consoles start a process instead.
    """
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    given = mock.patch.object(sys, "argv", ["anywhere-sim", *words])
    paths = mock.patch.object(sys, "path", [os.path.abspath(cwd), *sys.path])
    with chdir(cwd), given, paths, redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    printed = (stream.buffer.getvalue().decode() for stream in (out, err))  # type: ignore[attr-defined]
    return CompletedProcess(words, int(code or 0), *printed)
