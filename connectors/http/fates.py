"""What became of a write that failed: refused, or nobody knows."""

from __future__ import annotations

from typing import NamedTuple

from engine.errors import ProtocolError, Rejected, Unreachable
from engine.ports import Result

#: What a write may fail with although it reached the system.
FAILED_WRITE = (Rejected, Unreachable, ProtocolError)


class Fate(NamedTuple):
    """Four parts of a ``WriteOutcome``, in its order."""

    result: Result
    message: str
    code: str
    request_id: str


def fate(error: Rejected | Unreachable | ProtocolError) -> Fate:
    """``rejected``, or ``unknown`` where the write may have been carried out: then the engine settles it by reading.

    Raises the error again where the write certainly never reached the system.
    """
    if isinstance(error, Rejected):
        return Fate(Result.REJECTED, str(error), error.code, error.request_id)
    if not error.maybe_sent:
        raise error
    return Fate(Result.UNKNOWN, str(error), error.code, error.request_id)
