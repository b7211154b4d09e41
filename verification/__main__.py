"""Predict, then measure, then compare.

python -m verification [REPEATS] [--keep]      with --keep table, page and figure are left in docs/
and data/reference/ python -m verification --short                 fewer profiles, once: judged are
bytes, and that nothing fails; times are printed
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import fmean, median, stdev
from tempfile import TemporaryDirectory

import pandas as pd

from verification import cases
from verification.flights import Handshake, handshakes
from verification.measured import Found, jobs, measure, own_ms
from verification.page import keep, summary
from verification.predicted import Said, predict
from verification.profile import PROFILES, SHORT, Profile

SIDE_BY_SIDE = 16
REPEATS = 7
BYTES_WITHIN = (
    0.1  # in the short form: a loaded machine may lead the kernel to send a segment again
)


def certificates(folder: str) -> tuple[str, str]:
    """Return a file with a new key and one certificate, and one with a chain of three."""
    texts = []
    for name in ("verification", "intermediate", "root"):
        path = f"{folder}/{name}"
        command = (
            f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout "
            f"{path}.key -out {path}.crt"
        )
        subprocess.run(command.split(), check=True, capture_output=True)
        texts.append(Path(f"{path}.crt").read_text(encoding="utf-8"))
    key = Path(f"{folder}/verification.key").read_text(encoding="utf-8")
    for count in (1, 3):
        Path(f"{folder}/{count}.pem").write_text(key + "".join(texts[:count]), encoding="utf-8")
    return f"{folder}/1.pem", f"{folder}/3.pem"


def compare(
    profiles: tuple[Profile, ...], repeats: int
) -> tuple[pd.DataFrame, dict[str, Handshake]]:
    """Return a row per profile and case (predicted and measured, difference, goal, whether it is
    met), and the handshakes.
    """
    with TemporaryDirectory() as folder, ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        files = certificates(folder)
        known, own = handshakes(*files), own_ms(*files)
        print(f"the emulator's own part of a round trip, taken off its delay: {own:.2f} ms")
        said = {profile: predict(profile, known) for profile in profiles}
        work = [job for profile in profiles for job in jobs(profile, repeats)]
        found: dict[tuple[Profile, str], Found] = {}
        for job, taken in zip(
            work, pool.map(lambda job: measure(job, *files, own), work), strict=True
        ):
            found.setdefault((job.profile, job.congestion), {}).update(taken)
    rows = [
        row(
            profile,
            case,
            prediction,
            found[profile, "reno"][case],
            found.get((profile, "bbr"), {}).get(case),
        )
        for profile in profiles
        for case, prediction in said[profile].items()
    ]
    return pd.DataFrame(rows), known


def row(
    profile: Profile,
    case: str,
    said: Said,
    taken: list[tuple[float, int, int]],
    bbr: list[tuple[float, int, int]] | None,
) -> dict[str, object]:
    """Return one row of the table."""
    seconds = [each[0] for each in taken]
    kind, goal, way = cases.kind(case), cases.goal(profile, case), 1 if case.startswith("up") else 2
    lossy = kind == "loss"
    measured_s = fmean(seconds) if lossy else median(seconds)
    off = said.seconds / measured_s - 1.0
    around = 1.96 * stdev(seconds) / len(seconds) ** 0.5 if lossy else 0.0
    return {
        "profile": profile.name + (" *" if profile.frozen_on else ""),
        "kind": kind,
        "case": case,
        "predicted_s": round(said.seconds, 4),
        "measured_s": round(measured_s, 4),
        "difference_percent": round(100.0 * off, 2),
        "goal_percent": round(100.0 * goal, 2),
        "met": abs(off) <= goal,
        "interval_s": f"{measured_s - around:.4f} to {measured_s + around:.4f}" if lossy else "",
        "repeats": len(seconds),
        "predicted_bytes": round(said[way]),
        "measured_bytes": round(fmean([each[way] for each in taken])),
        "bbr_s": round(median([each[0] for each in bbr]), 4)
        if bbr and kind in ("transfer", "rest")
        else None,
    }


def judge(table: pd.DataFrame) -> int:
    """Return 1 when a transfer had other bytes than the model says: what does not depend on how
    busy this machine is.
    """
    chosen = table[table["kind"] == "transfer"]
    wrong = chosen[
        (chosen["predicted_bytes"] / chosen["measured_bytes"] - 1.0).abs() > BYTES_WITHIN
    ]
    print(
        f"bytes of {len(chosen) - len(wrong)} of {len(chosen)} transfers within {BYTES_WITHIN:.0%}"
    )
    if len(wrong):
        print(wrong.to_string(index=False))
    return int(len(wrong) > 0)


def main(words: list[str]) -> int:
    """Print the table; skip with a reason where there are no namespaces."""
    if sys.platform != "linux" or os.getuid() != 0 or not Path("/dev/net/tun").exists():
        print("skipped: network namespaces and /dev/net/tun need root on Linux")
        return 0
    short = "--short" in words
    repeats = next((int(word) for word in words if word.isdigit()), 1 if short else REPEATS)
    table, known = compare(SHORT if short else PROFILES, repeats)
    print(table.drop(columns="kind").to_string(index=False))
    print(summary(table).to_string(index=False))
    print(f"{table['met'].sum()} of {len(table)} within their goal")
    if "--keep" in words:
        keep(
            table,
            ", ".join(
                f"{case.removeprefix('TLS 1.2 ')}: {1000.0 * each.work_s:.2f} ms"
                for case, each in known.items()
            ),
        )
    return judge(table) if short else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
