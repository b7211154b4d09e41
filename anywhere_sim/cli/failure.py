"""Bad input, and a run that would never end, gets one clear sentence and exit code 2; Ctrl-C ends with 130."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from anywhere_sim.des.environment import ZeroTimeLoopError
from anywhere_sim.network.link_trace import LinkTraceError
from anywhere_sim.scenario import ScenarioError
from anywhere_sim.traces import RunError

STOPPED = 130


@contextmanager
def one_sentence() -> Iterator[None]:
    """Turn errors of input, and a run that would never end, into a sentence on stderr."""
    try:
        yield
    except (ScenarioError, LinkTraceError, RunError, ZeroTimeLoopError) as error:
        sys.stderr.write(f"anywhere-sim: {error}\n")
        sys.exit(2)
    except OSError as error:
        sys.stderr.write(
            f"anywhere-sim: a file could not be written or read ({error}); free some space, or name another folder with --out\n"
        )
        sys.exit(2)
    except KeyboardInterrupt:
        _stopped()
    except SystemExit as ended:  # the command line turns Ctrl-C into this, without a word
        if ended.code == STOPPED:
            _stopped()
        raise


def _stopped() -> NoReturn:
    sys.stderr.write("\nanywhere-sim: stopped; nothing half-written is left, and a study goes on where it was with the same command\n")
    sys.exit(STOPPED)
