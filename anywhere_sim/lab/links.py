"""Experiments with links: how long a transfer takes, and which threshold serves whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf
from typing import Any

import pandas as pd

from anywhere_sim.analysis.user_performance import time_to_connect_s
from anywhere_sim.des.environment import Environment
from anywhere_sim.lab import scenes
from anywhere_sim.network.link import ConstantRate
from anywhere_sim.network.processor_sharing_link import ProcessorSharingLink
from anywhere_sim.network.tcp_model import STACKS, SendWindow, TcpModel
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.quantities import BYTES_PER_KBIT
from anywhere_sim.simulation.simulate import simulate
from anywhere_sim.traces import Run

SLOW_PLACES: Mapping[str, dict[str, Any]] = {
    "GPRS, port 135 dropped": {"kind": "gprs", "internal_names": "resolve", "port_135": "drop"},
    "3G over Bluetooth, port 135 dropped": {
        "kind": "modem_3g",
        "adapter_kbps": 115.2,
        "internal_names": "resolve",
        "port_135": "drop",
    },
    "dial-up into the company": {
        "kind": "dial_up",
        "internal_names": "resolve",
        "port_135": "open",
    },
}
"""Slow places that want opposite orders: two wait 21 s for direct TCP, one has nothing but it on
its side.
"""


def transfer_s(size_kb: float, kbps: float, rtt_ms: float, sharers: int = 1) -> float:
    """Return the seconds until `size_kb` kilobytes have come down a link that `sharers` such
    transfers share, new connection, request included.

    >>> alone_s = lab.transfer_s(100, kbps=256, rtt_ms=60)
    >>> alone_s < lab.transfer_s(100, kbps=256, rtt_ms=60, sharers=2)
    True
    """
    tcp, env, rtt_s = TcpModel(STACKS["windows-vista"]), Environment(), rtt_ms / 1000.0
    link, done, payload = (
        ProcessorSharingLink(env, ConstantRate(kbps * BYTES_PER_KBIT)),
        list[float](),
        int(size_kb * 1000),
    )
    for _ in range(sharers):
        link.send(None, tcp.ip_bytes(payload), lambda _: done.append(env.now))
    env.run()
    stall_s = tcp.slow_start_stall_s(
        payload,
        kbps * BYTES_PER_KBIT / sharers,
        rtt_s,
        tcp.cwnd_after(0),
        quick=tcp.stack.quick_acks,
    )
    return rtt_s + stall_s + max(done)


def behind_an_upload_s(kbps: float, window_kb: float, rtt_ms: float = 60.0) -> float:
    """Return how long a small packet waits in the router's queue while somebody sends a large
    attachment up the same line, in seconds.

    `window_kb` is how much the other side lets the sender have under way (TCP's receive window);
    what the line does not hold stands in the queue.

    >>> round(lab.behind_an_upload_s(kbps=256, window_kb=64), 1)
    1.9
    """
    env, left_s = Environment(), list[float]()
    rate, window_bytes = kbps * BYTES_PER_KBIT, window_kb * 1000.0
    link = ProcessorSharingLink(env, ConstantRate(rate), rtt_s=rtt_ms / 1000.0)
    window = SendWindow(window_bytes, 0.5, window_bytes, 1500.0)
    whole_bytes = 40.0 * window_bytes
    link.send(None, whole_bytes, lambda _: None, inf, window_bytes, window)
    call_s = 0.5 * whole_bytes / rate
    env.run(until=call_s)
    link.send(None, 100.0, lambda _: left_s.append(env.now), inf, 100.0)
    env.run()
    return left_s[0] - call_s


def transfer_times(
    cases: Mapping[str, tuple[float, float, int]], size_kb: float = 100.0
) -> pd.DataFrame:
    """Return a row per case (its kbit/s, round trip in ms, sharers) with the seconds that `size_kb`
    take.

    >>> lab.transfer_times({"alone": (256, 60, 1), "with another": (256, 60, 2)}).index.tolist()
    ['alone', 'with another']
    """
    rows = [
        {
            "case": name,
            "kbit/s": kbps,
            "round trip, ms": rtt_ms,
            "sharers": sharers,
            "seconds": transfer_s(size_kb, kbps, rtt_ms, sharers),
        }
        for name, (kbps, rtt_ms, sharers) in cases.items()
    ]
    return pd.DataFrame(rows).set_index("case")


def threshold_curve(
    fleet: Mapping[str, int], thresholds_kbps: Iterable[float] = (32, 48, 64, 96, 128, 256)
) -> pd.DataFrame:
    """Return the seconds from launch to mail by threshold (rows), with the default check boxes: a
    column per place of SLOW_PLACES, and their mean.

    `fleet` says how many clients sit at each place; the mean over all of them is the column `whole
    fleet`.

    >>> lab.threshold_curve({"GPRS, port 135 dropped": 1}, [128]).index.tolist()
    [128]
    """
    rows = {}
    for threshold in thresholds_kbps:
        waits = {place: _launch_s(SLOW_PLACES[place], threshold) for place in fleet}
        rows[threshold] = waits | {
            "whole fleet": sum(waits[place] * people for place, people in fleet.items())
            / sum(fleet.values())
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("threshold, kbit/s")


def _launch_s(link: dict[str, Any], threshold_kbps: float) -> float:
    scenario: Scenario = scenes.launch(
        "3G stick",
        https_first_on_fast=False,
        https_first_on_slow=True,
        threshold_kbps=threshold_kbps,
        authentication="ntlm",
    ).with_(places__here=link)
    return float(time_to_connect_s(simulate(scenario, seed=7), "one").min())


def compare_speed_rules(scenario: Scenario, group: str, seed: int = 7) -> pd.DataFrame:
    """Return what judging by the adapter and by measurement does to a group: how often slow,
    seconds per round, rounds.

    >>> lab.compare_speed_rules(office.with_(end="08:20"), "online").index.tolist()
    ['adapter', 'measured']
    """
    rows = []
    for rule in ("adapter", "measured"):
        run = simulate(scenario.with_(**{f"groups__{group}__policy__speed_rule": rule}), seed=seed)
        tried = run.attempts[run.attempts["group"] == group]
        rounds = tried.groupby("round").agg(
            slow=("speed_class", lambda words: words.iloc[0] == "slow"),
            begin=("start_s", "min"),
            end=("end_s", "max"),
        )
        rows.append(
            {
                "rule": rule,
                "rounds": len(rounds),
                "judged slow, %": 100.0 * rounds["slow"].mean(),
                "seconds per round, median": (rounds["end"] - rounds["begin"]).median(),
            }
        )
    return pd.DataFrame(rows).set_index("rule")


def sync_times_s(runs: Mapping[str, Run], place: str) -> pd.DataFrame:
    """Return how long the synchronisations took that were completed at a place, a row per run: how
    many, median, 95th percentile and longest, in seconds.

    >>> lab.sync_times_s(runs, "office").columns.tolist()
    ['synchronisations', 'median, s', '95 %, s', 'longest, s']
    """
    rows = {}
    for name, run in runs.items():
        there = run.syncs[
            (run.syncs["place"] == place) & (run.syncs["outcome"].astype(str) == "done")
        ]
        rows[name] = (there["end_s"] - there["start_s"]).describe(percentiles=[0.5, 0.95])
    names = {"count": "synchronisations", "50%": "median, s", "95%": "95 %, s", "max": "longest, s"}
    return pd.DataFrame(rows).T[list(names)].rename(columns=names)
