"""The composition root: the one place where the engine meets the connectors, the secrets and the user's directories.

Everything heavy is imported inside the functions, so that ``crosswalk --help`` and the console's first paint do not
wait for it. Imports no Textual.
"""

from __future__ import annotations

import logging
import logging.handlers
import os
import tempfile
from io import FileIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.workspace import Workspace

WORKSPACE_VARIABLE = "CROSSWALK_WORKSPACE"
ACTOR_VARIABLE = "CROSSWALK_ACTOR"
LOG_NAME = "crosswalk.log"
LOG_BYTES = 1_000_000


def default_workspace() -> Path:
    """The directory that is used when none is named: ``CROSSWALK_WORKSPACE``, else the user's data directory."""
    named = os.environ.get(WORKSPACE_VARIABLE, "")
    if named:
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("crosswalk", appauthor=False))


def open_workspace(path: Path | None = None, actor: str = "") -> Workspace:
    """The workspace at ``path`` (the default one when None), with every installed connector at hand.

    ``actor`` is who the history names: ``CROSSWALK_ACTOR`` when empty, else the login name.

    Raises ``WorkspaceError`` when it is unreadable, read-only, or written by a newer version.
    """
    from connectors.registry import EntryPointRegistry
    from connectors.secrets import resolve
    from engine.workspace import Workspace

    who = actor or os.environ.get(ACTOR_VARIABLE, "")
    return Workspace.open(path or default_workspace(), EntryPointRegistry(), actor=who, secret=resolve)


def log_path(workspace: Path) -> Path:
    """Where this workspace's log goes: beside its data, or the temporary directory when that cannot be written."""
    if workspace.is_dir() and os.access(workspace, os.W_OK):
        return workspace / LOG_NAME
    return Path(tempfile.gettempdir()) / f"crosswalk-{os.getuid()}.log"


def start_log(workspace: Path, level: int = logging.WARNING) -> Path:
    """Send warnings and errors to the log file (created with mode 0600 when there is something to say); its path."""
    path = log_path(workspace)
    root = logging.getLogger()
    if not any(getattr(handler, "baseFilename", "") == str(path.absolute()) for handler in root.handlers):
        handler = _PrivateLog(path, maxBytes=LOG_BYTES, backupCount=2, delay=True, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
        handler.setLevel(level)
        root.addHandler(handler)
    return path


class _PrivateLog(logging.handlers.RotatingFileHandler):
    """A log that only its owner can read, and that never writes through another user's link."""

    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        return TextIOWrapper(
            FileIO(os.open(self.baseFilename, flags, 0o600), "a"), encoding="utf-8", line_buffering=True
        )

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's own name
        """A log that cannot be written (full disk) must not garble the screen with tracebacks; the work goes on."""
