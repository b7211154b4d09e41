"""A direct RPC connection stage by stage: the model's beside a real endpoint mapper and a real bind.

python -m verification.rpc [--keep]      with --keep the table is left in docs/
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from anywhere_sim.kernel.clock import Clock, Process
from anywhere_sim.kernel.equal_share import EqualShareLink
from anywhere_sim.kernel.rate import ConstantRate
from anywhere_sim.kernel.streams import Streams
from anywhere_sim.kernel.wire import STACKS
from anywhere_sim.model.line import Line
from anywhere_sim.model.servers import Directory
from anywhere_sim.model.transport import direct
from anywhere_sim.model.transport.framing import directly
from anywhere_sim.model.transport.talk import Talk
from anywhere_sim.scenario.place import Place
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.scenario.server import Server
from verification.emulator import SERVER as HOST
from verification.measured import namespace, ready
from verification.samba import SERVER, samba

ROOT = Path(__file__).parents[1]
KBPS, RTT_MS = 10_000.0, 50.0
FIRST_CALL = (36, 48)  # SamrConnect without a signature, as impacket builds it and Samba answers
STAGES = ("EPM connect", "EPM bind", "ept_map", "connect", "bind", "third leg", "first call")
HEAD = """# A direct RPC connection beside a real one

What `make verify-rpc` saw last: impacket asks Samba's endpoint mapper for a service, binds to it with NTLM and signs its first call, between two network
namespaces over an emulated link of 10 Mbit/s and 50 ms; beside it the model's own stages (`transport/direct.py`) with the stack `linux`. Payload bytes
of TCP; seconds of one connection. The user's name has six letters, as in the measurement that the model's AUTH3 comes from.

With Nagle's algorithm the first call waits until the third leg, which nobody answers, is acknowledged: a round trip and a delayed acknowledgement
(40 ms on Linux) more. What is measured is the second of two connections: for the first one Samba starts a worker, which takes 35 to 50 ms.
The 1 to 3 ms that every stage takes longer are those of the emulator, of Samba and of Python.

"""


class Noted(Talk):
    """A talk that notes payload, begin and end of its exchanges."""

    def __init__(self, line: Line) -> None:
        super().__init__(line)
        self.rows: list[tuple[int, int, float, float]] = []

    def packets(self, up_ip_bytes: int, down_ip_bytes: int, count: int = 1) -> Process:
        """Note packets without payload."""
        begun_s = self.clock.now
        yield from super().packets(up_ip_bytes, down_ip_bytes, count)
        self.rows.append((0, 0, begun_s, self.clock.now))

    def exchange(self, up_payload: int, down_payload: int, serve: object = None, channels: tuple[int, int] = (1, 1)) -> Process:
        """Note an exchange; no stage of a direct connection waits for a server's work."""
        begun_s = self.clock.now
        yield from super().exchange(up_payload, down_payload, channels=channels)
        self.rows.append((up_payload, down_payload, begun_s, self.clock.now))

    def note(self, payload: int, channels: int = 1) -> None:
        """Note a message that travels with the next."""
        super().note(payload, channels)
        self.rows.append((payload, 0, self.clock.now, self.clock.now))


def predict(*, nodelay: bool) -> pd.DataFrame:
    """Return bytes up, bytes down and seconds per stage, as the model has them; what the third leg costs, the first call waits for."""
    clock = Clock()
    place = Place.model_validate({"kind": "lan", "down_kbps": KBPS, "up_kbps": KBPS, "rtt_ms": RTT_MS, "jitter_ms": 0, "loss": 0})
    links = (EqualShareLink(clock, ConstantRate(KBPS * 125.0)), EqualShareLink(clock, ConstantRate(KBPS * 125.0)))
    talk = Noted(Line(clock, "line", "line", place, STACKS["linux"], links, Streams(1, 0).stream("line")))
    server = Directory(clock, "gc1", Server.model_validate({"role": "directory"}))

    def steps() -> Process:
        yield from direct.map_endpoint(talk, server)
        yield from direct.bind(talk, server, Policy(nodelay=nodelay))
        yield from talk.exchange(directly().request_bytes(FIRST_CALL[0]), directly().response_bytes(FIRST_CALL[1]))

    clock.process(steps())
    clock.run()
    table = pd.DataFrame(talk.rows, index=pd.Index(STAGES), columns=["up", "down", "begun_s", "ended_s"])
    seconds = table["ended_s"] - table["begun_s"]
    seconds["third leg"], seconds["first call"] = 0.0, table.loc["first call", "ended_s"] - table.loc["bind", "ended_s"]
    return table[["up", "down"]].assign(seconds=seconds)


def measure(*, nodelay: bool) -> pd.DataFrame:
    """Return the same from a real connection; the second of two, so that the services have started."""
    python = [sys.executable, "-m"]
    with TemporaryDirectory() as folder, ExitStack() as stack:
        client, server = (stack.enter_context(namespace(f"awvr{end}{os.getpid()}")) for end in "cs")
        stack.enter_context(ready([*python, "verification.emulator", client, server, str(KBPS), str(RTT_MS), "0"]))
        stack.enter_context(samba(server, Path(folder)))
        words = ["ip", "netns", "exec", client, *python, "verification.rpc_client", HOST, "ntlm", "nodelay" if nodelay else "nagle"]
        for _ in range(2):
            done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
    rows = {stage: row for stage, *row in json.loads(done.stdout)}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["up", "down", "seconds"])


def compare() -> pd.DataFrame:
    """Return a row per stage, with Nagle's algorithm and without."""
    tables = []
    for nodelay in (True, False):
        said = predict(nodelay=nodelay)
        both = said.add_suffix("_predicted").join(measure(nodelay=nodelay).add_suffix("_measured")).rename_axis("stage").reset_index()
        tables.append(both.assign(nagle="off" if nodelay else "on"))
    table = pd.concat(tables, ignore_index=True)
    same = (table["up_predicted"] == table["up_measured"]) & (table["down_predicted"] == table["down_measured"])
    return table.assign(same_bytes=same).set_index(["nagle", "stage"])


def main(words: list[str]) -> int:
    """Print the table; skip with a reason where there is no Samba or no namespace."""
    if sys.platform != "linux" or os.getuid() != 0 or not Path("/dev/net/tun").exists():
        print("skipped: network namespaces and /dev/net/tun need root on Linux")
        return 0
    if not SERVER.exists():
        print(f"skipped: {SERVER} is missing; install Samba (Debian: apt-get install --no-install-recommends samba)")
        return 0
    table = compare()
    print(table.to_string(float_format=lambda value: f"{value:.4f}"))
    print(f"{table['same_bytes'].sum()} of {len(table)} stages with the same bytes")
    if "--keep" in words:
        shown = table.reset_index().round(4)
        lines = ["| " + " | ".join(shown.columns) + " |", "|" + " --- |" * len(shown.columns)]
        lines += ["| " + " | ".join(str(value) for value in row) + " |" for row in shown.itertuples(index=False)]
        (ROOT / "docs/verify-rpc.md").write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return 0 if table["same_bytes"].all() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
