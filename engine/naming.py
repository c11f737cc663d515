"""Names of connections and integrations: safe in a file name, on a command line and in a table cell."""

from __future__ import annotations

import re

from engine.errors import UsageError


def check_name(what: str, name: str) -> None:
    """Raises ``UsageError`` unless the name is 1-40 of letters, digits, ``-``, ``_`` and ``.``, starting with a letter or digit."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", name):
        raise UsageError(
            f"{name!r} cannot name a {what}: use 1 to 40 letters, digits, '-', '_' or '.', starting with a letter or digit"
        )
