"""Sizes of the model beside independent builders: impacket's PDUs, OpenSSL's handshakes in memory."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest
from impacket.dcerpc.v5 import rpch

from anywhere_sim.model import connection
from anywhere_sim.model.transport import framing, rpc_http
from anywhere_sim.model.transport.tls import TLS_VERSIONS
from verification.flights import End

VERSIONS = {"tls1.0": ssl.TLSVersion.TLSv1, "tls1.2": ssl.TLSVersion.TLSv1_2}
CERTIFICATES_OF_THE_MODEL = (1_247, 1_087)  # real_peers 4: bytes of the chain that the flights were counted with
SERVER_NAME = {"tls1.0": 0, "tls1.2": 9 + len("mail.example.com")}  # the extension that Windows XP does not send (RFC 6066 3)
PER_CERTIFICATE = 3  # a length before each (RFC 5246 7.4.2)


def test_pdus_are_as_long_as_those_of_impacket() -> None:
    timeout, version, window = rpch.ConnectionTimeout(), rpch.Version(), rpch.ReceiveWindowSize()
    a3, c2 = rpch.CONN_A3_RTS_PDU(), rpch.CONN_C2_RTS_PDU()
    a3["ConnectionTimeout"] = c2["ConnectionTimeout"] = timeout
    c2["Version"], c2["ReceiveWindowSize"] = version, window
    assert len(rpch.hCONN_A1()) == rpc_http.CONN_A1
    assert len(rpch.hCONN_B1()) == rpc_http.CONN_B1
    assert rpch.RTSHeader._SIZE + len(a3.getData()) == rpc_http.CONN_A3
    assert rpch.RTSHeader._SIZE + len(c2.getData()) == rpc_http.CONN_C2
    assert len(rpch.hFlowControlAckWithDestination(0, 1, 65_536, bytes(16))) == framing.FLOW_CONTROL_BYTES
    assert len(rpch.hPing()) == connection.PING_BYTES


@pytest.fixture(scope="module")
def chains(tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[Path, list[int]]]:
    """Chains of one, two and three certificates of RSA-2048, with the bytes of each certificate."""
    folder = tmp_path_factory.mktemp("chains")
    texts = []
    for name in ("a", "bb", "ccc"):
        words = f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name * 9} -keyout {folder}/{name}.key -out {folder}/{name}.crt"
        subprocess.run(["openssl", *words.split()], check=True, capture_output=True)
        texts.append((folder / f"{name}.crt").read_text(encoding="utf-8"))
    made = {}
    for count in (1, 2, 3):
        path = folder / f"{count}.pem"
        path.write_text((folder / "a.key").read_text(encoding="utf-8") + "".join(texts[:count]), encoding="utf-8")
        made[count] = (path, [len(ssl.PEM_cert_to_DER_cert(text)) for text in texts[:count]])
    return made


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("version", VERSIONS)
def test_handshakes_are_as_long_as_those_of_openssl(version: str, count: int, chains: dict[int, tuple[Path, list[int]]]) -> None:
    path, sizes = chains[count]
    serving, asking = (ssl.SSLContext(side) for side in (ssl.PROTOCOL_TLS_SERVER, ssl.PROTOCOL_TLS_CLIENT))
    asking.check_hostname, asking.verify_mode = False, ssl.CERT_NONE
    for context in (serving, asking):
        context.minimum_version = context.maximum_version = VERSIONS[version]
        context.set_ciphers("AES128-SHA:@SECLEVEL=0")
        context.options |= ssl.OP_NO_TICKET
    serving.load_cert_chain(path)
    known = TLS_VERSIONS[version]
    client, server = End(asking, server=False), End(serving, server=True)
    hello, certificates, key, finished = _shake(client, server)
    assert (hello, key, finished) == (known.full[0] - SERVER_NAME[version], *known.full[2:])
    assert certificates - sum(size + PER_CERTIFICATE for size in sizes) == known.full[1] - sum(
        size + PER_CERTIFICATE for size in CERTIFICATES_OF_THE_MODEL
    )
    again = _shake(End(asking, server=False, session=client.tls.session), End(serving, server=True))
    assert again == (known.resumed[0] - SERVER_NAME[version], *known.resumed[1:])


def _shake(client: End, server: End) -> tuple[int, ...]:
    """Return the bytes of each flight, the client's first."""
    sizes = []
    while sent := client.step():
        sizes.append(len(sent))
        server.received.write(sent)
        if not (answer := server.step()):
            break
        sizes.append(len(answer))
        client.received.write(answer)
    return tuple(sizes)
