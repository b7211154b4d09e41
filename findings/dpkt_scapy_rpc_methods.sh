#!/usr/bin/env bash
# dpkt and scapy do not read the HTTP requests of RPC over HTTP.
#
# Guess, written before the run:
#   dpkt knows the methods of RPC over HTTP (its list has RPC_CONNECT), so it reads
#   RPC_IN_DATA and RPC_OUT_DATA too. scapy, which takes HTTP apart by pattern, reads any
#   method.
# Seen:
#   dpkt reads RPC_CONNECT, the method of the older version 1 of the protocol, but raises
#   UnpackError for RPC_IN_DATA and RPC_OUT_DATA, the two that Outlook sends in version 2.
#   scapy reads POST, and leaves all three as Raw bytes below HTTP, without an error or a
#   warning.
# Versions:
#   dpkt 1.9.8, scapy 2.8.0.
# Why it matters:
#   A count of Outlook Anywhere channels in a capture by either library comes to zero: with
#   scapy in silence, with dpkt also where the usual "except UnpackError: continue" stands.
#   The method has to be cut from the payload by hand.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'dpkt==1.9.8' 'scapy==2.8.0'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md

import dpkt
from scapy.layers.http import HTTP, HTTPRequest

METHODS = ("POST", "RPC_CONNECT", "RPC_IN_DATA", "RPC_OUT_DATA")


def request(method):
    return (
        f"{method} /rpc/rpcproxy.dll?mbx1.example.org:6001 HTTP/1.1\r\n"
        "Host: mail.example.org\r\nUser-Agent: MSRPC\r\nContent-Length: 4\r\n\r\nabcd"
    ).encode()


def dpkt_reads(method):
    try:
        return dpkt.http.Request(request(method)).method
    except dpkt.UnpackError as error:
        return f"{type(error).__name__}: {error}"


def scapy_reads(method):
    packet = HTTP(request(method))
    return [layer.__name__ for layer in packet.layers()]


print("dpkt", md.version("dpkt"), "scapy", md.version("scapy"))
for method in METHODS:
    print(f"{method:13} dpkt: {dpkt_reads(method)!r:55} scapy: {scapy_reads(method)}")
assert [dpkt_reads(method) == method for method in METHODS] == [True, True, False, False]
assert [HTTPRequest.__name__ in scapy_reads(method) for method in METHODS] == [True, False, False, False]
PY
"$work/venv/bin/python" "$work/probe.py"
