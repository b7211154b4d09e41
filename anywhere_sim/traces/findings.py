"""What an audit of the tables has found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from anywhere_sim.traces.columns import Columns, Flags

Tables = Mapping[str, Columns]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not add up: which check, in which table, which rows, in a sentence."""

    check: str
    table: str
    rows: tuple[int, ...]
    sentence: str

    def __str__(self) -> str:
        rows = ", ".join(map(str, self.rows[:5])) + (" ..." if len(self.rows) > 5 else "")
        return f"{self.table}: {self.sentence} (rows {rows})"


@dataclass(slots=True)
class Audit:
    """The outcome of all checks."""

    checks: int = 0
    findings: list[Finding] = field(default_factory=list)

    @classmethod
    def of(cls, audits: Iterable[Audit]) -> Audit:
        """Return the audits of several sites as one."""
        whole = cls()
        for each in audits:
            whole.checks += each.checks
            whole.findings += each.findings
        return whole

    @property
    def ok(self) -> bool:
        """Whether everything adds up."""
        return not self.findings

    @property
    def count_said(self) -> str:
        """How many findings there are, in words: `"1 finding"`."""
        return f"{len(self.findings):,} finding{'' if len(self.findings) == 1 else 's'}"

    def __str__(self) -> str:
        if self.ok:
            return f"audit: {self.checks} checks, nothing lost"
        return f"audit: {self.count_said}\n" + "\n".join(
            f"  {finding}" for finding in self.findings
        )

    def expect(self, holds: Flags, check: str, table: str, sentence: str) -> None:
        """Count a check; where `holds` is False, note the rows."""
        self.checks += 1
        bad = np.flatnonzero(~holds)
        if len(bad):
            self.findings.append(Finding(check, table, tuple(int(row) for row in bad), sentence))
