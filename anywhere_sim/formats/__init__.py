"""Logs, counters and metrics of real systems, read into the tables of a run and written from one.

One module per format, one registry (`FORMATS`). It sees tables and never what made them.
"""

from anywhere_sim.formats.imports import export_run, import_files
from anywhere_sim.formats.quality import FileQuality, FormatError
from anywhere_sim.formats.registry import FORMATS, Format, Reader

__all__ = [
    "FORMATS", "FileQuality", "Format", "FormatError", "Reader", "export_run", "import_files",
]  # fmt: skip
