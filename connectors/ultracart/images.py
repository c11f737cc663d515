"""An item as it was before an update that changed more of it than was asked for: kept for whoever puts that right."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.http import private_file, wire


def keep(folder: Path | None, connection: str, id: str, row: Mapping[str, Any]) -> str:
    """Keep it (mode 0600) and say where, as a sentence; where that fails, say so."""
    if folder is None:
        return ""
    body = wire.dumps(row)
    path = folder / f"{connection}-item-{id}-{hashlib.sha256(body).hexdigest()[:8]}.json"
    try:
        private_file.replace(path, body.decode())
    except OSError as error:
        return f"How it was before could not be kept ({error.strerror or 'no reason given'})"
    return f"How it was before is in {path}"
