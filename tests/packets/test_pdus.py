"""Single PDUs, tokens and records: impacket builds and reads the same, dpkt reads TLS and DNS."""

from __future__ import annotations

from uuid import UUID

import pytest
from impacket import ntlm as judge_of_ntlm
from impacket.dcerpc.v5 import epm, rpcrt
from impacket.dcerpc.v5 import rpch as judge
from impacket.spnego import SPNEGO_NegTokenInit, SPNEGO_NegTokenResp
from impacket.uuid import bin_to_uuidtup, uuidtup_to_bin

from anywhere_sim.network.segmentation import TLS_VERSIONS, TlsVersion
from anywhere_sim.packets import http, ntlm, rts, tls

dpkt = pytest.importorskip("dpkt")
CIRCUIT = rts.VirtualConnection.named("sales/1", bytes((10, 1, 0, 2)), 65_536)


def test_rts_pdus_have_the_documented_sizes() -> None:
    sizes = {
        "A1": CIRCUIT.conn_a1(), "A2": CIRCUIT.conn_a2(), "A3": CIRCUIT.conn_a3(),
        "B1": CIRCUIT.conn_b1(), "B2": CIRCUIT.conn_b2(), "B3": CIRCUIT.conn_b3(),
        "C": CIRCUIT.conn_c(), "ack": CIRCUIT.flow_control_ack(4_096), "ping": rts.PING,
    }  # fmt: skip
    assert {name: len(pdu) for name, pdu in sizes.items()} == {
        "A1": 76, "A2": 84, "A3": 28, "B1": 104, "B2": 128, "B3": 36, "C": 44, "ack": 56,
        "ping": 20,
    }  # fmt: skip
    for pdu in sizes.values():
        header = judge.RTSHeader(pdu)
        assert header["type"] == rpcrt.MSRPC_RTS
        assert header["frag_len"] == len(pdu)


def test_conn_a1_and_b1_are_those_that_impacket_builds() -> None:
    out = judge.hCONN_A1(
        virtualConnectionCookie=CIRCUIT.cookie.bytes_le,
        outChannelCookie=CIRCUIT.out_cookie.bytes_le, receiveWindowSize=65_536,
    )  # fmt: skip
    assert CIRCUIT.conn_a1() == out
    inbound = judge.hCONN_B1(
        virtualConnectionCookie=CIRCUIT.cookie.bytes_le,
        inChannelCookie=CIRCUIT.in_cookie.bytes_le,
        associationGroupId=CIRCUIT.group.bytes_le,
    )  # fmt: skip
    assert CIRCUIT.conn_b1() == inbound
    assert judge.hPing() == rts.PING
    ack = judge.hFlowControlAckWithDestination(
        judge.FDOutProxy, 4_096, 65_536, CIRCUIT.out_cookie.bytes_le
    )
    assert CIRCUIT.flow_control_ack(4_096) == ack


def test_bind_and_its_answer_are_read_by_impacket() -> None:
    header = rpcrt.MSRPCHeader(rts.bind(rts.EMSMDB))
    bind = rpcrt.MSRPCBind(header["pduData"])
    item = rpcrt.CtxItem(bind["ctx_items"])
    assert bin_to_uuidtup(item["AbstractSyntax"]) == (str(rts.EMSMDB.uuid).upper(), "0.81")
    assert header["frag_len"] == 72
    answer = rpcrt.MSRPCHeader(rts.bind_ack("6001", size=68))
    accepted = rpcrt.MSRPCBindAck(answer.getData())
    assert accepted["ctx_num"] == 1
    assert accepted.getCtxItem(1)["Result"] == 0


def test_the_endpoint_mapper_says_the_port() -> None:
    asked = rpcrt.MSRPCRequestHeader(rts.epm_map(rts.EMSMDB))
    assert (asked["op_num"], len(asked.getData())) == (3, 156)
    answer = rts.epm_map_answer(rts.EMSMDB, 49_200, bytes((192, 0, 2, 3)))
    found = epm.ept_mapResponse(rpcrt.MSRPCRespHeader(answer)["pduData"])
    tower = epm.EPMTower(b"".join(found["ITowers"][0]["Data"]["tower_octet_string"]))
    assert tower["Floors"][3]["RelatedData"] == (49_200).to_bytes(2, "big")
    assert len(answer) == 152
    assert uuidtup_to_bin(("8A885D04-1CEB-11C9-9FE8-08002B104860", "2.0")) == rts.NDR.to_bytes()


@pytest.mark.parametrize("pdu_bytes", [44, 5_840, 5_844, 20_000])
@pytest.mark.parametrize("signature", [0, 24, 32])
def test_fragments_put_together_are_the_pdu(pdu_bytes: int, signature: int) -> None:
    sizes = rts.fragment_sizes(pdu_bytes, signature, 5_840)
    made = rts.call_pdus(7, rts.Stub(11), sizes, signature)
    assert [len(each) for each in made] == sizes
    headers = [rpcrt.MSRPCRequestHeader(each) for each in made]
    assert [each["flags"] & 1 for each in headers] == [1] + [0] * (len(made) - 1)
    assert headers[-1]["flags"] & 2
    padding = 8 * len(made) if signature == 32 else 0
    assert sum(len(each["pduData"]) for each in headers) == pdu_bytes - 24 + padding
    assert {(each["op_num"], each["call_id"]) for each in headers} == {(11, 7)}
    assert {len(each["auth_data"]) for each in headers} == ({16} if signature else {0})


@pytest.mark.parametrize(("make", "read", "sizes"), [
    (ntlm.negotiate, judge_of_ntlm.NTLMAuthNegotiate, (32, 40, 84)),
    (ntlm.challenge, judge_of_ntlm.NTLMAuthChallenge, (112, 134, 210)),
    (ntlm.authenticate, judge_of_ntlm.NTLMAuthChallengeResponse, (180, 234, 402)),
])  # fmt: skip
def test_ntlm_tokens_have_the_length_asked_for(make, read, sizes) -> None:  # type: ignore[no-untyped-def]
    for size in sizes:
        token = make(size)
        assert len(token) == size
        assert token.startswith(b"NTLMSSP\0")
        read().fromString(token)


def test_spnego_tokens_are_read_by_impacket() -> None:
    first = SPNEGO_NegTokenInit(ntlm.spnego_first(118))
    assert first["MechToken"].startswith(b"NTLMSSP\0")
    answer = SPNEGO_NegTokenResp(ntlm.spnego_challenge(165))
    assert answer["ResponseToken"].startswith(b"NTLMSSP\0")
    assert [len(ntlm.spnego_authenticate(394)), len(ntlm.spnego_done(29))] == [394, 29]


@pytest.mark.parametrize("version", TLS_VERSIONS.values(), ids=TLS_VERSIONS)
def test_flights_and_records_of_tls_have_the_models_lengths(version: TlsVersion) -> None:
    hello, chain, key, last = version.full
    flights = {
        hello: tls.client_hello(version, hello, resumed=False),
        chain: tls.server_flight(version, chain), key: tls.key_flight(version, key),
        last: tls.finished(version, last),
        version.resumed[0]: tls.client_hello(version, version.resumed[0], resumed=True),
        version.resumed[1]: tls.resumed_answer(version, version.resumed[1]),
    }  # fmt: skip
    for size, flight in flights.items():
        records, used = dpkt.ssl.tls_multi_factory(flight)
        assert used == len(flight) == size
        assert all(record.type in (20, 22) for record in records)
    chained = dpkt.ssl.tls_multi_factory(flights[chain])[0][1]
    certificates = dpkt.ssl.TLSHandshake(chained.data).data.certificates
    assert len(certificates) == 2
    for payload in (1, 76, 5_840, 16_384, 20_000):
        assert len(tls.record(version, payload)) == version.record_bytes(payload)


def test_names_and_heads_have_the_models_lengths() -> None:
    for host in ("cas1", "a-front-end-with-a-long-name"):
        name = http.dns_name(host, 22)
        query = dpkt.dns.DNS(http.dns_query(7, name))
        answer = dpkt.dns.DNS(http.dns_answer(7, name, bytes((192, 0, 2, 3)), 70))
        assert len(bytes(query)) == 38
        assert answer.an[1].ip == bytes((192, 0, 2, 3))
        assert len(http.dns_answer(7, name, bytes(4), 70)) == 70
        assert dpkt.dns.DNS(http.dns_no_such_name(7, name, 70)).rcode == 3
    for size in (215, 268, 752):
        head = http.rpc_request("RPC_OUT_DATA", "mbx1", 6001, "cas1", size, 76)
        assert len(head) == size
        assert head.startswith(b"RPC_OUT_DATA /rpc/rpcproxy.dll?mbx1:6001 HTTP/1.1\r\n")
        assert head.endswith(b"\r\n\r\n")


def test_cookies_hang_on_the_name_alone() -> None:
    again = rts.VirtualConnection.named("sales/1", bytes((10, 1, 0, 2)), 65_536)
    other = rts.VirtualConnection.named("sales/2", bytes((10, 1, 0, 2)), 65_536)
    assert again == CIRCUIT
    assert len({CIRCUIT.cookie, CIRCUIT.in_cookie, CIRCUIT.out_cookie, other.cookie}) == 4
    assert isinstance(CIRCUIT.cookie, UUID)
