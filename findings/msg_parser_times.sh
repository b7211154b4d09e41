#!/usr/bin/env bash
# msg_parser: the times of a message are not read from the file that holds them.
#
# Guess, written before the run:
#   MsOxMessage has sent_date, received_date and created_date, so they hold
#   PidTagClientSubmitTime, PidTagMessageDeliveryTime and PidTagCreationTime of the file.
# Seen:
#   All three are None, and the dictionary of all properties has the texts alone: values of
#   fixed length (times, sizes, flags, numbers), which MS-OXMSG puts into the property stream
#   itself, are left out. extract_msg reads them from the same file. Only where the message
#   has Internet headers is sent_date taken from their Date.
# Versions:
#   msg_parser 1.2.0, extract-msg 0.57.0, olefile 0.47, red-black-tree-mod 1.22.
# Why it matters:
#   A message that stayed within one Exchange organization has no Internet headers, so its
#   delay (delivery less submission) is empty and, with the usual dropna, only mail from
#   outside is left in a study of delivery times. PidTagMessageSize is gone in the same way.
#
# Exit 0: it behaves as described. Any other exit: the behaviour has changed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --no-compile --disable-pip-version-check --no-input \
    'msg-parser==1.2.0' 'extract-msg==0.57.0' 'olefile==0.47' 'red-black-tree-mod==1.22'

cd "$work"
cat > "$work/probe.py" <<'PY'
import importlib.metadata as md
import struct
from datetime import UTC, datetime, timedelta

import extract_msg
from msg_parser import MsOxMessage

SUBMITTED = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
DELIVERED = SUBMITTED + timedelta(seconds=90)
SIZE_BYTES = 48_000
HEADERS = "Date: Wed, 4 Mar 2026 08:00:00 +0000\r\nFrom: a@example.org\r\n"


def filetime(moment):
    microseconds = (moment - datetime(1601, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return struct.pack("<Q", 10 * microseconds)


def save(path, texts):
    """Write a message: texts by tag, and three times and a size in the property stream."""
    entries = [(tag, struct.pack("<II", 2 * len(text) + 2, 0)) for tag, text in texts.items()]
    entries += [
        (0x00390040, filetime(SUBMITTED)),
        (0x0E060040, filetime(DELIVERED)),
        (0x30070040, filetime(DELIVERED)),
        (0x0E080003, struct.pack("<II", SIZE_BYTES, 0)),
    ]
    writer = extract_msg.OleWriter()
    stream = b"".join(struct.pack("<II", tag, 6) + value for tag, value in entries)
    writer.addEntry("__properties_version1.0", bytes(32) + stream)
    for tag, text in texts.items():
        writer.addEntry(f"__substg1.0_{tag:08X}", text.encode("utf-16-le"))
    writer.addEntry("__nameid_version1.0", storage=True)
    for kind in ("00020102", "00030102", "00040102"):
        writer.addEntry(f"__nameid_version1.0/__substg1.0_{kind}", b"")
    writer.write(path)


inside = {0x001A001F: "IPM.Note", 0x0037001F: "Minutes"}
save("inside.msg", inside)
save("outside.msg", inside | {0x007D001F: HEADERS})
print(*(f"{name} {md.version(name)}" for name in ("msg-parser", "extract-msg", "olefile")))
for path, sent in (("inside.msg", None), ("outside.msg", "Wed, 4 Mar 2026 08:00:00 +0000")):
    message = MsOxMessage(path)
    seen = (message.sent_date, message.received_date, message.created_date)
    texts = sorted(message.get_properties())
    print(path, "by msg_parser: sent, received, created", seen, "properties", texts)
    assert seen == (sent, None, None)
    assert not any("Size" in name or "Time" in name for name in texts)
    with extract_msg.openMsg(path) as other:
        values = [other.getPropertyVal(tag) for tag in ("00390040", "0E060040", "0E080003")]
    print(path, "by extract-msg:", *values)
    assert values == [SUBMITTED, DELIVERED, SIZE_BYTES]
PY
"$work/venv/bin/python" "$work/probe.py"
