"""Bad input ends with one sentence on stderr and exit code 2, Ctrl-C with exit code 130."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from anywhere_sim.des.environment import ZeroTimeLoopError
from anywhere_sim.network.link_trace import LinkTraceError
from anywhere_sim.scenario import ScenarioError
from anywhere_sim.traces import RunError

BAD_INPUT = 2
INTERRUPTED = 130


@contextmanager
def one_sentence() -> Iterator[None]:
    """Turn errors of input, and a run that would never end, into a sentence and an exit code."""
    try:
        yield
    except (ScenarioError, LinkTraceError, RunError, ZeroTimeLoopError) as error:
        sys.stderr.write(f"anywhere-sim: {error}\n")
        sys.exit(BAD_INPUT)
    except OSError as error:
        sys.stderr.write(
            f"anywhere-sim: cannot read or write a file ({error}); "
            "free some space, or choose another folder with --out\n"
        )
        sys.exit(BAD_INPUT)
    except KeyboardInterrupt:
        _interrupted()
    except SystemExit as error:  # Typer turns Ctrl-C into this, without a message
        if error.code == INTERRUPTED:
            _interrupted()
        raise


def _interrupted() -> NoReturn:
    sys.stderr.write(
        "\nanywhere-sim: stopped; no partial files are left, "
        "and the same command continues a study where it stopped\n"
    )
    sys.exit(INTERRUPTED)
