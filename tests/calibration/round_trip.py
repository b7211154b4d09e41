"""A run whose parameters are known, exported as logs, imported and calibrated.

`python -m tests.calibration.round_trip` prints a row per parameter of a week.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

import anywhere_sim as aw
from anywhere_sim.formats import export_run, import_files
from tests.support import build, simulate

HOURS = (7.0, 12.0, 13.0, 11.0, 12.0, 12.0, 12.0, 11.0, 7.0, 3.0)
"""Percent of a day's events in the hours from 8 on."""
ACTIVITY = {
    "new_messages": 6.0, "reply_share": 0.15, "outside_messages": 30.0, "folder_views": 20.0,
    "old_items_opened": 10.0, "searches": 5.0, "calendar_changes": 6.0, "delete_share": 0.45,
    "move_share": 0.25, "next_item_share": 0.4, "opened_in_window_share": 0.35,
}  # fmt: skip
COMMUNITY: dict[str, Any] = {
    "activity_sigma": 0.8, "burst_messages": 2.2, "burst_gap_s": 150.0, "size_mean_bytes": 60_000.0,
    "size_sigma": 1.8,
}  # fmt: skip
REQUESTS = {"preview_property_calls": 2, "search_polls": 2}
MCYCLES, SPREAD_S = 3.5, 900.0
ONLINE, CACHED, STORE = "groups.online-tcp", "groups.cached-https", "servers.mbx1"


def scenario(people: int, days: int, modes: tuple[str, ...] = ("online", "cached")) -> aw.Scenario:
    """Return so many people in each mode for some days: online at the office, cached at home."""
    place = {"online": "office", "cached": "home"}
    group = {"mailboxes": people, "server": "mbx1", "community": "all", "activity": ACTIVITY}
    week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    return build({
        "why": "what do the logs give back?", "start": "00:00", "end": f"{24 * days:02d}:00",
        "servers": {
            "mbx1": {"role": "mailbox", "cores": 2, "rpc_mcycles": MCYCLES},
            "gc1": {"role": "directory"}, "cas1": {"role": "front_end"},
        },
        "places": {"office": {"kind": "lan"}, "home": {"kind": "cable"}},
        "communities": {"all": COMMUNITY | {"day_shape": [0.0] * 8 + [*HOURS] + [0.0] * 6}},
        "groups": {
            mode: group | {
                "mode": mode, "itinerary": [["08:00", place[mode]], ["18:00", "off"]],
                "days": week, "requests": REQUESTS,
            }
            for mode in modes
        },
        "record_rpcs": True,
    })  # fmt: skip


def truth(modes: tuple[str, ...] = ("online", "cached")) -> dict[str, Any]:
    """Return the parameters that logs can give back, by their keys in a calibrated scenario."""
    known: dict[str, Any] = {
        f"{STORE}.cores": 2, f"{STORE}.rpc_mcycles": MCYCLES,
        f"{ONLINE}.itinerary_spread_s": SPREAD_S,
    }  # fmt: skip
    known |= {f"communities.people.{key}": value for key, value in COMMUNITY.items()}
    unseen = ("folder_views",)
    known |= {f"{ONLINE}.activity.{k}": v for k, v in ACTIVITY.items() if k not in unseen}
    known |= {f"{ONLINE}.requests.{key}": value for key, value in REQUESTS.items()}
    if "cached" in modes:
        known[f"{CACHED}.activity.new_messages"] = ACTIVITY["new_messages"]
        known[f"{CACHED}.itinerary_spread_s"] = SPREAD_S
    return known


def round_trip(given: aw.Scenario, folder: Path, seed: int = 5) -> aw.Calibration:
    """Return what is calibrated from the logs and counters of a run of a scenario."""
    run = simulate(given, seed)
    files = []
    for form in ("iis", "rca", "perfmon"):
        export_run(run, form, folder / form)
        files += sorted(path for path in (folder / form).rglob("*") if path.is_file())
    import_files(files, folder / "in", keep_names=True)
    return aw.calibrate(folder / "in")


def compared(found: aw.Calibration, known: dict[str, Any]) -> pd.DataFrame:
    """Return a row per parameter: truth, estimate, interval, and whether that holds the truth."""
    table = found.table().set_index("key").loc[[*known]]
    table.insert(0, "truth", [*known.values()])
    exact = table["low"].isna() & (table["value"] == table["truth"])
    table["held"] = exact | ((table["low"] <= table["truth"]) & (table["truth"] <= table["high"]))
    return table[["truth", "value", "low", "high", "half_width", "measured", "held"]]


def hours(found: aw.Calibration) -> list[float]:
    """Return the percent of the hours from 8 on."""
    rows = [row.estimate for row in found.rows if row.estimate.key == "day_shape"]
    return [float(each) for each in rows[0].value[8:18]]


def main() -> None:
    """Print what a week gives back."""
    with TemporaryDirectory() as folder:
        found = round_trip(scenario(20, 7), Path(folder))
    print(compared(found, truth()).to_string(float_format="{:,.4g}".format))
    print("hours from 8 on:", HOURS, hours(found))
    print("\n".join(filter(None, found.fits)))


if __name__ == "__main__":
    main()
