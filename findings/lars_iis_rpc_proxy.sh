#!/usr/bin/env bash
# lars: an IIS log of an RPC proxy loses its channels, and its servers become URL schemes.
#
# Guess, written before the run:
#   lars, a library for IIS logs, reads each line that IIS writes for RPC over HTTP, and gives
#   cs-uri-query as the query "mbx1.example.org:6001".
# Seen:
#   A line whose method is RPC_IN_DATA or RPC_OUT_DATA is left out; only a Python warning
#   ("Line contains invalid data") tells, once per line. A line of another method to the same
#   proxy is kept, but its query is parsed as a whole URL: the server name is the scheme, the
#   port is the path, and query_str is empty.
# Versions:
#   lars 1.0.
# Why it matters:
#   RPC_IN_DATA and RPC_OUT_DATA are all the traffic of Outlook Anywhere, and the query tells
#   which mailbox server and port a channel goes to. A load table per server from this log
#   comes out empty, or keyed on an empty query.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'lars==1.0'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md
import io
import warnings

from lars import iis

HEADER = """#Software: Microsoft Internet Information Services 10.0
#Version: 1.0
#Date: 2026-03-04 10:00:00
#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip \
cs(User-Agent) sc-status sc-substatus sc-win32-status time-taken
""".replace("\\\n", "")


def rows(method):
    line = (
        f"2026-03-04 10:00:00 10.0.0.1 {method} /rpc/rpcproxy.dll mbx1.example.org:6001 443 "
        "EXAMPLE\\ann 10.0.0.7 MSRPC 200 0 0 1845\n"
    )
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with iis.IISSource(io.StringIO(HEADER + line)) as source:
            found = list(source)
    return found, [str(warning.message) for warning in told if "Line" in str(warning.message)]


print("lars", md.version("lars"))
seen = {}
for method in ("POST", "RPC_IN_DATA", "RPC_OUT_DATA"):
    found, told = rows(method)
    seen[method] = len(found)
    print(f"{method:13} rows: {len(found)}, warnings: {told}")
query = rows("POST")[0][0].cs_uri_query
print("cs-uri-query of the POST:", query)
assert seen == {"POST": 1, "RPC_IN_DATA": 0, "RPC_OUT_DATA": 0}
assert (query.scheme, query.path_str, query.query_str) == ("mbx1.example.org", "6001", "")
PY
"$work/venv/bin/python" "$work/probe.py"
