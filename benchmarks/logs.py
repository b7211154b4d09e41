"""How fast logs are imported, beside pyarrow's CSV reader on the same file, in processor time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np
from pyarrow import csv

from anywhere_sim.formats import import_files
from benchmarks.goal import Reached, interleaved

MB = 1_000_000
SIZE_BYTES = 100 * MB
PEOPLE = 3000
DAY_S = 86_400
IIS_FIELDS = (
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) "
    "sc-status sc-substatus sc-win32-status sc-bytes cs-bytes time-taken"
)
RCA_FIELDS = (
    "date-time,session-id,seq-number,client-name,organization-info,client-software,"
    "client-software-version,client-mode,client-ip,server-ip,protocol,application-id,operation,"
    "rpc-status,processing-time,operation-specific,failures"
)
ROPS = ("OpenFolder", "GetContentsTable", "QueryRows", "OpenMessage", "OpenStream",
        "SetProperties", "SubmitMessage", "SynchronizationConfigure",
        "FastTransferSourceGetBuffer")  # fmt: skip


def _clock(second: int) -> str:
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


def _people(draws: np.random.Generator) -> list[tuple[str, str]]:
    return [
        (f"CONTOSO\\user{number}", f"10.{number // 250}.{number % 250}.{draws.integers(2, 250)}")
        for number in range(PEOPLE)
    ]


def iis_lines(count: int) -> Iterator[str]:
    """Yield the lines of a log of the RPC proxy: both channels of each connection."""
    draws = np.random.Generator(np.random.Philox(1))
    people = _people(draws)
    yield f"#Software: Microsoft Internet Information Services 7.5\r\n#Fields: {IIS_FIELDS}\r\n"
    pairs = count // 2
    ends = np.sort(draws.integers(0, DAY_S, pairs)).tolist()
    who = draws.integers(0, PEOPLE, pairs).tolist()
    up = draws.integers(5_000, 400_000, pairs).tolist()
    down = draws.integers(20_000, 4_000_000, pairs).tolist()
    took = draws.integers(1_000, 900_000, pairs).tolist()
    ports = draws.choice(("6001", "6001", "6001", "6002", "6004"), pairs).tolist()
    for end, person, sent, got, took_ms, port in zip(ends, who, up, down, took, ports, strict=True):
        user, address = people[person]
        begin = f"2013-03-21 {_clock(end)} 10.0.0.1"
        rest = f"/rpc/rpcproxy.dll mail.contoso.com:{port} 443 {user} {address} MSRPC 200 0 0"
        yield f"{begin} RPC_IN_DATA {rest} 0 {sent} {took_ms}\r\n"
        yield f"{begin} RPC_OUT_DATA {rest} {got} 0 {took_ms}\r\n"


def rca_lines(count: int) -> Iterator[str]:
    """Yield the lines of an RPC Client Access log, some 60 calls per session."""
    draws = np.random.Generator(np.random.Philox(2))
    people = _people(draws)
    yield f"#Software: Microsoft Exchange Server\r\n#Fields: {RCA_FIELDS}\r\n"
    times = np.sort(draws.integers(0, DAY_S * 1000, count)).tolist()
    who = draws.integers(0, PEOPLE, count).tolist()
    took = draws.integers(1, 80, count).tolist()
    kinds = draws.integers(0, len(ROPS), count).tolist()
    seen = [0] * PEOPLE
    for at, person, took_ms, kind in zip(times, who, took, kinds, strict=True):
        user, address = people[person]
        session, place = divmod(seen[person], 62)
        seen[person] += 1
        what = "Connect" if place == 0 else "Disconnect" if place == 61 else ""
        carried = "" if what else f'">{ROPS[kind]}; >{ROPS[kind - 1]};"'
        mode = "Cached" if person % 3 else "Classic"
        yield (
            f"2013-03-21T{_clock(at // 1000)}.{at % 1000:03d}Z,{session * PEOPLE + person},{place},"
            f"/o=Contoso/cn=Recipients/cn={user[8:]},,OUTLOOK.EXE,14.0.7108.5000,{mode},{address},"
            f"10.0.0.1,ncacn_http,Client=MSExchangeRPC,{what},0,00:00:00.{took_ms:03d}0000,"
            f"{carried},\r\n"
        )


def perfmon_lines(count: int) -> Iterator[str]:
    """Yield the lines of the counters of four mailbox servers and others that fill no column."""
    draws = np.random.Generator(np.random.Philox(3))
    paths = [
        rf"\\EX{server}{path}"
        for server in range(1, 5)
        for path in (
            r"\Processor(_Total)\% Processor Time", r"\MSExchangeIS\RPC Requests",
            r"\MSExchangeIS\RPC Averaged Latency", r"\MSExchangeIS\RPC Operations/sec",
            r"\Memory\Available MBytes", r"\PhysicalDisk(_Total)\Avg. Disk sec/Read",
        )
    ]  # fmt: skip
    yield '"(PDH-CSV 4.0) (Coordinated Universal Time)(0)",' + ",".join(f'"{p}"' for p in paths)
    yield "\r\n"
    values = draws.gamma(2.0, 30.0, (997, len(paths)))
    texts = [",".join(f'"{value:.15g}"' for value in row) for row in values.tolist()]
    for number in range(count):
        day, second = divmod(number, DAY_S)
        yield f'"03/{1 + day % 28:02d}/2013 {_clock(second)}.123",{texts[number % 997]}\r\n'


FORMATS = {
    "iis": (iis_lines, " ", 2, False), "rca": (rca_lines, ",", 2, True),
    "perfmon": (perfmon_lines, ",", 1, True),
}  # fmt: skip


def write(form: str, path: Path, size_bytes: int) -> None:
    """Write a log of about a size."""
    lines = FORMATS[form][0]
    some = list(lines(1000))
    count = int(1000 * size_bytes / len("".join(some)))
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines(count))


def pyarrow_speed(form: str, path: Path) -> float:
    """Return the bytes per second of pyarrow's CSV reader, with its own types, not kept."""
    _, separator, skip, quoted = FORMATS[form]
    begin_s = process_time()
    options = csv.ReadOptions(skip_rows=skip, autogenerate_column_names=True)
    parse = csv.ParseOptions(delimiter=separator, quote_char='"' if quoted else False)
    csv.read_csv(path, read_options=options, parse_options=parse)
    return path.stat().st_size / (process_time() - begin_s)


def import_speed(path: Path) -> float:
    """Return the bytes per second of an import."""
    with TemporaryDirectory() as folder:
        begin_s = process_time()
        import_files([path], Path(folder) / "run")
        return path.stat().st_size / (process_time() - begin_s)


def peak_mb(path: Path) -> float:
    """Return the peak memory of an import in a process of its own, in MB; Linux alone tells.

    `ru_maxrss` would be at least that of the process that starts it.
    """
    words = [sys.executable, "-m", "benchmarks.logs", str(path)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return float(done.stdout)


def measure(size_bytes: int = SIZE_BYTES) -> Iterator[Reached]:
    """Yield the speed of each format beside pyarrow's, and the peak memory."""
    with TemporaryDirectory() as folder:
        for form in FORMATS:
            path = Path(folder) / form
            write(form, path, size_bytes)
            ratio, own, other = interleaved(
                lambda path=path: import_speed(path),
                lambda form=form, path=path: pyarrow_speed(form, path), 3,
            )  # fmt: skip
            yield Reached("B12", f"import of a {form} log / pyarrow's CSV reader", 0.5, False,
                          ratio, f"{own / MB:.0f} and {other / MB:.0f} MB/s")  # fmt: skip
            yield Reached("B12", f"peak memory of that import, {size_bytes // MB} MB of log, MB",
                          400.0, True, peak_mb(path), "a process of its own")  # fmt: skip
            path.unlink()


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        import_files([sys.argv[1]], Path(folder) / "run")
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    print(int(status.partition("VmHWM:")[2].split()[0]) / 1024)
