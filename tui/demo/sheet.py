"""The spreadsheet of a demo's reconciliation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.workspace import Workspace


def write(ws: Workspace, file: Path, id: str, *, older: str = "") -> None:
    """What one reconciliation found, and (``older``) what is new and gone since another. Raises ``UsageError``."""
    from engine import report
    from engine.admin_files import replace

    compared = ws.compare_findings(older, id) if older else None
    replace(file, report.xlsx(ws.reconciliation(id), ws.findings(id), compared))
