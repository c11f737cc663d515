"""A plan as one JSON document and back: what ``plan --json`` prints, ``-o plan.json`` keeps and ``sync --plan`` loads.

``rows`` lists every row and field: id, field, before, after, status, reason, blocked ... ``totals`` counts them. The
document carries a digest of its own content: an edited or damaged plan is refused, never half-understood.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from pydantic import TypeAdapter, ValidationError

from engine.changes import Outcome, Plan, Run, Totals
from engine.errors import UsageError
from engine.ports import Result

FORMAT = "crosswalk-plan"
VERSION = 1

_PLAN = TypeAdapter(Plan)
_RUN = TypeAdapter(Run)
_OUTCOME = TypeAdapter(Outcome)


def dump(plan: Plan) -> str:
    """The plan as JSON text, in the plan's order."""
    body: dict[str, Any] = _PLAN.dump_python(plan, mode="json")
    rows = [_renamed(row, "storefront_id", "id") for row in body.pop("changes")]
    document = {"format": FORMAT, "version": VERSION, **body, "rows": rows, "totals": totals(plan)}
    return json.dumps({**document, "digest": _digest(document)}, ensure_ascii=False, indent=1)


def load(text: str) -> Plan:
    """The plan that ``dump`` wrote. Raises ``UsageError`` for anything else, also for one that was edited since."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise UsageError(f"this is not a saved plan (not JSON: {error}); nothing was written") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UsageError("this is not a saved plan; make one with: crosswalk plan -o plan.json")
    if document.get("version") != VERSION:
        raise UsageError(
            f"this plan is of format {document.get('version')}, this program reads {VERSION}; make a new one"
        )
    digest = document.pop("digest", "")
    if digest != _digest(document):
        raise UsageError("the plan was changed after it was saved; nothing was written. Make a new plan")
    try:
        document["changes"] = [_renamed(row, "id", "storefront_id") for row in document.pop("rows")]
        for name in ("format", "version", "totals"):
            document.pop(name)
        return _PLAN.validate_python(document)
    except (ValidationError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"the saved plan is damaged ({error}); nothing was written. Make a new plan") from error


def totals(plan: Plan) -> dict[str, int]:
    """The totals of a plan that has not run: what is planned and what is blocked."""
    blocked = len(plan.blocked) + sum(bool(creation.blocked) for creation in plan.creations)
    planned = len(plan.changes) + len(plan.creations)
    return asdict(Totals.of(planned, [Result.BLOCKED] * blocked))


def report(run: Run, outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """What ``sync --json`` prints: the run, every row and field with its outcome, and the totals."""
    body: dict[str, Any] = _RUN.dump_python(run, mode="json")
    rows = []
    for outcome in outcomes:
        row = _renamed(_OUTCOME.dump_python(outcome, mode="json"), "storefront_id", "id")
        rows.append({**_renamed(row, "result", "outcome"), "reason": outcome.message})
    return {**body, "rows": rows, "adds_up": run.totals.adds_up}


def _renamed(row: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    return {(new if key == old else key): value for key, value in row.items()}


def _digest(document: dict[str, Any]) -> str:
    return sha256(json.dumps(document, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
