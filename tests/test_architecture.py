"""The house: who may put bytes on a link, and how many files a call passes."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import FrameType

import anywhere_sim as aw
from tests.statements.pairs import small

PACKAGE = Path(aw.__file__).parent
MODEL = ("network", "rpc", "exchange", "outlook", "people", "simulation")
MAX_FILES = 22  # beside des and traces; the aim is 18


def _callers_of_send() -> set[str]:
    """Return the model's files in which a link's `send` is called."""
    callers = set()
    for path in (path for room in MODEL for path in (PACKAGE / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = ast.unparse(node.func.value).rpartition(".")[2].lstrip("_")
                if node.func.attr == "send" and owner in ("link", "up", "down"):
                    callers.add(path.relative_to(PACKAGE).as_posix())
    return callers


def test_only_the_tcp_connection_puts_bytes_on_a_link() -> None:
    assert _callers_of_send() == {"network/tcp_connection.py"}


class _WayOfAMessage:
    """Notes, for each message that a person opens online, the files entered from then until it is open."""

    def __init__(self) -> None:
        self.messages: list[set[str]] = []
        self.is_open = False

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        if event != "call" or not frame.f_code.co_filename.startswith(str(PACKAGE)):
            return
        name = Path(frame.f_code.co_filename).relative_to(PACKAGE).as_posix()
        function = frame.f_code.co_name
        if name == "outlook/modes/online.py" and function == "perform":
            begins = frame.f_lasti < 0 or not self.is_open
            self.is_open = frame.f_locals["action"].kind == "read"
            if self.is_open and begins:
                self.messages.append(set())
        elif name == "people/person.py" and function == "record":
            self.is_open = False
        if self.is_open and not name.startswith(("des/", "traces/", "simulation/sampler")):
            self.messages[-1].add(name)


def test_opening_a_message_over_https_passes_few_files() -> None:
    way = _WayOfAMessage()
    scenario = small(groups__people__mode="online", groups__people__mailboxes=1, groups__people__policy={"roh_flags": 0x2B})
    sys.setprofile(way)
    try:
        aw.simulate(scenario, 1)
    finally:
        sys.setprofile(None)
    undisturbed = min(way.messages, key=len)  # nothing else went on while it was opened
    assert {"network/tcp_connection.py", "exchange/front_end.py"} <= undisturbed
    assert len(undisturbed) <= MAX_FILES, sorted(undisturbed)
