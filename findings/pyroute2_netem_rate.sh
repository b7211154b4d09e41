#!/usr/bin/env bash
# pyroute2: a netem rate of 1000000 is eight times a rate of "1000000".
#
# Guess, written before the run:
#   The rate of a netem queue means bits per second without a unit, as in tc ("rate 1000000"),
#   and the number 1000000 is the text "1000000".
# Seen:
#   The text is bits per second and is stored as 125000 bytes per second. The number goes into
#   the message as it is, and the kernel takes the field for bytes per second: 8 Mbit/s.
#   "1mbit" and "1000kbit" are 125000, too; tc's "125kbps" (bytes) is a KeyError.
# Versions:
#   pyroute2 0.9.7.
# Why it matters:
#   A WAN of 1 Mbit/s that was set with a number, say from a TOML file, is one of 8 Mbit/s.
#   Nothing fails; only the transfers are fast, and a model calibrated on that bench takes the
#   access line for no bottleneck.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'pyroute2==0.9.7'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md

from pyroute2.netlink.rtnl.tcmsg import sched_netem


def rate_bytes_per_s(rate):
    """The rate in the netlink message that asks for a netem queue, as the kernel reads it."""
    options = sched_netem.get_parameters({"rate": rate})
    (field,) = [value for name, value in options["attrs"] if name == "TCA_NETEM_RATE"]
    return field["rate"]


print("pyroute2", md.version("pyroute2"))
for rate in ("1mbit", "1000kbit", "1000000", 1_000_000):
    print(f"rate={rate!r:12} -> {rate_bytes_per_s(rate):>9.0f} bytes/s")
try:
    print(rate_bytes_per_s("125kbps"))
except KeyError as error:
    print("rate='125kbps'   -> KeyError", error)
else:
    raise SystemExit("kbps is known now")
assert [rate_bytes_per_s(rate) for rate in ("1mbit", "1000kbit", "1000000")] == [125_000] * 3
assert rate_bytes_per_s(1_000_000) == 1_000_000
PY
"$work/venv/bin/python" "$work/probe.py"
