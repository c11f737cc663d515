"""Who the history names."""

from __future__ import annotations

import getpass
import os
import socket


def login_name() -> str:
    """``user@host``; the user's number where the machine knows no name for it."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = f"uid {os.getuid()}"
    return f"{name}@{socket.gethostname()}"
