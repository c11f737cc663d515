"""How Salesforce says no: ``[{"message", "errorCode", "fields"}]``, and the token endpoint's ``{"error": ...}``.

Records of a collection fail inside status 200 with ``{"statusCode", "message", "fields"}``; ``reason`` reads both spellings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.http import Dialect, Explained

LIMIT = "REQUEST_LIMIT_EXCEEDED"
CONCURRENT = "CONCURRENT_REQUEST_LIMIT_EXCEEDED"
LOCKED = "UNABLE_TO_LOCK_ROW"
NO_LOCATOR = "INVALID_QUERY_LOCATOR"
NO_TYPE = "INVALID_TYPE"
NO_FIELD = "INVALID_FIELD"
DUPLICATE_VALUE = "DUPLICATE_VALUE"
DUPLICATES = "DUPLICATES_DETECTED"
SEVERAL = "DUPLICATE_EXTERNAL_ID"
NO_STANDARD_PRICE = "STANDARD_PRICE_NOT_DEFINED"
HALTED = "PROCESSING_HALTED"
#: Refusals that pass: a read is tried again, a write too (nothing of it was carried out).
PASSING = frozenset({LOCKED, CONCURRENT, "QUERY_TIMEOUT", "SERVER_UNAVAILABLE"})
GONE = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY"})
#: Told after the system's own words, where those do not say what to do.
ADVICE = {
    LOCKED: "Somebody else is changing it just now; it was tried several times",
    NO_STANDARD_PRICE: "The product has no price in the standard price book yet: push it, or reconcile",
    "ENTITY_IS_DELETED": "It was deleted in Salesforce: map another record",
    "INSUFFICIENT_ACCESS_OR_READONLY": "Give the integration user access to this record",
    "INVALID_FIELD_FOR_INSERT_UPDATE": "Give the integration user edit access to the field (field-level security)",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": "A validation rule of the org refused it",
    "API_DISABLED_FOR_ORG": "The edition has no API, or the user's profile lacks API Enabled",
}
_ANY_ID = re.compile(r"\b[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?\b")
_ID = re.compile(r"\b([a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?)\b(?=[^a-zA-Z0-9]*$)")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a record was refused: ``fields`` are API names, ``matches`` ids of records it would be a duplicate of."""

    message: str
    code: str
    fields: tuple[str, ...] = ()
    matches: tuple[str, ...] = ()


def reason(errors: Any) -> Reason:
    """What a list of errors says, each message once; the code is the first one's."""
    rows = [row for row in errors if isinstance(row, dict)] if isinstance(errors, list) else []
    said: list[str] = []
    fields: list[str] = []
    matches: list[str] = []
    for row in rows:
        words, code = str(row.get("message") or ""), _code(row)
        said += [word for word in (words, ADVICE.get(code, "")) if word]
        fields += [str(name) for name in row.get("fields") or ()]
        matches += _matches(row, code, words)
    code = next((_code(row) for row in rows if _code(row)), "")
    unique = tuple(dict.fromkeys(fields))
    named = f" (fields {', '.join(unique)})" if unique else ""
    return Reason("; ".join(dict.fromkeys(said)) + named, code, unique, tuple(dict.fromkeys(matches)))


def explain(data: Any) -> Explained:
    """Salesforce's own words and code."""
    if isinstance(data, dict) and isinstance(data.get("error"), str):  # the token endpoint
        return Explained(str(data.get("error_description") or data["error"]), data["error"])
    if isinstance(data, list):
        if data and all(isinstance(one, str) for one in data):  # 300: several records have this external id
            return Explained(f"several records have this external id: {', '.join(data)}", "MULTIPLE")
        why = reason(data)
        return Explained(why.message, why.code)
    return Explained(data if isinstance(data, str) else "")


def permission(_method: str, path: str) -> str:
    """The right that a request needs, as an administrator of Salesforce would look for it."""
    at = re.search(r"/sobjects/(\w+)", path)
    return f"access to {at[1]}" if at else "API Enabled, and access to the objects that are read"


def _code(row: Mapping[str, Any]) -> str:
    return str(row.get("errorCode") or row.get("statusCode") or "")


def _matches(row: Mapping[str, Any], code: str, words: str) -> Iterable[str]:
    if code == SEVERAL:  # More than one record found for external id field: [01t..., 01t...]
        yield from _ANY_ID.findall(words.partition("[")[2])
    if code == DUPLICATE_VALUE and (found := _ID.search(words)):
        yield found[1]
    told = row.get("duplicateResult")
    for result in (told.get("matchResults") or ()) if isinstance(told, dict) else ():
        for match in result.get("matchRecords") or ():
            id = (match.get("record") or {}).get("Id")
            if id:
                yield str(id)


DIALECT = Dialect(explain=explain, permission=permission, request_ids=("x-request-id",))
