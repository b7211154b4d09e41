"""The measured user of a front end as the model makes it: how many calls a second, and what they cost.

python -m anywhere_sim.calibrate.front_end      prints the number that stands in the model (`CALLS_PER_USER_S`) anew
"""

from __future__ import annotations

from typing import Any

from anywhere_sim.exchange.front_end import TLS_FULL_MCYCLES, TLS_RESUMED_MCYCLES
from anywhere_sim.scenario import Scenario
from anywhere_sim.simulation.simulate import simulate
from anywhere_sim.traces import Run

HOURS = 8.0


def measured_users(users: int, **front_end: Any) -> Scenario:
    """Return a day of the users of measurements A1 rows 3-4: heavy, Outlook 2007, cached, over HTTPS with Basic authentication."""
    return Scenario.build({
        "why": "the measured cost of a user of Outlook Anywhere", "start": "09:00", "end": "17:00", "places": {"here": {"kind": "cable"}},
        "servers": {"mbx1": {"role": "mailbox", "profile": "exchange2007"}, "fe1": {"role": "front_end", "profile": "iis7.5-r2"} | front_end},
        "groups": {"people": {
            "mailboxes": users, "client": "outlook2007", "mode": "cached", "activity": "heavy", "server": "mbx1", "itinerary": [["07:00", "here"]],
            "policy": {"roh_flags": 0x2B, "http_auth": "basic"},
        }},
    })  # fmt: skip


def calls_per_user_s(run: Run, users: int) -> float:
    """Return the calls per second and user that reach the servers behind the front end, those of attempts among them."""
    behind = run.servers[run.servers["role"].astype(str) != "front_end"]
    calls = behind.groupby(behind["server"].astype(str))["rpcs_arrived"].max().sum()
    return float(calls) / users / (HOURS * 3600.0)


def mhz_per_user(run: Run, users: int, mhz: float) -> float:
    """Return the front end's processor time per user in MHz, TLS handshakes taken off."""
    last = run.servers[run.servers["role"].astype(str) == "front_end"].iloc[-1]
    tls = float(last["tls_full"]) * TLS_FULL_MCYCLES + float(last["tls_resumed"]) * TLS_RESUMED_MCYCLES
    return (float(last["cpu_busy_s"]) * mhz - tls) / users / (HOURS * 3600.0)


if __name__ == "__main__":
    rates = [calls_per_user_s(simulate(measured_users(60), seed), 60) for seed in (1, 2, 3)]
    print(f"calls per user and second: {sum(rates) / len(rates):.4f} (seeds: {', '.join(f'{rate:.4f}' for rate in rates)})")
