"""Write `anywhere_sim/traces/rows.py`, the class of each table's rows, from the schema."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from anywhere_sim.traces.schema import TABLES, TableSchema

FILE = Path(__file__).parents[2] / "anywhere_sim/traces/rows.py"
WIDTH = 100
HEAD = '''"""A class of rows for each table, so that a row costs little and mypy checks its columns.

`make rows` writes this file from `schema.py`.
"""

# ruff: noqa: A002  (columns have the names that they have)

from __future__ import annotations

from collections.abc import Callable, Mapping

from mypy_extensions import i32, i64

from anywhere_sim.traces.schema import TABLES
from anywhere_sim.traces.table_rows import GROUP_ROWS, Keys, Sink, TableRows, codes
from anywhere_sim.traces.vectors import vec
'''
COLUMNS = {"i8": "numbers", "word": "words", "f8": "floats"}
GIVEN = {"i8": "int", "word": "str", "f8": "float"}


def source() -> str:
    """Return the file's text."""
    lines = HEAD.splitlines()
    for table in TABLES.values():
        lines += ["", "", *_class(table)]
    lines += ["", "", "ROWS: Mapping[str, Callable[[Keys, Sink, int], TableRows]] = {"]
    pairs = [f'"{name}": {class_name(name)}' for name in TABLES]
    lines += _filled(pairs, lambda some: f"{', '.join(some)},", indent=4)
    return "\n".join([*lines, "}  # fmt: skip", ""])


def class_name(table: str) -> str:
    """Return the name of the class for a table's rows.

    >>> class_name("rpcs")
    'RpcRows'
    """
    return f"{table.removesuffix('s').capitalize()}Rows"


def _class(table: TableSchema) -> Iterator[str]:
    yield f"class {class_name(table.name)}(TableRows):"
    yield f'    """Rows of `{table.name}`."""'
    yield ""
    yield "    def __init__(self, keys: Keys, sink: Sink, group_rows: int = GROUP_ROWS) -> None:"
    yield f'        super().__init__(TABLES["{table.name}"], keys, sink, group_rows)'
    words = [f"self.{column.attribute}_codes" for column in table.columns if column.kind == "word"]
    yield from _filled(
        words, lambda some: f"{', '.join(some)} = {', '.join(['codes()'] * len(some))}"
    )
    yield ""
    yield "    def _hold("
    yield "        self, numbers: list[vec[i64]], words: list[vec[i32]], floats: list[vec[float]]"
    yield "    ) -> None:"
    for kind, columns in COLUMNS.items():
        names = [f"self.{column.attribute}" for column in table.columns if column.kind == kind]
        yield "        ["
        yield from _filled(names, lambda some: f"{', '.join(some)},", indent=12)
        yield f"        ] = {columns}  # fmt: skip"
    yield ""
    yield "    def row("
    given = [f"{column.attribute}: {GIVEN[column.kind]}" for column in table.columns]
    yield from _filled(["self", "*", *given], lambda some: f"{', '.join(some)},")
    yield "    ) -> None:  # fmt: skip"
    yield '        """Add a row."""'
    yield "        at = self._waiting"
    yield "        if at == self._room:"
    yield "            at = self._make_room()"
    for column in table.columns:
        name = column.attribute
        value = f"self.{name}_codes[{name}]" if column.kind == "word" else name
        yield f"        self.{name}[at] = {value}"
    yield "        self._waiting = at + 1"


def _filled(parts: list[str], joined: Callable[[list[str]], str], indent: int = 8) -> Iterator[str]:
    """Return parts joined to lines that are as full as they may be."""
    line: list[str] = []
    for part in parts:
        if line and indent + len(joined([*line, part])) > WIDTH:
            yield " " * indent + joined(line)
            line = []
        line.append(part)
    if line:
        yield " " * indent + joined(line)


if __name__ == "__main__":
    FILE.write_text(source(), encoding="utf-8")
