"""What stops a run, and how far it is: one object of each per run, shared by its writers."""

from __future__ import annotations

import logging

from engine.changes import RunState
from engine.errors import AuthenticationError, ConnectorError, PermissionMissing, RateLimited, Unreachable
from engine.events import RunProgress
from engine.journal import Journal
from engine.ports import Result
from engine.sync_context import SyncContext
from engine.verdict import Verdict

log = logging.getLogger(__name__)

#: Errors after which nothing more can be sent on a connection.
FATAL = (AuthenticationError, PermissionMissing, Unreachable, RateLimited)
#: So many refused batches one after another mean that the system, not a record, is the matter.
PATIENCE = 5
EVENT_SECONDS = 0.1
HEARTBEAT_SECONDS = 1.0


class Control:
    """Whether the run goes on. Asked before every batch, so that a cancel never waits for a whole run."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._state = RunState.DONE
        self._refused = 0
        self.message = ""

    @property
    def state(self) -> RunState:
        """How the run ends as far as is known."""
        return self._state

    def stopped(self) -> bool:
        """Whether nothing more may be sent; looks at the stored flag that any process can set."""
        if self._state is RunState.DONE and self._journal.cancel_requested():
            self._stop(RunState.CANCELLED, "cancelled; what was not sent can be resumed")
        return self._state is not RunState.DONE

    def interrupt(self) -> None:
        """The program is being closed: settle what is in flight and end."""
        self._stop(RunState.INTERRUPTED, "the program was closed; resume the run to send the rest")

    def fail(self, error: Exception) -> None:
        """The system cannot be used: the rest of the run is not sent."""
        what = str(error) if isinstance(error, ConnectorError) else f"{type(error).__name__}: {error}"
        self._stop(RunState.FAILED, f"{what}; the rows left were not sent, resume the run when this is mended")

    def answered(self, *, refused: bool, error: Exception | None = None) -> None:
        """Count batches that were refused as a whole, one after another."""
        self._refused = self._refused + 1 if refused else 0
        if self._refused >= PATIENCE and error is not None:
            self.fail(error)

    def trouble(self, error: Exception) -> Verdict:
        """What a batch that raised has become: refused; not sent, as all that comes after it; or nobody knows."""
        if not isinstance(error, ConnectorError):
            log.error("a connector's own fault", exc_info=error)  # the outcome has room for its words only
            self.fail(error)  # nothing is known of what was sent
            return Verdict(Result.UNKNOWN, f"{type(error).__name__}: {error}")
        fatal = isinstance(error, FATAL)
        if fatal:
            self.fail(error)
        self.answered(refused=True, error=error)
        result = Result.NOT_SENT if fatal else Result.REJECTED
        if getattr(error, "maybe_sent", False):
            result = Result.UNKNOWN
        return Verdict(result, str(error), error.code, error.request_id)

    def _stop(self, state: RunState, message: str) -> None:
        if self._state is RunState.DONE:
            self._state, self.message = state, message


class Progress:
    """Counts changes that have their outcome; publishes and stores it, not more often than anybody can look."""

    def __init__(self, journal: Journal, context: SyncContext, total: int) -> None:
        self._journal, self._events, self._clock = journal, context.events, context.clock
        self._integration, self._budgets = context.integration, context.budgets
        self._total, self._done = total, 0
        self._started = self._event = self._beat = self._clock.monotonic()
        self.say("writing", force=True)

    def advance(self, changes: int, phase: str = "writing") -> None:
        """So many more changes were answered."""
        self._done += changes
        self.say(phase)

    def say(self, phase: str, *, force: bool = False) -> None:
        now = self._clock.monotonic()
        elapsed = now - self._started
        rate = self._done / elapsed if elapsed > 0 else 0.0
        eta = (self._total - self._done) / rate if rate > 0 else None
        if force or now - self._event >= EVENT_SECONDS or self._done >= self._total:
            self._event = now
            progress = RunProgress(self._journal.run_id, self._integration, self._done, self._total, rate, eta, phase)
            self._events.publish(progress)
        if force or now - self._beat >= HEARTBEAT_SECONDS:
            self._beat = now
            self._journal.heartbeat(self._done, self._total, rate, eta, phase, self._budgets())
