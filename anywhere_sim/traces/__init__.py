"""What was observed: the tables of a run, their contract and their accounting."""

from anywhere_sim.traces.audit import audit
from anywhere_sim.traces.findings import Audit, Finding
from anywhere_sim.traces.folder import RunError
from anywhere_sim.traces.recorder import Recorder
from anywhere_sim.traces.run import Run
from anywhere_sim.traces.schema import TABLES

__all__ = ["TABLES", "Audit", "Finding", "Recorder", "Run", "RunError", "audit"]
