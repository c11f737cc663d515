"""How QuickBooks says no: ``Fault`` documents, with any status, and the OAuth endpoint's ``{"error": ...}``.

Faults may arrive with status 200, and gateways spell their keys in lower case. A fault's type and code say which status it
should have had, so the shared client treats it as if it had come with that one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.http import Dialect, Explained

STALE = "5010"  # somebody changed the object since its SyncToken was read
DUPLICATE_NAME = "6240"
DUPLICATE_NUMBER = "6210"
NOT_FOUND = "610"
THROTTLED = frozenset({"3001", "003001"})
_REFUSED = frozenset({"3200"})
_FORBIDDEN = frozenset({"120", "3100"})
#: Told after the system's own words, where those do not say what to do.
ADVICE = {
    STALE: "Somebody changed it at the same time",
    DUPLICATE_NAME: "An item with this name exists, maybe an inactive one: map it instead",
    NOT_FOUND: "It was deleted or made inactive in QuickBooks",
    "3100": "The tokens belong to another company, or to the sandbox instead of production: check realm_id and base_url",
    "6190": "The company's subscription ended or lacks this feature",
    "-10600": "QuickBooks could not adjust the starting value of the stock: check the item's start date",
}


def fault_of(data: Any) -> Mapping[str, Any] | None:
    """The fault of a document or a batch's entry, its keys in lower case; None when there is none."""
    if not isinstance(data, dict):
        return None
    found = data.get("Fault") or data.get("fault")
    if not isinstance(found, dict):
        return None
    fault = _lower(found)
    errors = fault.get("error")
    rows = errors if isinstance(errors, list) else [errors]
    return {"type": str(fault.get("type") or ""), "errors": [_lower(row) for row in rows if isinstance(row, dict)]}


def explain(data: Any) -> Explained:
    """QuickBooks' own words and code; message and detail of every error, each said once."""
    fault = fault_of(data)
    if fault is None:
        if isinstance(data, dict) and isinstance(data.get("error"), str):  # the OAuth endpoint
            return Explained(str(data.get("error_description") or data["error"]), data["error"])
        return Explained(data if isinstance(data, str) else "")
    said: list[str] = []
    for error in fault["errors"]:
        said += [str(error[name]) for name in ("message", "detail") if error.get(name)]
    code = next((str(error["code"]) for error in fault["errors"] if error.get("code")), "")
    advice = ADVICE.get(code)
    return Explained("; ".join(dict.fromkeys([*said, *([advice] if advice else [])])), code)


def failed(data: Any) -> bool:
    """Whether a document with a good status holds a fault (a batch's entries have their own)."""
    return fault_of(data) is not None


def meant(data: Any) -> int:
    """The status that a fault stands for."""
    fault, code = fault_of(data), explain(data).code
    kind = str(fault["type"]).casefold() if fault else ""
    if code in THROTTLED or "throttl" in kind:
        return 429
    if code in _FORBIDDEN or kind.startswith(("authorizat", "authorizaton")):
        return 403
    if code in _REFUSED or kind.startswith("authentication"):
        return 401
    if code == NOT_FOUND:
        return 404
    return 500 if kind.startswith(("system", "service")) else 422


def permission(_method: str, _path: str) -> str:
    """The one scope there is."""
    return "com.intuit.quickbooks.accounting for this company"


def _lower(value: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name).lower(): item for name, item in value.items()}


DIALECT = Dialect(
    explain=explain,
    permission=permission,
    request_ids=("intuit_tid", "x-request-id"),
    failed=failed,
    meant=meant,
)
