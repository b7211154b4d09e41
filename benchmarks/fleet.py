"""A scenario of any size: half online, half cached, in the office, in the busy hour; one site or
many.
"""

from __future__ import annotations

import anywhere_sim as aw

MAILBOXES_PER_CORE = 500
MAILBOXES_PER_DISK = 1_000


def fleet(mailboxes: int, *, sites: int = 1, end: str = "10:10", rpcs: bool = False) -> aw.Scenario:
    """Return a scenario with that many mailboxes in all, on servers with a core per 500 of them and
    a disk per 1,000.
    """
    each, groups, servers = mailboxes // sites, {}, {}
    for site in range(1, sites + 1):
        cores = max(2, each // MAILBOXES_PER_CORE)
        disks = max(6, each // MAILBOXES_PER_DISK)
        servers |= {
            f"mbx{site}": {"role": "mailbox", "cores": cores, "disks": disks},
            f"gc{site}": {"role": "directory", "cores": cores},
        }
        for mode in ("online", "cached"):
            groups[f"{mode}{site}"] = {
                "mailboxes": each // 2,
                "client": "outlook2007",
                "mode": mode,
                "server": f"mbx{site}",
                "directory": f"gc{site}",
                "community": f"town{site}",
                "itinerary": [["08:00", f"office{site}"]],
            }
    return aw.Scenario.build(
        {
            "why": "how fast?",
            "start": "10:00",
            "end": end,
            "beginning": "settled",
            "record_rpcs": rpcs,
            "servers": servers,
            "groups": groups,
            "places": {f"office{site}": {"kind": "lan"} for site in range(1, sites + 1)},
        }
    )
