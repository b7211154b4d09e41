"""RPC connections stage by stage: the model's beside a real endpoint mapper and a real bind, and
beside what real servers were measured to do.

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

from anywhere_sim.des.environment import Environment, Process
from anywhere_sim.des.random_streams import Streams
from anywhere_sim.exchange.server import Directory
from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.network.link import ConstantRate
from anywhere_sim.network.processor_sharing_link import ProcessorSharingLink
from anywhere_sim.network.segmentation import Segmentation
from anywhere_sim.network.tcp_connection import TcpComponents
from anywhere_sim.network.tcp_exchange import Serve, TcpExchange
from anywhere_sim.network.tcp_model import STACKS, TcpModel
from anywhere_sim.outlook.rpc_over_tcp import RpcOverTcp
from anywhere_sim.rpc.components import RpcComponents
from anywhere_sim.scenario.place import Place
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.scenario.server import Server
from verification import sizes
from verification.emulator import SERVER as HOST
from verification.measured import namespace, ready
from verification.page import markdown
from verification.rpc_https import by_stage, to_c2
from verification.samba import SERVER, samba

ROOT = Path(__file__).parents[1]
KBPS, RTT_MS = 10_000.0, 50.0
FIRST_CALL = (36, 48)  # SamrConnect without a signature, as impacket builds it and Samba answers
STAGES = ("EPM connect", "EPM bind", "ept_map", "connect", "bind", "third leg", "first call")
HEAD = """# RPC connections beside real ones

What `make verify-rpc` saw last.

## Direct

impacket asks Samba's endpoint mapper for a service, binds to it with NTLM and signs its first call, between two network
namespaces over an emulated link of 10 Mbit/s and 50 ms; beside it the model's own stages (`outlook/rpc_over_tcp.py`) with the stack `linux`. Payload bytes
of TCP; seconds of one connection. The user's name has six letters, as in the measurement that the model's AUTH3 comes from.

With Nagle's algorithm the first call waits until the third leg, which nobody answers, is acknowledged: a round trip and a delayed acknowledgement
(40 ms on Linux) more. What is measured is the second of two connections: for the first one Samba starts a worker, which takes 35 to 50 ms.

{direct}

## Over HTTP and HTTPS

The model's stages (`outlook/rpc_over_http.py`) beside what was measured once on a real server (gromox; real_peers 2.2) up to a mailbox logon: round trips and
payload of both channels. The heads are parameters of the model and are those of that measurement; the page behind the server's 401 is a parameter too, here 14
bytes as on that server (IIS: about 2,500, the model's default). Where TLS was resumed the real server put its first answer into one record of TLS more, 57 bytes, once; the
model does not.

{https}

Round trips up to CONN/C2 over plain HTTP, by the way in which clients open their channels. Nagle's algorithm holds back a call after AUTH3 in the model (above); on the
channels of RPC over HTTP the model's clients write head and PDU together, so the last two rows have nothing beside them.

{series}

## PDUs beside impacket's builders

{pdus}

## Handshakes beside OpenSSL's, in memory

Bytes of each flight, the client's first (AES128-SHA, RSA-2048, session identifiers, no server name). The model's second flight is that of its own chain (1,247 and 1,087 bytes) with the
bytes of this chain's certificates in the place of those.

{tls}
"""  # noqa: E501


class Noted(TcpExchange):
    """A talk that notes payload, begin and end of its exchanges."""

    def __init__(self, access_path: AccessPath) -> None:
        super().__init__(access_path, TcpComponents())
        self.rows: list[tuple[int, int, float, float]] = []

    def packets(self, up_ip_bytes: int, down_ip_bytes: int, count: int = 1) -> Process:
        """Note packets without payload."""
        begun_s = self.env.now
        yield from super().packets(up_ip_bytes, down_ip_bytes, count)
        self.rows.append((0, 0, begun_s, self.env.now))

    def exchange(
        self,
        up_payload: int,
        down_payload: int,
        serve: Serve | None = None,
        channels: tuple[int, int] = (1, 1),
    ) -> Process:
        """Note an exchange."""
        begun_s = self.env.now
        yield from super().exchange(up_payload, down_payload, serve, channels)
        self.rows.append((up_payload, down_payload, begun_s, self.env.now))

    def piggyback(self, payload: int, channels: int = 1) -> None:
        """Note a message that travels with the next."""
        super().piggyback(payload, channels)
        self.rows.append((payload, 0, self.env.now, self.env.now))


def predict(*, nodelay: bool) -> pd.DataFrame:
    """Return bytes up, bytes down and seconds per stage, as the model has them; what the third leg
    costs, the first call waits for.
    """
    env = Environment()
    place = Place.model_validate(
        {
            "kind": "lan",
            "down_kbps": KBPS,
            "up_kbps": KBPS,
            "rtt_ms": RTT_MS,
            "jitter_ms": 0,
            "loss": 0,
        }
    )
    links = (
        ProcessorSharingLink(env, ConstantRate(KBPS * 125.0)),
        ProcessorSharingLink(env, ConstantRate(KBPS * 125.0)),
    )
    talk = Noted(
        AccessPath(
            env,
            "line",
            "line",
            place,
            Segmentation(TcpModel(STACKS["linux"])),
            links,
            Streams(1, 0).stream("line"),
        )
    )
    server = Directory(env, "gc1", Server.model_validate({"role": "directory"}))

    stages, framing = RpcOverTcp(talk, server, Policy(nodelay=nodelay)), RpcComponents().directly()

    def steps() -> Process:
        yield from stages.map_endpoint()
        yield from stages.bind()
        yield from talk.exchange(
            framing.request_bytes(FIRST_CALL[0]), framing.response_bytes(FIRST_CALL[1])
        )

    env.process(steps())
    env.run()
    table = pd.DataFrame(
        talk.rows, index=pd.Index(STAGES), columns=["up", "down", "begun_s", "ended_s"]
    )
    seconds = table["ended_s"] - table["begun_s"]
    seconds["third leg"], seconds["first call"] = (
        0.0,
        table.loc["first call", "ended_s"] - table.loc["bind", "ended_s"],
    )
    return table[["up", "down"]].assign(seconds=seconds)


def measure(*, nodelay: bool) -> pd.DataFrame:
    """Return the same from a real connection; the second of two, so that the services have
    started.
    """
    python = [sys.executable, "-m"]
    with TemporaryDirectory() as folder, ExitStack() as stack:
        client, server = (stack.enter_context(namespace(f"awvr{end}{os.getpid()}")) for end in "cs")
        stack.enter_context(
            ready([*python, "verification.emulator", client, server, str(KBPS), str(RTT_MS), "0"])
        )
        stack.enter_context(samba(server, Path(folder)))
        words = [
            "ip",
            "netns",
            "exec",
            client,
            *python,
            "verification.rpc_client",
            HOST,
            "ntlm",
            "nodelay" if nodelay else "nagle",
        ]
        for _ in range(2):
            done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
    rows = {stage: row for stage, *row in json.loads(done.stdout)}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["up", "down", "seconds"])


def compare() -> pd.DataFrame:
    """Return a row per stage, with Nagle's algorithm and without."""
    tables = []
    for nodelay in (True, False):
        said = predict(nodelay=nodelay)
        both = (
            said.add_suffix("_predicted")
            .join(measure(nodelay=nodelay).add_suffix("_measured"))
            .rename_axis("stage")
            .reset_index()
        )
        tables.append(both.assign(nagle="off" if nodelay else "on"))
    table = pd.concat(tables, ignore_index=True)
    same = (table["up_predicted"] == table["up_measured"]) & (
        table["down_predicted"] == table["down_measured"]
    )
    return table.assign(same_bytes=same).set_index(["nagle", "stage"])


def main(words: list[str]) -> int:
    """Print the table; skip with a reason where there is no Samba or no namespace."""
    if sys.platform != "linux" or os.getuid() != 0 or not Path("/dev/net/tun").exists():
        print("skipped: network namespaces and /dev/net/tun need root on Linux")
        return 0
    if not SERVER.exists():
        print(
            f"skipped: {SERVER} is missing; install Samba (Debian: apt-get install "
            "--no-install-recommends samba)"
        )
        return 0
    table = compare()
    with TemporaryDirectory() as folder:
        https, series, pdus, tls = by_stage(), to_c2(), sizes.pdus(), sizes.handshakes(Path(folder))
    print(table.to_string(float_format=lambda value: f"{value:.4f}"))
    for other in (https, series, pdus, tls):
        print(other.to_string(index=False))
    print(f"{table['same_bytes'].sum()} of {len(table)} stages with the same bytes")
    if "--keep" in words:
        tables = {
            "direct": table.reset_index().round(4),
            "https": https,
            "series": series,
            "pdus": pdus,
            "tls": tls,
        }
        page = HEAD.format(**{name: markdown(shown) for name, shown in tables.items()})
        (ROOT / "docs/verify-rpc.md").write_text(page, encoding="utf-8")
    return 0 if table["same_bytes"].all() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
