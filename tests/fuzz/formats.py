"""Files of logs and counters with things changed at random, and what a reader makes of them."""

from __future__ import annotations

import gzip
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from anywhere_sim.formats import FORMATS, FileQuality, FormatError
from anywhere_sim.formats.privacy import Names
from anywhere_sim.formats.reading import head
from anywhere_sim.formats.tables import Tables
from anywhere_sim.scenario.shipped import data_folder

SLOW_S = 10.0
FILES_PER_FOLDER = 200
SAMPLES = data_folder() / "samples"
READ = [name for name, each in FORMATS.items() if each.reader is not None]
WORDS = (
    b"\0", b"\0" * 500, b"\n", b"\r", b"\r\n#Fields: a b c\r\n", b'"', b'""', b",", b" ",
    b"\t", b"-", b"#", b"\xff\xfe", b"\xef\xbb\xbf", b"\xe9", b"99999999999999999999", b"-1",
    b"nan", b"1e400", b"inf", b"0000-00-00", b"2013-02-30", b"9999-12-31", b"1600-01-01",
    b"24:00:00", b"13/45/2026 99:99:99", b"RPC_IN_DATA", b"RPC_OUT_DATA", b"Connect",
    b"Disconnect", b"DateTime", b"x" * 300_000, b"1" * 2000, b"\\", b">>>>;;;;",
    b"#Fields: date time cs-method cs-method sc-status\r\n", b"(PDH-CSV 4.0)",
)  # fmt: skip


@dataclass(slots=True)
class Tally:
    """How many files of a format were tried, read and refused, and what went wrong."""

    tried: int = 0
    used: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    faults: list[str] = field(default_factory=list)


def samples(form: str) -> list[bytes]:
    """Return the samples of a format that ship."""
    return [path.read_bytes() for path in sorted((SAMPLES / form).iterdir())]


def changed(data: bytes, draws: np.random.Generator) -> bytes:
    """Return a file with one to five things changed."""
    for _ in range(int(draws.integers(1, 6))):
        at = int(draws.integers(0, len(data) + 1))
        end = min(len(data), at + int(draws.geometric(0.02)))
        match int(draws.integers(0, 9)):
            case 0:
                data = data[:at]
            case 1:
                data = data[:at] + data[end:]
            case 2:
                data = data[:at] + bytes(draws.integers(0, 256, 5).tolist()) + data[end:]
            case 3 | 4:
                data = data[:at] + WORDS[int(draws.integers(0, len(WORDS)))] + data[at:]
            case 5:
                data = data[:at] + data[at:end] * int(draws.integers(2, 50)) + data[end:]
            case 6:
                lines = data.splitlines(keepends=True)
                draws.shuffle(lines)
                data = b"".join(lines)
            case 7:
                words = data[at:end].split(b" ")
                draws.shuffle(words)
                data = data[:at] + b" ".join(words) + data[end:]
            case _:
                data = data.replace(
                    b"\n", (b"\r", b"\n\n", b"", b"\0\n")[int(draws.integers(0, 4))]
                )
    match int(draws.integers(0, 12)):
        case 0:
            return data.decode("utf-8", "replace").encode("utf-16")
        case 1:
            return gzip.compress(data, 1)[: int(draws.integers(1, 10_000))]
        case _:
            return data


def fuzz(form: str, count: int, seed: int) -> Tally:
    """Return what became of changed files of a format."""
    draws, tally = np.random.Generator(np.random.Philox(seed)), Tally()
    originals = samples(form)
    while tally.tried < count:
        with TemporaryDirectory() as folder:
            several = min(FILES_PER_FOLDER, count - tally.tried)
            files = (changed(originals[int(draws.integers(0, len(originals)))], draws)
                     for _ in range(several))  # fmt: skip
            _read(form, files, Path(folder), tally)
    return tally


def _read(form: str, files: Iterator[bytes], folder: Path, tally: Tally) -> None:
    tables = Tables(folder, Names(None), None, 0.0)
    made = FORMATS[form].reader
    assert made is not None
    reader, path = made(tables), folder / "file"
    for data in files:
        path.write_bytes(data)
        quality, begin_s = FileQuality("file", form), time.perf_counter()
        try:
            beginning = head(path)
            for each in FORMATS.values():
                if each.told_by is not None:
                    each.told_by(beginning)
            reader.read(path, quality)
            assert sum(1 for _ in quality.said()) < 100
            quality.record()
        except FormatError as error:
            tally.refused += 1
            if "\n" in str(error):
                tally.faults.append(f"several lines: {error}")
        except Exception as error:
            tally.faults.append(f"{type(error).__name__}: {str(error)[:200]} in {data[:80]!r}")
            (folder.parent / f"fault-{form}").write_bytes(data)
            reader = made(tables)
        tally.tried += 1
        tally.used += bool(quality.used)
        took_s = time.perf_counter() - begin_s
        tally.slowest_s = max(tally.slowest_s, took_s)
        if took_s > SLOW_S:
            tally.faults.append(f"took {took_s:.0f} s: {data[:80]!r}")
    reader.close()
    tables.close()


def main() -> int:
    """Read 10,000 changed files of each format; return how many faults there were."""
    count, faults = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, 0
    for form in READ:
        tally = fuzz(form, count, seed=1)
        print(f"{form}: {tally.tried:,} files, {tally.used:,} with lines of use, "
              f"{len(tally.faults)} faults, slowest {tally.slowest_s:.2f} s")  # fmt: skip
        print(*sorted(set(tally.faults))[:10], sep="\n")
        faults += len(tally.faults)
    return min(faults, 1)


if __name__ == "__main__":
    sys.exit(main())
