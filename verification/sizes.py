"""Sizes of the model beside independent builders: impacket's PDUs, OpenSSL's handshakes in
memory.
"""

from __future__ import annotations

import ssl
import subprocess
import warnings
from pathlib import Path

import pandas as pd
from impacket.dcerpc.v5 import rpch

from anywhere_sim.network.segmentation import TLS_VERSIONS
from anywhere_sim.outlook import rpc_over_http
from anywhere_sim.rpc import call
from verification.flights import End, flights

VERSIONS = {"tls1.0": ssl.TLSVersion.TLSv1, "tls1.2": ssl.TLSVersion.TLSv1_2}
CERTIFICATES_OF_THE_MODEL = (
    1_247,
    1_087,
)  # real_peers 4: bytes of the chain that the model's flights were counted with
SERVER_NAME = {
    "tls1.0": 0,
    "tls1.2": 9 + len("mail.example.com"),
}  # the extension that Windows XP does not send (RFC 6066 3)
PER_CERTIFICATE = 3  # a length before each (RFC 5246 7.4.2)


def pdus() -> pd.DataFrame:
    """Return the bytes of each RTS PDU in the model and as impacket builds it."""
    timeout, version, window = rpch.ConnectionTimeout(), rpch.Version(), rpch.ReceiveWindowSize()
    a3, c2 = rpch.CONN_A3_RTS_PDU(), rpch.CONN_C2_RTS_PDU()
    a3["ConnectionTimeout"] = c2["ConnectionTimeout"] = timeout
    c2["Version"], c2["ReceiveWindowSize"] = version, window
    rows = [
        ("CONN/A1", rpc_over_http.CONN_A1, len(rpch.hCONN_A1())),
        ("CONN/B1", rpc_over_http.CONN_B1, len(rpch.hCONN_B1())),
        ("CONN/A3", rpc_over_http.CONN_A3, rpch.RTSHeader._SIZE + len(a3.getData())),
        ("CONN/C2", rpc_over_http.CONN_C2, rpch.RTSHeader._SIZE + len(c2.getData())),
        (
            "FlowControlAckWithDestination",
            call.FLOW_CONTROL_BYTES,
            len(rpch.hFlowControlAckWithDestination(0, 1, 65_536, bytes(16))),
        ),
        ("Ping", call.PING_BYTES, len(rpch.hPing())),
    ]
    return pd.DataFrame(rows, columns=["PDU", "model", "impacket"])


def chain(folder: Path, count: int) -> tuple[Path, list[int]]:
    """Return a file with a key and a chain of so many certificates of RSA-2048, and the bytes of
    each certificate.
    """
    texts = []
    for name in ("a", "bb", "ccc")[:count]:
        words = (
            f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name * 9} -keyout "
            f"{folder}/{name}.key -out {folder}/{name}.crt"
        )
        subprocess.run(["openssl", *words.split()], check=True, capture_output=True)
        texts.append((folder / f"{name}.crt").read_text(encoding="utf-8"))
    path = folder / f"{count}.pem"
    path.write_text(
        (folder / "a.key").read_text(encoding="utf-8") + "".join(texts), encoding="utf-8"
    )
    return path, [len(ssl.PEM_cert_to_DER_cert(text)) for text in texts]


def handshakes(folder: Path) -> pd.DataFrame:
    """Return the flights of each version, chain and kind of handshake: the model's with these
    certificates' bytes, and OpenSSL's.
    """
    rows = []
    for count in (1, 2, 3):
        path, sizes = chain(folder, count)
        for name, version in VERSIONS.items():
            full, resumed = _in_memory(path, version)
            hello, certificates, *rest = TLS_VERSIONS[name].full
            certificates += sum(size + PER_CERTIFICATE for size in sizes) - sum(
                size + PER_CERTIFICATE for size in CERTIFICATES_OF_THE_MODEL
            )
            again, *others = TLS_VERSIONS[name].resumed
            rows.append(
                (name, count, "full", (hello - SERVER_NAME[name], certificates, *rest), full)
            )
            rows.append((name, count, "resumed", (again - SERVER_NAME[name], *others), resumed))
    return pd.DataFrame(rows, columns=["version", "certificates", "handshake", "model", "OpenSSL"])


def _in_memory(path: Path, version: ssl.TLSVersion) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the flights of a full and of a resumed handshake, by session identifier."""
    serving, asking = (
        ssl.SSLContext(side) for side in (ssl.PROTOCOL_TLS_SERVER, ssl.PROTOCOL_TLS_CLIENT)
    )
    asking.check_hostname, asking.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for context in (serving, asking):
            context.minimum_version = context.maximum_version = version
            context.set_ciphers("AES128-SHA:@SECLEVEL=0")
            context.options |= ssl.OP_NO_TICKET
    serving.load_cert_chain(path)
    client, server = (
        End(asking, server=False),
        End(serving, server=True),
    )  # both stay: a session is forgotten with a connection left open
    full = flights(client, server)
    return full, flights(
        End(asking, server=False, session=client.tls.session), End(serving, server=True)
    )
