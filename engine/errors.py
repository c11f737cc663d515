"""The one tree of errors; each carries what it is about, and its text says what was and was not written.

CrosswalkError
 ├─ UsageError                bad input; nothing was done                          (exit 2)
 │   └─ UnknownId             no such record, mapping, run ...
 ├─ WorkspaceError            the workspace cannot be opened or written            (exit 1)
 │   └─ Busy                  another process holds a connection's lock            (exit 5)
 ├─ Blocked                   a guard stopped it; ``guards`` names them            (exit 3)
 │   └─ StalePlan             what the plan saw has moved since
 └─ ConnectorError            a system outside; ``connection``, ``request_id``     (exit 1)
     ├─ AuthenticationError   credentials refused, expired or revoked
     ├─ PermissionMissing     the credentials lack a right; ``permission`` names it
     ├─ Unreachable           no connection, time-out before anything was sent, 5xx after all retries
     ├─ RateLimited           429 after all retries; ``retry_after`` seconds
     │   └─ Parked            an allowance of a whole day is used up: nothing more is sent, the rest is resumed later
     ├─ Rejected              the system refused the request; its own message and ``code``
     │   └─ NotFound          the record does not exist (any more)
     ├─ IncompleteRead        a read that did not add up: never a shorter catalogue
     └─ ProtocolError         an answer that is not what the vendor documents (HTML with status 200 ...)
"""

from __future__ import annotations


class CrosswalkError(Exception):
    """Base of all errors that are shown to an admin."""

    exit_code = 1


class UsageError(CrosswalkError):
    exit_code = 2


class UnknownId(UsageError):
    def __init__(self, what: str, id: str, hint: str = "") -> None:
        super().__init__(f"no {what} {id!r}" + (f"; {hint}" if hint else ""))
        self.what, self.id = what, id


class WorkspaceError(CrosswalkError):
    pass


class Busy(WorkspaceError):
    """Another process holds a connection's lock; says who and for what."""

    exit_code = 5


class Blocked(CrosswalkError):
    exit_code = 3

    def __init__(self, message: str, guards: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.guards = guards


class StalePlan(Blocked):
    pass


class ConnectorError(CrosswalkError):
    def __init__(
        self, message: str, *, connection: str = "", request_id: str = "", code: str = "", status: int | None = None
    ) -> None:
        super().__init__(f"{connection}: {message}" if connection else message)
        self.connection, self.request_id, self.code, self.status = connection, request_id, code, status


class AuthenticationError(ConnectorError):
    pass


class PermissionMissing(ConnectorError):
    permission: str = ""


class Unreachable(ConnectorError):
    #: True when the request may have reached the system (time-out or reset after sending).
    maybe_sent: bool = False


class RateLimited(ConnectorError):
    retry_after: float | None = None


class Parked(RateLimited):
    """Waiting seconds does not help: ``retry_after`` is hours, if it is known at all."""


class Rejected(ConnectorError):
    pass


class NotFound(Rejected):
    pass


class IncompleteRead(ConnectorError):
    pass


class ProtocolError(ConnectorError):
    #: True when the request may nevertheless have been carried out (an unreadable answer to a write).
    maybe_sent: bool = False
