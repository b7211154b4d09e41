#!/usr/bin/env bash
# aiohttp: its two HTTP parsers disagree on RPC_IN_DATA.
#
# Guess, written before the run:
#   A route for any method ("*") gets RPC_IN_DATA: RFC 9110 lets a method be any token, and
#   "_" is a token character. The C parser and the Python parser of one release agree.
# Seen:
#   With the C parser (the default where a wheel is installed) the server answers 400 before
#   any handler runs. With AIOHTTP_NO_EXTENSIONS=1, or on a machine without the extension, the
#   same server gives 200 and the handler sees RPC_IN_DATA. The C parser has a closed list of
#   methods: it takes SOURCE and MKCALENDAR, but no method outside the list.
# Versions:
#   aiohttp 3.14.5 (wheel with the C extension).
# Why it matters:
#   A test double of an RPC proxy works on the machine where aiohttp was built without the
#   extension and answers 400 on the next, where no handler and no access rule of the double
#   ever saw the request: the fault is sought in the client.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'aiohttp==3.14.5'

cd "$work"
cat > "$work/probe.py" <<'PY'
import asyncio
import importlib.metadata as md
import logging
import sys

from aiohttp import http_parser, web

logging.getLogger("aiohttp").setLevel(logging.CRITICAL)


async def answer(request):
    return web.Response(text=request.method)


async def status(port, method):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"{method} /rpc/rpcproxy.dll?mbx1:6001 HTTP/1.1\r\nHost: mail.example.org\r\n"
        "Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
    )
    line = (await reader.read()).split(b"\r\n")[0]
    writer.close()
    return int(line.split()[1])


async def main():
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    methods = ("POST", "SOURCE", "RPC_IN_DATA", "RPC_OUT_DATA")
    seen = {method: await status(port, method) for method in methods}
    await runner.cleanup()
    return seen


compiled = http_parser.HttpRequestParser is not http_parser.HttpRequestParserPy
seen = asyncio.run(main())
print("aiohttp", md.version("aiohttp"), "C parser" if compiled else "Python parser", seen)
refused = 400 if sys.argv[1] == "c" else 200
assert compiled == (sys.argv[1] == "c")
assert seen == {"POST": 200, "SOURCE": 200, "RPC_IN_DATA": refused, "RPC_OUT_DATA": refused}
PY
"$work/venv/bin/python" "$work/probe.py" c
AIOHTTP_NO_EXTENSIONS=1 "$work/venv/bin/python" "$work/probe.py" python
