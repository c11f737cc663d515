"""What an error means to an admin: what happened, what was and was not written, and what to do next."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from tui.widgets.dialogs import MessageDialog

log = logging.getLogger(__name__)
NOTHING = "nothing was written"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The three parts of a message; ``written`` is empty where the error itself already says it."""

    happened: str
    written: str
    advice: str

    @property
    def sentence(self) -> str:
        """What happened and what to do, as one text of whole sentences."""
        happened = self.happened.rstrip()
        stop = "" if happened.endswith((".", "!", "?", ":")) else "."
        return f"{happened}{stop} {self.advice}".rstrip()


def explain(error: BaseException) -> Explanation:
    """The explanation of any error; one that is not of the engine's own tree is called unexpected and named."""
    from engine import errors

    text = str(error) or type(error).__name__
    #: The first kind that fits; what is written is only said where the kind of error settles it.
    table: Sequence[tuple[type[errors.CrosswalkError], str, str]] = (
        (errors.StalePlan, NOTHING, "Plan again: the list is then made from what is there now."),
        (errors.Blocked, NOTHING, "Look at the guards named above; each needs its own confirmation."),
        (errors.UnknownId, NOTHING, "It may have been removed meanwhile: refresh and look again."),
        (errors.UsageError, NOTHING, "Correct what is named above and try again."),
        (errors.Busy, NOTHING, "Wait until the other process is done, or ask its run to stop on the Sync tab."),
        (errors.WorkspaceError, "", "Check the disk and the rights of the workspace's directory."),
        (errors.AuthenticationError, "", "Check the connection's credentials (Connections), then test it."),
        (errors.PermissionMissing, "", "Give the credentials this right in that system, then test the connection."),
        (errors.Parked, "", "Sync the rest when the day's allowance is free again; nothing that was done is lost."),
        (errors.RateLimited, "", "Wait a minute; lower the connection's rate if it happens again."),
        (errors.Unreachable, "", "Check the address and the network, then test the connection."),
        (errors.NotFound, "", "The record is gone there: refresh, then map the row anew or ignore it."),
        (
            errors.IncompleteRead,
            NOTHING,
            "Refresh again; if it stays, the system answers wrongly: test the connection.",
        ),
        (errors.ConnectorError, "", "Test the connection; quote the request id to the vendor."),
    )
    for kind, written, advice in table:
        if isinstance(error, kind):
            sent = (
                "this one may have been: the run settles it by reading" if getattr(error, "maybe_sent", False) else ""
            )
            request = getattr(error, "request_id", "")
            return Explanation(text + (f" (request {request})" if request else ""), sent or written, advice)
    if isinstance(error, OSError):
        return Explanation(
            f"{error.strerror or text}: {error.filename or ''}".rstrip(": "), "", "Check path and rights."
        )
    return Explanation(
        f"Unexpected {type(error).__name__}: {text}",
        "what the journal says (Activity tab)",
        "The details are in the workspace's log.",
    )


def error_dialog(title: str, error: BaseException, *, about: str = "", written: str = "") -> MessageDialog:
    """The dialog of an error, which is logged with its traceback; ``written`` overrides what the error's kind tells."""
    log.warning("%s: %s", title, error, exc_info=error)
    said = explain(error)
    return MessageDialog(
        title, said.happened, about=about, written=written or said.written, advice=said.advice, error=True
    )
