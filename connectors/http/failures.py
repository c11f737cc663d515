"""The border where failures become ours: transport exceptions and vendor answers are mapped to ``engine.errors`` here.

Every message says which request it was, in the vendor's own words where there are any, and what it means for the data:
a refused or never sent request wrote nothing; a write without a readable answer may have been carried out (``maybe_sent``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from connectors.http.pace import retry_after
from connectors.http.redact import Redactor
from engine.errors import (
    AuthenticationError,
    ConnectorError,
    NotFound,
    PermissionMissing,
    ProtocolError,
    RateLimited,
    Rejected,
    Unreachable,
)

READS = frozenset({"GET", "HEAD", "OPTIONS"})
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)
_LONGEST_WORDS = 400  # characters of a vendor's message that are shown


@dataclass(frozen=True, slots=True)
class Explained:
    """What a vendor's error document says, in its own words."""

    message: str = ""
    code: str = ""
    request_id: str = ""


def _never(_data: Any) -> bool:
    return False


def _refusal(_data: Any) -> int:
    return 422


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one vendor speaks of failure.

    ``explain`` reads an error document (any JSON value, or None for no document). ``permission`` names the right that
    a request (method, path) needs. ``request_ids`` are the headers that carry the vendor's id of a request.
    ``failed`` says whether a document with a good status nevertheless reports a failure, and ``meant`` the status that
    it should have had. ``error_header`` names a header that is there only when something failed, and says what.
    """

    explain: Callable[[Any], Explained]
    permission: Callable[[str, str], str] = "{} {}".format
    request_ids: tuple[str, ...] = ("x-request-id",)
    failed: Callable[[Any], bool] = _never
    meant: Callable[[Any], int] = _refusal
    error_header: str = ""

    def told(self, headers: Mapping[str, str]) -> str:
        """What the error header says, or ""."""
        return headers.get(self.error_header, "") if self.error_header else ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The request an error is about. ``safe`` requests change nothing in the system."""

    connection: str
    method: str
    path: str
    request_id: str
    safe: bool

    @property
    def text(self) -> str:
        return f"{self.method} {self.path}"

    def consequence(self, maybe_sent: bool) -> str:
        """What the failure means for the data."""
        if self.safe:
            return "Nothing was written"
        if maybe_sent:
            return "It may have been carried out: read the record before doing anything again"
        return "It was not carried out"


def from_transport(error: Exception, asked: Asked, redactor: Redactor, timeout: float) -> ConnectorError:
    """The error for a request that got no answer."""
    never_sent = isinstance(error, _NEVER_SENT)
    maybe_sent = not never_sent and not asked.safe
    if isinstance(error, httpx.DecodingError):
        unreadable = ProtocolError(
            f"{asked.text}: the answer could not be decoded. {asked.consequence(maybe_sent)}",
            connection=asked.connection,
            request_id=asked.request_id,
        )
        unreadable.maybe_sent = maybe_sent
        return unreadable
    if isinstance(error, httpx.ConnectTimeout):
        what = "no connection within the time-out"
    elif isinstance(error, httpx.TimeoutException):
        what = f"no answer within {timeout:g} s"
    else:
        what = redactor.clean(error) or type(error).__name__
        if isinstance(error, httpx.ConnectError):
            what = f"cannot connect to {_origin(error)} ({what}): check base_url and the network"
        if "CERTIFICATE_VERIFY_FAILED" in what:
            what = "its certificate is not trusted (set ca_file to your private authority's certificate)"
    unreachable = Unreachable(
        f"{asked.text}: {what} (request {asked.request_id}). {asked.consequence(maybe_sent)}",
        connection=asked.connection,
        request_id=asked.request_id,
    )
    unreachable.maybe_sent = maybe_sent
    return unreachable


def _origin(error: httpx.RequestError) -> str:
    """Scheme, host and port of the request, as far as they are known; no path, no user, no query."""
    try:
        url = error.request.url
    except RuntimeError:
        return "the system"
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def from_answer(
    status: int, headers: Mapping[str, str], data: Any, asked: Asked, dialect: Dialect, redactor: Redactor
) -> ConnectorError:
    """The error for an answer that says no; ``data`` is its JSON document, or None."""
    said = dialect.explain(data)
    words = " ".join(redactor.clean(said.message or dialect.told(headers)).split())[:_LONGEST_WORDS]
    told = f": {words}" if words else ""
    head = f"{asked.text} answered {status}{told} (request {asked.request_id})"
    about: dict[str, Any] = {
        "connection": asked.connection,
        "request_id": asked.request_id,
        "code": said.code or str(status),
        "status": status,
    }
    refused = asked.consequence(maybe_sent=False)
    if status == 401:
        return AuthenticationError(f"{head}. The credentials were refused. {refused}", **about)
    if status == 403:
        return permission_missing(asked, dialect, head, about)
    if status in {404, 410}:
        return NotFound(f"{head}. {refused}", **about)
    if status == 429:
        limited = RateLimited(f"{head}. The system's rate limit was reached. {refused}", **about)
        limited.retry_after = retry_after(headers)
        return limited
    if status >= 500 or status == 408:
        unreachable = Unreachable(f"{head}. {asked.consequence(not asked.safe)}", **about)
        unreachable.maybe_sent = not asked.safe
        return unreachable
    if 300 <= status < 400:
        where = redactor.clean(headers.get("location", "elsewhere")).partition("?")[0]
        return ProtocolError(f"{head}: it redirects to {where}. Check base_url. {refused}", **about)
    return Rejected(f"{head}. {refused}", **about)


def permission_missing(asked: Asked, dialect: Dialect, head: str, about: dict[str, Any]) -> PermissionMissing:
    """The error that names the right which is missing."""
    name = dialect.permission(asked.method, asked.path)
    missing = PermissionMissing(
        f'{head}. The permission "{name}" is missing: grant it to these credentials and test the connection again. '
        f"{asked.consequence(maybe_sent=False)}",
        **about,
    )
    missing.permission = name
    return missing


def unreadable(status: int, content_type: str, asked: Asked, why: str = "") -> ProtocolError:
    """The error for a good status with something else than the documented JSON."""
    kind = content_type.partition(";")[0].strip() or "no content type"
    maybe_sent = not asked.safe
    error = ProtocolError(
        f"{asked.text} answered {status} with {why or kind} instead of JSON (request {asked.request_id}): "
        f"check base_url, and whether a proxy or a login page answers. {asked.consequence(maybe_sent)}",
        connection=asked.connection,
        request_id=asked.request_id,
        status=status,
    )
    error.maybe_sent = maybe_sent
    return error
