"""The formats that are known, each a row: how it is told, read, written.

A format of your own is a module with a `Format`, and its name in `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from anywhere_sim.formats import http_proxy, httperr, iis, openmetrics, perfmon, rca, rca_out
from anywhere_sim.formats.quality import FileQuality
from anywhere_sim.formats.reading import Head
from anywhere_sim.formats.tables import Tables
from anywhere_sim.traces import Run


class Reader(Protocol):
    """Reads the files of one format, one after the other, into the tables of an import."""

    def read(self, path: Path, quality: FileQuality) -> None:
        """Read a file. What is wrong with it goes into `quality`."""

    def close(self) -> None:
        """Write what waited for lines that did not come."""


Write = Callable[[Run, Path, date], list[str]]
"""Writes a run into files below a folder, with its day 1 on a date; returns remarks."""


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its title, and what can be done with it (None: that can't)."""

    title: str
    told_by: Callable[[Head], bool] | None = None
    reader: Callable[[Tables], Reader] | None = None
    write: Write | None = None


FORMATS: Mapping[str, Format] = {
    "iis": Format("IIS log (W3C)", iis.told_by, iis.IisReader, iis.write),
    "httperr": Format("HTTPERR log", httperr.told_by, httperr.HttperrReader, httperr.write),
    "rca": Format("RPC Client Access log", rca.told_by, rca.RcaReader, rca_out.write),
    "perfmon": Format("perfmon CSV", perfmon.told_by, perfmon.PerfmonReader, perfmon.write),
    "http-proxy": Format("HttpProxy log", http_proxy.told_by, http_proxy.HttpProxyReader),
    "mapi": Format("MAPI log", http_proxy.told_mapi, http_proxy.MapiReader),
    "openmetrics": Format("OpenMetrics", write=openmetrics.write),
}
"""By the word that `export --as` takes."""
