"""Writing requests and how each record of them ended; nothing here is ever sent twice by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.salesforce.api import COLLECTION, Api, Row
from connectors.salesforce.faults import CONCURRENT, LOCKED, Reason, reason
from engine.errors import ConnectorError, ProtocolError, Rejected, Unreachable
from engine.ports import Result

_TRIES = 3  # of records that somebody else held locked
#: Refusals that pass, of which nothing was carried out.
HELD = frozenset({LOCKED, CONCURRENT})


@dataclass(frozen=True, slots=True)
class Sent:
    """How one record's write ended. ``id`` is of the record; ``fields`` are those a refusal names.

    ``error`` is set when the request certainly never reached the system.
    """

    result: Result
    message: str = ""
    code: str = ""
    request_id: str = ""
    id: str = ""
    fields: tuple[str, ...] = ()
    matches: tuple[str, ...] = ()
    error: ConnectorError | None = None


#: Looks at locked records again: what to say of each that must not be sent any more, None where it may.
Still = Callable[[Sequence[Row]], Awaitable[Sequence["Sent | None"]]]


async def store(
    api: Api, method: str, records: Sequence[Row], path: str = "/composite/sobjects", still: Still | None = None
) -> list[Sent]:
    """Create (POST) or update (PATCH) records, 200 in a request: one ``Sent`` each, in order. Never raises.

    Records that were refused because somebody held them locked (or the org) are sent again, a few times; an update only after ``still``
    has looked whether whoever held it changed what we write. After a request that could not be sent the others are not tried.
    """
    out: list[Sent] = []
    for at in range(0, len(records), COLLECTION):
        failed = _failed(out)
        chunk = records[at : at + COLLECTION]
        out += [_not_sent(failed)] * len(chunk) if failed else await _patiently(api, method, chunk, path, still)
    return out


def _failed(sent: Sequence[Sent]) -> ConnectorError | None:
    return next((one.error for one in sent if one.error is not None), None)


async def _patiently(api: Api, method: str, records: Sequence[Row], path: str, still: Still | None) -> list[Sent]:
    out = await _once(api, method, records, path)
    for attempt in range(1, _TRIES):
        locked = [at for at, one in enumerate(out) if one.code in HELD]
        if not locked or (still is None and method != "POST"):
            break
        await api.wait(attempt)
        if still is not None:
            for at, settled in zip(locked, await still([records[at] for at in locked]), strict=True):
                out[at] = settled or out[at]
            locked = [at for at in locked if out[at].code in HELD]
        again = await _once(api, method, [records[at] for at in locked], path) if locked else []
        for at, one in zip(locked, again, strict=True):
            # what was refused and then could not be sent was, in the end, refused
            out[at] = one if one.error is None else out[at]
    return out


async def _once(api: Api, method: str, records: Sequence[Row], path: str) -> list[Sent]:
    body = {"allOrNone": False, "records": list(records)}
    try:
        reply = await api.request(method, path, body=body)
    except Rejected as error:
        return [Sent(Result.REJECTED, str(error), error.code, error.request_id)] * len(records)
    except (Unreachable, ProtocolError) as error:
        if not error.maybe_sent:
            return [_not_sent(error)] * len(records)
        return [Sent(Result.UNKNOWN, str(error), error.code, error.request_id)] * len(records)
    except ConnectorError as error:
        return [_not_sent(error)] * len(records)
    rows = reply.data if isinstance(reply.data, list) else []
    if len(rows) != len(records):
        why = f"the answer tells of {len(rows)} records instead of {len(records)} (request {reply.request_id})"
        return [Sent(Result.UNKNOWN, f"{why}; they may have been written", "", reply.request_id)] * len(records)
    return [read(row, reply.request_id) for row in rows]


def read(row: Any, request: str) -> Sent:
    """What one record's entry in an answer says."""
    if not isinstance(row, Mapping) or not isinstance(row.get("success"), bool):
        return Sent(
            Result.UNKNOWN, f"no answer about this record (request {request}); it may have been written", "", request
        )
    if row["success"]:
        return Sent(Result.APPLIED, "", "", request, str(row.get("id") or ""))
    return refused(reason(row.get("errors")), request)


def refused(why: Reason, request: str) -> Sent:
    words = f"{why.message or 'refused without a reason'} ({why.code or 'no code'}, request {request})"
    return Sent(Result.REJECTED, words, why.code, request, fields=why.fields, matches=why.matches)


def _not_sent(error: ConnectorError) -> Sent:
    return Sent(Result.NOT_SENT, str(error), error.code, error.request_id, error=error)


def raise_if_nothing_sent(sent: Sequence[Sent]) -> None:
    """Raise the error of requests that never reached the system, when that is true of all of them."""
    if sent and all(one.error is not None for one in sent):
        error = sent[0].error
        assert error is not None
        raise error


def record(entity: str, fields: Mapping[str, Any], id: str = "") -> Row:
    """One record of a collection."""
    return {"attributes": {"type": entity}, **({"id": id} if id else {}), **fields}
