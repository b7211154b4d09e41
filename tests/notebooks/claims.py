"""What the prose of the lessons says of their outputs, to be run behind each lesson's last cell.

A number that a lesson prints needs no line here; a sentence beside it does, where another model,
seed or version could make it false.
"""

from __future__ import annotations

CLAIMS = {
    "00": """
places = lab.waits_by_place(run, lena)
things = places["things done"] + places["failed"]
assert things.idxmin() == places["waited in all, s"].idxmax() == "train"
assert 42 < places.loc["train", "longest wait, s"] < 50
first, second = lab.rows_of(run.operations, lena).nlargest(2, "wait_s").to_dict("records")
assert {each["kind"] for each in (first, second)} == {"send"}
assert first["bytes"] > 1.7e6 and second["bytes"] < 10_000 and 30 < second["wait_s"] < 35
assert second["state"] == "connected" and second["start_s"] // 60 == 8 * 60 + 45
left = lab.waits_by_place(cached, lena)["waited in all, s"]
assert left[left > 0.5].index.tolist() == ["home"]
other = lab.waits_by_place(run, "consultants/8")
assert other.loc["train", ["things done", "failed"]].sum() > 2 * things["train"]
assert other.loc["train", "waited in all, s"] < 0.5 * places.loc["train", "waited in all, s"]
assert max(waits["cached"]) < min(waits["online"])
""",
    "01": """
starts = {name: run.attempts["start_s"].tolist() for name, run in runs.items()}
assert starts["7"] == starts["7 again"] != starts["7,000"]
assert new[0] == new[1]
medians = [lab.time_to_connect_s(run, "dropped").median() for run in (runs["7"], ticked)]
assert medians[0] > 21 > 2 > medians[1]
""",
    "02": """
assert lab.transfer_times(cases, size_kb=100)["seconds"].idxmax() == "much latency"
took = lab.sync_times_s(runs, "train")
assert abs(took["median, s"].diff().iloc[-1]) < 0.05
assert took.loc["the recording", "95 %, s"] > 1.2 * took.loc["its mean", "95 %, s"]
fleet_s = table["whole fleet"]
assert fleet_s.idxmin() == 32
slow = [name for name in fleet if "dropped" in name]
assert all(table.loc[128, name] < table.loc[32, name] for name in slow)
assert table.loc[128, "dial-up into the company"] > table.loc[32, "dial-up into the company"]
""",
    "03": """
mine = {mode: lab.rows_of(run.operations, "people/1") for mode, run in runs.items()}
failed = mine["online"].query("outcome == 'failed'")
dead = failed["start_s"].between(8.5 * 3600, 9 * 3600)
assert 0 < (~dead).sum() < dead.sum()
assert set(failed[~dead]["state"]) == {"trying"}
assert failed[~dead]["start_s"].between(12 * 3600, 12.1 * 3600).all()
tall = mine["online"].query("wait_s > 10")
assert len(tall) == 3 and set(tall["state"]) == {"connected"} and set(tall["outcome"]) == {"done"}
assert tall["start_s"].between(12 * 3600, 13.5 * 3600).all() and (tall["wait_s"] > 18).all()
assert (mine["cached"]["wait_s"] > 0.5).sum() == 1
assert set(mine["cached"].query("served_by == 'server'")["kind"]) == {"shared_folder"}
told = mine["offline_ost"].query("outcome == 'failed'")
assert set(told["kind"]) == {"send_receive"} and len(told) == 2
assert (told["wait_s"] - 30 < 5).all()
assert lab.rows_of(runs["offline_ost"].syncs, "people/1")["start_s"].min() > 13.5 * 3600
median = lab.message_ages_s(runs).groupby("mode", observed=True)["age_s"].median()
assert 25 < median["cached"] - median["online"] < 35
up, age = table.columns
assert 8 < table.loc[1, up] - table.loc[30, up] < 12 and table[age].is_monotonic_increasing
""",
    "04": """
from anywhere_sim.lab import controls, scenes

def loads(cached, away):
    made = scenes.morning(
        200, cached, away, https_first=False, front_end="iis6-sp1", speed=controls.SPEED,
        minutes=controls.LOOK_MINUTES,
    )
    seen = aw.simulate(made, seed=7)
    store = seen.servers.query("role == 'mailbox'").mean(numeric_only=True)
    web = seen.servers.query("role == 'front_end'")
    return store, web["http_sessions"].max(), seen.operations["wait_s"].quantile(0.95)

online, cached = loads(0, 50), loads(100, 50)
share = cached[0] / online[0]
assert 0.45 < share["rpc_packets_per_s"] < 0.55 < share["cpu_busy"] < 0.8
assert 0.9 < share["rpc_operations_per_s"] < 1.15
assert 0.25 < share["disk_reads_per_s"] < 0.4
assert cached[2] < 0.5 < online[2]
office, half, home = (loads(50, away) for away in (0, 50, 100))
calls = [each[0]["rpc_packets_per_s"] for each in (office, half, home)]
assert calls[2] < calls[0] < calls[1] and half[1] < home[1] == 1000
said = lab.as_noticed(results.contrasts()).set_index(["contrast", "fleet", "measure"])["word"]
mode = said["cached - online"]
fewer = ("RPC calls", "disk reads", "disk writes")
assert {mode["office", each] for each in fewer} == {"fewer"}
assert mode["office", "RPC operations"] == mode["office", "age of a message, p50"] == "more"
assert mode["mobile", "RPC operations"] == "more"
assert mode["mobile", "waited per open hour, mean"] == "fewer"
assert {mode[fleet, "bytes down"] for fleet in ("office", "mobile")} == {"not distinguishable"}
assert mode["mobile", "RPC calls"] == "not distinguishable"
order = said["https_first - tcp_first"]["mobile"]
assert order["without a connection"] == "fewer"
changed = set(order[order.isin(["more", "fewer"])].index) & set(figures.study.SHOWN)
assert changed == {"without a connection"}
""",
    "05": """
assert 0.15 / operations > 1.0 and calls < operations / 3
walls = lab.users_per_front_end(channels_per_user=10)
assert walls.loc["iis6-sp1"].idxmin() == "by request queue"
assert walls.loc["iis6-sp1", "by request queue"] == 100 and 9 < held / 50 < 10
""",
    "06": """
from anywhere_sim.lab.controls import OUTAGE_AT_S, PEOPLE_IN_A_STORM

def back(minutes, backoff):
    seen = aw.simulate(scenes.storm(PEOPLE_IN_A_STORM, minutes, backoff, resume=True), seed=7)
    over_s = OUTAGE_AT_S + 60.0 * minutes
    with_one = seen.states[seen.states["state"].isin(["connected", "connected_headers"])]
    there = with_one.query("start_s < @over_s and end_s > @over_s - 1")["mailbox"].nunique()
    during = seen.attempts.query("@OUTAGE_AT_S < start_s < @over_s")
    return lab.recovery_time_s(seen.states, over_s), there / PEOPLE_IN_A_STORM, len(during)

assert 0.35 < back(5, "doubling")[1] < 0.45
none, doubling, outlook = (back(15, each) for each in ("none", "doubling", "outlook"))
assert none[0] < doubling[0] < outlook[0] and none[2] > outlook[2] > doubling[2]
assert none[1] == doubling[1] == outlook[1] == 0.0
assert per_one["front end"] > 3 * per_one["link"] and counts.loc["full", "link"] == 0
reach = {name: lab.in_reach(run.states, 36_600, 37_200) for name, run in crashed.items()}
assert reach["one front end"] < 0.7 < 0.99 < reach["two in a pool"]
longest = {answer: run.operations["wait_s"].max() for answer, run in boxes.items()}
assert 18 < longest["silent"] < 20 and longest["rst"] < 1
assert ends_s["at_once"] < ends_s["spread"] - 3600
""",
    "07": """
assert abs(lab.interval_coverage("replications") - 0.95) < 0.03
assert lab.interval_coverage("one run") < 0.5
assert (ends < 0).all(axis=None)
loss = ends[ends.index.astype(str).str.contains("loss of the link")].iloc[0]
assert loss["result at low"] < loss["result at high"]  # a longer one: a smaller difference
red = facts.query("standing == 'expected to fail'")["what"]
known = "first start|disk operations|mean response online per request at 10 % loss"
assert red.str.contains(known).all()
""",
    "08": """
failures = {name: (run.attempts["outcome"] == "failed").sum() for name, run in crashes.items()}
back_s = {name: lab.recovery_time_s(run.states, 36_600) for name, run in crashes.items()}
assert failures["patient"] < failures["doubling"]
assert back_s["patient"] <= 300 < 2 * 300 < back_s["doubling"]
""",
    "09": """
hourly = {mode: lab.calls_per_person(run).iloc[0] for mode, run in runs.items()}
assert 0.4 < hourly["cached"]["calls"] / hourly["online"]["calls"] < 0.6
assert hourly["cached"]["operations"] > hourly["online"]["operations"]
sync = done.groupby("direction", observed=True)[["rpcs", "rops"]].mean()
assert sync["rpcs"].between(2, 2.6).all() and sync["rops"].between(15, 20).all()
assert (runs["cached"].rpcs["operation"] > 0).mean() < 0.01
""",
    "10": """
assert found.binding == found.limits["limit"].iloc[0] == "ward down: line"
assert found.limits["limit"].iloc[1] == "ward up: line"
tail = {mode: waits.quantile(0.95) for mode, waits in waits_s.items()}
assert tail["cached"] < 0.5 and tail["online"] > 10
assert {step.size for step in seen[:4]} >= {ward.groups["staff"].mailboxes}
""",
}
"""Python by the number of a lesson; names are those that the lesson has made."""
