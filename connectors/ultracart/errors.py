"""How UltraCart says no: an ``error`` in the body, with any status, and the header ``UC-REST-ERROR`` with the same words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.http import Dialect, Explained
from engine.errors import ConnectorError, NotFound, Rejected

_LIMIT = re.compile(r"rate of \d+ per|concurrent", re.IGNORECASE)
_GONE = re.compile(r"not found|does not exist|no longer exists", re.IGNORECASE)
_SCOPES = {"item": "item", "customer": "customer", "order": "order"}


def explain(data: Any) -> Explained:
    """The words for people, else those for developers, with the object they are about; OAuth answers too."""
    if not isinstance(data, Mapping):
        return Explained()
    error = data.get("error")
    if isinstance(error, str):
        return Explained(str(data.get("error_description") or error), error)
    if not isinstance(error, Mapping):
        return Explained()
    said = str(error.get("user_message") or error.get("developer_message") or "")
    about = str(error.get("object_id") or "")
    more = str(error.get("more_info") or "")
    words = "; ".join(part for part in (said, more) if part)
    return Explained(f"{words} (object {about})" if about else words, str(error.get("error_code") or ""))


def failed(data: Any) -> bool:
    """Whether a document with a good status reports an error."""
    if not isinstance(data, Mapping):
        return False
    error = data.get("error")
    told = isinstance(error, str) or (isinstance(error, Mapping) and any(error.values()))
    return (told and bool(error)) or data.get("success") is False


def meant(data: Any) -> int:
    """The status that such an error stands for: its code where that is one."""
    said = explain(data)
    if _LIMIT.search(said.message):
        return 429
    if said.code.isdigit() and 400 <= int(said.code) < 600:
        return int(said.code)
    return 422


def gone(error: ConnectorError) -> bool:
    """Whether a refusal says that the record is not there."""
    return (isinstance(error, NotFound) and error.status == 404) or (
        isinstance(error, Rejected) and bool(_GONE.search(str(error)))
    )


def permission(method: str, path: str) -> str:
    """The scope that a request needs."""
    area = _SCOPES.get(path.strip("/").partition("/")[0], "item")
    reads = method == "GET" or path.endswith("/query")
    return f"{area}_{'read' if reads else 'write'}"


DIALECT = Dialect(
    explain=explain,
    permission=permission,
    request_ids=("x-request-id", "uc-request-id"),
    failed=failed,
    meant=meant,
    error_header="uc-rest-error",
)
