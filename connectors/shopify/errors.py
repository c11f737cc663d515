"""How Shopify says no, in two places: top-level ``errors`` (the request), and ``userErrors`` (one record and field).

Most of it comes with HTTP status 200. A throttled request is a top-level error as well and told apart (``is_throttled``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.http import Dialect, Explained, Redactor
from connectors.shopify.operations import Operation
from engine.errors import ConnectorError, PermissionMissing, ProtocolError, Rejected, Unreachable

THROTTLED, DENIED, TOO_COSTLY = "THROTTLED", "ACCESS_DENIED", "MAX_COST_EXCEEDED"
#: Codes of a request that failed inside Shopify: a mutation may have been carried out.
_INTERNAL = frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE"})
_REFUSED = frozenset({TOO_COSTLY, "BAD_REQUEST", "SHOP_INACTIVE"})
_REQUIRED = re.compile(r"Required access: (.+?)\.?$")
_LONGEST_WORDS = 400


@dataclass(frozen=True, slots=True)
class UserError:
    """One entry of ``userErrors``. ``index`` is the place of the record in the list that was sent, None where it names none.

    ``field`` is the last word of its path that is no number, such as ``price``.
    """

    message: str
    code: str
    index: int | None
    field: str


def explain(data: Any) -> Explained:
    """The words of an error document with an HTTP error status: a text, or GraphQL's list."""
    errors = data.get("errors") if isinstance(data, Mapping) else None
    if isinstance(errors, str):
        return Explained(errors)
    if isinstance(errors, list):
        listed = [_words(one) for one in errors if isinstance(one, Mapping)]
        return Explained("; ".join(listed), _code(errors))
    if isinstance(data, Mapping) and isinstance(data.get("error"), str):
        return Explained(str(data.get("error_description") or data["error"]), str(data["error"]))
    return Explained()


def _everything(method: str, path: str) -> str:
    del method, path
    return "the app is installed in this store and may use the Admin API"


DIALECT = Dialect(explain=explain, permission=_everything)


def is_throttled(document: Mapping[str, Any]) -> bool:
    errors = document.get("errors")
    return isinstance(errors, list) and _code(errors) == THROTTLED


def problem(
    operation: Operation, document: Any, *, connection: str, request_id: str, redactor: Redactor
) -> ConnectorError | None:
    """The error that an answer with a good status means, or None when it has the operation's data."""
    about: dict[str, Any] = {"connection": connection, "request_id": request_id}
    if not isinstance(document, Mapping):
        return _unreadable(operation, about)
    errors, data = document.get("errors"), document.get("data")
    if not errors:
        if isinstance(data, Mapping) and operation.field in data:
            return None
        return _unreadable(operation, about)
    code = _code(errors) if isinstance(errors, list) else ""
    words = redactor.clean(explain(document).message)[:_LONGEST_WORDS]
    head = f"{operation.field} was refused: {words} (request {request_id})"
    about |= {"code": code or "error", "status": 200}
    if code == DENIED:
        return _denied(operation, errors, head, about)
    if code in _INTERNAL or (operation.writes and isinstance(data, Mapping) and code not in _REFUSED):
        return _failed(operation, head, about)
    return Rejected(f"{head}. {_NOTHING}", **about)


_NOTHING = "Nothing was written by it"


def _denied(operation: Operation, errors: Any, head: str, about: Mapping[str, Any]) -> PermissionMissing:
    name = required_access(errors) or operation.access
    missing = PermissionMissing(
        f'{head}. The access scope "{name}" is missing: give it to the app in Shopify, install the app again and test the '
        f"connection. {_NOTHING}",
        **about,
    )
    missing.permission = name
    return missing


def _failed(operation: Operation, head: str, about: Mapping[str, Any]) -> Unreachable:
    after = (
        "It may have been carried out: read the records before doing anything again" if operation.writes else _NOTHING
    )
    failed = Unreachable(f"{head}. {after}", **about)
    failed.maybe_sent = operation.writes
    return failed


def _unreadable(operation: Operation, about: Mapping[str, Any]) -> ProtocolError:
    what = f"the answer to {operation.field} has no data of the documented shape (request {about['request_id']})"
    after = "It may have been carried out" if operation.writes else _NOTHING
    unreadable = ProtocolError(f"{what}. {after}", **about)
    unreadable.maybe_sent = operation.writes
    return unreadable


def required_access(errors: Any) -> str:
    """The scopes that an ``ACCESS_DENIED`` names: ``extensions.requiredAccess``, or what its message says."""
    for error in errors if isinstance(errors, list) else ():
        if not isinstance(error, Mapping):
            continue
        extensions = error.get("extensions")
        named = extensions.get("requiredAccess") if isinstance(extensions, Mapping) else None
        found = _REQUIRED.search(str(error.get("message") or ""))
        text = str(named or (found.group(1) if found else ""))
        if text:
            return text.replace("`", "").removesuffix(".").removesuffix(" access scope")
    return ""


def user_errors(payload: Mapping[str, Any], listed: str) -> list[UserError]:
    """The ``userErrors`` of a mutation; ``listed`` is the input list that an index in their path belongs to."""
    found = payload.get("userErrors")
    errors = [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
    return [
        UserError(str(one.get("message") or "no reason given"), str(one.get("code") or ""), *_place(one, listed))
        for one in errors
    ]


def _place(error: Mapping[str, Any], listed: str) -> tuple[int | None, str]:
    path = [str(part) for part in error["field"]] if isinstance(error.get("field"), Sequence) else []
    words = [part for part in path if not part.isdigit()]
    after = path[path.index(listed) + 1 :] if listed in path else []
    return (int(after[0]) if after and after[0].isdigit() else None), (words[-1] if words else "")


def _code(errors: Sequence[Any]) -> str:
    for error in errors:
        extensions = error.get("extensions") if isinstance(error, Mapping) else None
        if isinstance(extensions, Mapping) and extensions.get("code"):
            return str(extensions["code"])
        if isinstance(error, Mapping) and error.get("message") == "Throttled":
            return THROTTLED
    return ""


def _words(error: Mapping[str, Any]) -> str:
    path = error.get("path")
    at = f" ({'.'.join(map(str, path))})" if isinstance(path, list) and path else ""
    return f"{error.get('message') or 'no reason given'}{at}"
