"""Who is at the other end of a loopback connection (Linux): for faults that kill the client at a request."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

ESTABLISHED = "01"
_INODE = 9  # column of /proc/net/tcp


def peer_pid(client: tuple[str, int], server_port: int) -> int | None:
    """The process that holds the client's end of a TCP connection, or None when it cannot be told."""
    inode = _socket_inode(client[1], server_port)
    if inode is None:
        return None
    wanted = f"socket:[{inode}]"
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(entry.readlink()) == wanted for entry in (process / "fd").iterdir()):
                return int(process.name)
        except OSError:  # ended meanwhile, or another user's
            continue
    return None


def _socket_inode(local_port: int, remote_port: int) -> str | None:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            columns = line.split()
            local, remote, status = columns[1], columns[2], columns[3]
            ports = int(local.rpartition(":")[2], 16), int(remote.rpartition(":")[2], 16)
            if ports == (local_port, remote_port) and status == ESTABLISHED:
                return columns[_INODE]
    return None


def kill_client(pid: int | None) -> None:
    """SIGKILL; nothing when it is None or gone already. Never this process or init: ``ValueError``."""
    if pid is None:
        return
    if pid <= 1 or pid == os.getpid():
        raise ValueError(f"refusing to kill process {pid}")
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
