"""A real endpoint mapper and RPC server in a network namespace: Samba's."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVER = Path("/usr/libexec/samba/samba-dcerpcd")
USER, PASSWORD = "nobody", "verification"
SETTINGS = """[global]
 netbios name = PEER
 workgroup = WG
 server role = standalone server
 private dir = {folder}
 lock directory = {folder}
 state directory = {folder}
 cache directory = {folder}
 pid directory = {folder}
 ncalrpc dir = {folder}/ncalrpc
 passdb backend = smbpasswd:{folder}/smbpasswd
 log file = {folder}/log
 rpc start on demand helpers = no
"""


@contextmanager
def samba(namespace: str, folder: Path) -> Iterator[None]:
    """Run the server until the block ends; it listens on port 135 and on one of its own for each
    service.

    Raises RuntimeError when it does not listen within 10 s.
    """
    settings = folder / "smb.conf"
    settings.write_text(SETTINGS.format(folder=folder), encoding="utf-8")
    new_user = ["smbpasswd", "-c", str(settings), "-s", "-a", USER]
    subprocess.run(
        new_user, input=f"{PASSWORD}\n{PASSWORD}\n", text=True, check=True, capture_output=True
    )
    inside = ["ip", "netns", "exec", namespace]
    command = [
        *inside,
        str(SERVER),
        "-s",
        str(settings),
        "--libexec-rpcds",
        "-F",
        "--no-process-group",
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(100):
                if (
                    ":135 "
                    in subprocess.run(
                        [*inside, "ss", "-ltn"], check=True, capture_output=True, text=True
                    ).stdout
                ):
                    break
                time.sleep(0.1)
            else:
                raise RuntimeError("samba-dcerpcd does not listen on port 135")
            yield
        finally:
            process.terminate()
