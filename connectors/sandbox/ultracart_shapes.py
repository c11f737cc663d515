"""How UltraCart answers: the envelope, pages of a result set, errors in header and body, and what ``_expand`` governs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.wire import Call, Json, Refused, Reply, as_json

__all__ = ["answer", "expanded", "moment", "page_of", "problem", "refuse", "shown", "stamp"]

DEFAULT = 100


def answer(name: str, value: Any, *, nulls: bool = False) -> Reply:
    """One record or a list of them in its envelope. Empty values are left out: UltraCart's own SDK takes no null."""
    body = {name: value, "metadata": {"payload_name": name}, "success": True}
    return as_json(body if nulls else _without_nulls(body))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


def problem(message: str, status: int = 400, *, object_id: str = "", code: str = "", mild: bool = False) -> Reply:
    """An error: the same words in the header and in the body; ``mild`` ones come with status 200."""
    error = {
        "developer_message": message,
        "error_code": code or str(status),
        "more_info": None,
        "object_id": object_id or None,
        "user_message": message,
    }
    headers = (("UC-REST-ERROR", message), ("UC-REST-ERROR-MERCHANT-ID", "DEMO"))
    body = {"error": error, "metadata": {}, "success": False}
    return as_json(body, 200 if mild else status, () if mild else headers)


def refuse(message: str, status: int = 400, *, object_id: str = "", code: str = "", mild: bool = False) -> Refused:
    return Refused(problem(message, status, object_id=object_id, code=code, mild=mild))


def moment(text: str) -> datetime:
    """A time as aware UTC; one without a zone is taken as UTC. Raises ``Refused``."""
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise refuse(f"{text!r} is no ISO 8601 date and time") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def stamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def expanded(call: Call, known: Iterable[str]) -> frozenset[str]:
    """The sections that ``_expand`` names, with what they lie in. Unknown names are ignored."""
    named = {name.strip() for name in call.arg("_expand").split(",")}
    return frozenset(named & set(known)) | {name.partition(".")[0] for name in named & set(known)}


def shown(row: Json, sections: Iterable[str], expand: frozenset[str]) -> Json:
    """The row without the sections that were not asked for."""
    out = dict(row)
    for name in sections:
        above, _, below = name.partition(".")
        if name in expand or above not in out:
            continue
        if below:
            out[above] = {key: value for key, value in out[above].items() if key != below}
        else:
            del out[above]
    return out


def page_of(
    call: Call,
    name: str,
    rows: Sequence[Json],
    show: Callable[[Json], Json],
    most: int,
    *,
    totals: bool,
    nulls: bool,
) -> Reply:
    """The page asked for, with what ``metadata.result_set`` says of the rest."""
    limit, offset = call.number("_limit", DEFAULT), max(call.number("_offset", 0), 0)
    if not 1 <= limit <= most:
        raise refuse(f"_limit must be between 1 and {most}.")
    part = rows[offset : offset + limit]
    more = offset + len(part) < len(rows)
    result = {
        "count": len(part),
        "limit": limit,
        "more": more,
        "next_offset": offset + limit if more else None,
        "offset": offset,
        "total_records": len(rows) if totals else None,
    }
    body: Mapping[str, Any] = {
        name: [show(row) for row in part],
        "metadata": {"payload_name": name, "result_set": result},
        "success": True,
    }
    return as_json(body if nulls else _without_nulls(body))
