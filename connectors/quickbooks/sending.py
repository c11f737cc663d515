"""One writing request and how it ended; ids that make a repeated request the same request."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.http import FAILED_WRITE, fate, wire
from connectors.quickbooks.api import Api
from connectors.quickbooks.faults import explain, fault_of, meant
from connectors.values import text
from engine.ports import Result


@dataclass(frozen=True, slots=True)
class Sent:
    """How one operation ended. ``id`` and ``version`` are of the object it made or changed."""

    result: Result
    message: str = ""
    code: str = ""
    request_id: str = ""
    id: str = ""
    version: str = ""


def request_id(*parts: str) -> str:
    """An id of 40 characters for QuickBooks' ``requestid``: the same for the same parts, always."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


def spelled(body: Mapping[str, Any]) -> str:
    """A body as text, for ``request_id``: another body is another request."""
    return wire.dumps(body).decode()


async def send(api: Api, entity: str, body: Mapping[str, Any], id: str, *params: tuple[str, str]) -> Sent:
    """POST one object under the ``requestid`` ``id``. Raises only when it certainly was not carried out."""
    try:
        reply = await api.post(f"/{entity.lower()}", body, id, *params)
    except FAILED_WRITE as error:
        return Sent(*fate(error))
    return made(entity, reply.data, reply.request_id)


def made(entity: str, data: Any, request: str) -> Sent:
    """What the answer to a write, or to one entry of a batch, says."""
    if isinstance(data, dict) and fault_of(data) is not None:
        said, status = explain(data), meant(data)
        # Nothing tells whether QuickBooks' own failure came before or after the change; a refusal came before.
        result = Result.UNKNOWN if status >= 500 else Result.NOT_SENT if status in {401, 429} else Result.REJECTED
        return Sent(result, f"{said.message} (code {said.code}, request {request})", said.code, request)
    row = data.get(entity) if isinstance(data, dict) else None
    if not isinstance(row, dict) or not row.get("Id"):
        why = f"QuickBooks gave no answer about this {entity} (request {request}); it may have been written"
        return Sent(Result.UNKNOWN, why, "", request)
    return Sent(Result.APPLIED, "", "", request, text(row["Id"]), text(row.get("SyncToken")))
