"""Errors as messages and exit codes, decided in this one place.

The code is the error's own (``engine.errors``: ``exit_code``); a run's code is counted from its totals.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from engine.errors import Blocked, ConnectorError, CrosswalkError, UnknownId

if TYPE_CHECKING:
    from pathlib import Path

    from engine.changes import Run
    from tui.cli.output import Output

DONE, FAILED, USAGE, BLOCKED, PARTIAL, BUSY = range(6)
INTERRUPTED, TERMINATED = 130, 143  # 128 + signal, as shells count

log = logging.getLogger(__name__)


class Refused(CrosswalkError):
    """An error with more to say in JSON than its message: ``details`` are added to the document."""

    def __init__(self, error: CrosswalkError, details: dict[str, Any]) -> None:
        super().__init__(str(error))
        self.error, self.details = error, details


def report(error: CrosswalkError, out: Output) -> int:
    """Say what happened: message on stderr, with ``--json`` one document on stdout. Returns the exit code."""
    details: dict[str, Any] = {}
    if isinstance(error, Refused):
        details, error = error.details, error.error
    out.say(f"crosswalk: {_plain(error)}")
    if isinstance(error, Blocked) and error.guards:
        flags = " ".join(f"--allow {guard}" for guard in error.guards)
        out.say(f"Nothing was written. To go ahead although these guards fired, repeat the command with: {flags}")
    if out.json:
        out.document({"error": error_document(error), "exit_code": error.exit_code, **details})
    return error.exit_code


def error_document(error: CrosswalkError) -> dict[str, Any]:
    """An error as JSON: its type, its message and the ids it is about."""
    document: dict[str, Any] = {"type": type(error).__name__, "message": str(error)}
    if isinstance(error, ConnectorError):
        document |= {"connection": error.connection, "request_id": error.request_id, "code": error.code}
    if isinstance(error, Blocked):
        document["guards"] = error.guards
    if isinstance(error, UnknownId):
        document |= {"what": error.what, "id": error.id}
    return document


def report_bug(error: BaseException, out: Output, log_file: Path) -> int:
    """Anything that is not one of our own errors is a defect: keep the traceback in the log, say where that is."""
    log.critical("unexpected %s", type(error).__name__, exc_info=error)
    out.say(
        f"crosswalk: this is a bug in Crosswalk ({type(error).__name__}: {_plain(error)}).",
        "What was written before it is in the journal and is settled when the next command starts.",
        f"The details are in {log_file}",
    )
    if out.json:
        problem = {"type": "Bug", "message": f"{type(error).__name__}: {error}", "log": log_file}
        out.document({"error": problem, "exit_code": FAILED})
    return FAILED


def run_code(run: Run) -> int:
    """The exit code of a run: rows that did not end as confirmed make it partial, a run that wrote nothing failed.

    Rows that were blocked in the preview are no failure: they were shown as not being sent.
    """
    from engine.changes import RunState

    totals = run.totals
    troubled = totals.stale + totals.rejected + totals.unverified + totals.not_sent
    if run.state is RunState.DONE and not troubled and totals.adds_up:
        return DONE
    if run.state in {RunState.FAILED, RunState.INTERRUPTED} and not totals.applied + totals.unchanged:
        return FAILED
    return PARTIAL


def _plain(error: BaseException) -> str:
    from tui.cli.output import plain

    return "\n".join(plain(line) for line in str(error).splitlines())
