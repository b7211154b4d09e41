"""What stands behind the front end: the same calls in clear, on two TCP connections of their own.

MS-RPCH 3.2.3.5 and 3.2.4.5: the inbound proxy opens one to the server and passes requests on, the
outbound proxy another, on which answers come. Instants are those of the server.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from anywhere_sim.network.segmentation import Segmentation
from anywhere_sim.outlook.attempt import BIND
from anywhere_sim.outlook.rpc_over_http import BETWEEN_HOSTS
from anywhere_sim.packets import rts
from anywhere_sim.packets.acks import acknowledgements
from anywhere_sim.packets.capture import ACK, FIN, SYN, Capture, Line
from anywhere_sim.packets.on_the_line import Call, OnTheLine
from anywhere_sim.packets.opening import CALLS, packed_bytes
from anywhere_sim.packets.setting import Setting
from anywhere_sim.packets.stubs import stub_of

BEHIND_STACK = BETWEEN_HOSTS.stack
GREETING = b"ncacn_http/1.0"
STEP_S = 1e-4
"""Between messages whose instants no table has."""


def behind(on_the_line: OnTheLine, calls: Sequence[Call]) -> Capture:
    """Return the capture behind the front end of one connection.

    The setting-up of a connection that stood before the run is put at its beginning, since tools
    name no call without the bind before it.
    """
    row = on_the_line.connection
    assert row is not None
    capture = Capture(Segmentation(BETWEEN_HOSTS), 0.0)
    lines = [_line(on_the_line) for _ in range(2)]
    attempt = on_the_line.attempt
    at_s = row["start_s"]
    if attempt is not None:
        at_s = (attempt["auth_s"] + attempt["end_s"]) / 2.0
    _set_up(capture, on_the_line, lines, at_s)
    received = 0
    for call in calls:
        received = _carry(capture, on_the_line, lines, call, received)
    if row["end_reason"] == "closed":
        for line in lines:
            for up, flags in ((True, FIN | ACK), (False, ACK), (False, FIN | ACK), (True, ACK)):
                capture.packet(line, up, row["end_s"] + STEP_S, flags)
    _acknowledge(capture)
    return capture


def _line(on_the_line: OnTheLine) -> Line:
    setting, addresses = on_the_line.setting, on_the_line.addresses
    front_end = addresses.server(setting.host)
    return addresses.line(front_end, addresses.server(setting.behind), setting.kind.port)


def _set_up(capture: Capture, of: OnTheLine, lines: Sequence[Line], at_s: float) -> None:
    setting, circuit = of.setting, of.circuit
    inbound, outbound = lines
    for line in lines:
        capture.packet(line, True, at_s, SYN)
        capture.packet(line, False, at_s, SYN | ACK)
        capture.packet(line, True, at_s, ACK)
        capture.message(line, False, GREETING, at_s)
    steps: list[tuple[Line, bool, bytes]] = [
        (outbound, True, circuit.conn_a2()), (inbound, True, circuit.conn_b2()),
        (inbound, False, circuit.conn_b3()), (outbound, False, circuit.conn_c()),
        (inbound, True, rts.bind(setting.kind.interface)),
        (outbound, False, rts.bind_ack(str(setting.kind.port), size=BIND[1])),
    ]  # fmt: skip
    for number, kind in enumerate(CALLS, 3):
        request = _pdus(setting, number, kind.name, kind.up_bytes)
        answer = _pdus(setting, number, kind.name, kind.down_bytes, response=True)
        steps += [(inbound, True, request), (outbound, False, answer)]
    for number, (line, up, data) in enumerate(steps, 1):
        capture.message(line, up, data, at_s + number * STEP_S)


def _pdus(
    setting: Setting, call: int, kind: str, pdu_bytes: float, *, response: bool = False
) -> bytes:
    sizes = rts.fragment_sizes(
        packed_bytes(setting, int(pdu_bytes)), 0, setting.framing().fragment_bytes
    )
    return b"".join(rts.call_pdus(call, stub_of(setting, kind), sizes, response=response))


def _carry(
    capture: Capture, of: OnTheLine, lines: Sequence[Line], call: Call, received: int
) -> int:
    setting, (inbound, outbound) = of.setting, lines
    request = _pdus(setting, call.number, call.kind, call.pdu_bytes[0])
    capture.message(inbound, True, request, call.arrived_s)
    if isnan(call.end_s):
        return received
    answer = _pdus(setting, call.number, call.kind, call.pdu_bytes[1], response=True)
    capture.message(outbound, False, answer, call.done_s)
    window = setting.framing().channel_window_bytes // 2
    for number in range((received + len(answer)) // window - received // window):
        ack = of.circuit.flow_control_ack((received // window + number + 1) * window)
        capture.message(inbound, True, ack, call.end_s)
        capture.message(outbound, False, ack, call.end_s)
    return received + len(answer)


def _acknowledge(capture: Capture) -> None:
    packets = capture.packets()
    for up in (True, False):
        for due in acknowledgements(packets, up, BEHIND_STACK.delayed_ack_s).alone:
            capture.packet(due.line, up, due.time_s, ACK, rank=due.rank)
