"""The JSON of the command line: engine values as plain lists, objects and text. (A plan is ``engine.plan_file``'s.)

Amounts are strings (never a float), times ISO 8601 in UTC, words (status, side, field) as design.md spells them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.changes import Change, Outcome, Plan, Run
    from engine.views import Row


def plain_value(value: Any) -> Any:
    """Anything the engine hands out as JSON-ready values; functions (a connector's factory) are left out."""
    if value is None or isinstance(value, bool | int | float) or type(value) is str:
        return value
    if isinstance(value, Enum):
        return plain_value(value.value)
    if isinstance(value, str | Decimal | PurePath):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: plain_value(item) for name, item in pairs if not callable(item)}
    if isinstance(value, Mapping):
        return {str(plain_value(key)): plain_value(item) for key, item in value.items()}
    if hasattr(value, "model_dump"):
        return plain_value(value.model_dump())
    if hasattr(value, "_asdict"):
        return plain_value(value._asdict())
    if isinstance(value, set | frozenset):
        return sorted(plain_value(item) for item in value)
    return [plain_value(item) for item in value]


def row_document(row: Row) -> dict[str, Any]:
    """One line of a list. A back-office row (a record nothing is mapped to) has no storefront id."""
    own, other = (row.left_id, row.left), (row.right_id, row.right)
    storefront, backoffice = (own, other) if row.side == "storefront" else (other, own)
    return {
        "id": row.id,
        "side": row.side,
        "storefront_id": storefront[0],
        "storefront_name": storefront[1],
        "backoffice_id": backoffice[0],
        "backoffice_name": backoffice[1],
        "detail": row.detail,
        "status": row.status,
        "reason": row.reason,
        "differs": [one._asdict() for one in row.differs],
    }


def outcome_document(outcome: Outcome, change: Change | None = None) -> dict[str, Any]:
    """One row and field of a run; ``change`` is the plan's line it belongs to, where that is known."""
    return {
        "kind": outcome.kind,
        "id": outcome.storefront_id,
        "counterpart": outcome.backoffice_id,
        "name": outcome.name,
        "field": outcome.field,
        "target": outcome.target,
        "before": outcome.before,
        "after": outcome.after,
        "found": outcome.found,
        "status": change.status if change else None,
        "outcome": outcome.result,
        "reason": outcome.message or (change.blocked or change.reason if change else ""),
        "code": outcome.code,
        "request_id": outcome.request_id,
        "at": outcome.at,
    }


def run_document(run: Run, outcomes: Iterable[Outcome], plan: Plan | None = None) -> dict[str, Any]:
    """``crosswalk sync --json`` and ``runs ID --json``: the run, every row and field with its outcome, the totals."""
    changes: Sequence[Change] = plan.changes if plan else ()
    lines = {(change.kind, change.storefront_id, change.field): change for change in changes}
    return {
        "run": run,
        "rows": [outcome_document(one, _line(lines, one)) for one in outcomes],
        "guards": plan.guards if plan else (),
        "totals": run.totals,
        "adds_up": run.totals.adds_up,
    }


def _line(lines: Mapping[Any, Change], outcome: Outcome) -> Change | None:
    return lines.get((outcome.kind, outcome.storefront_id, outcome.field))
