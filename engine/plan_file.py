"""A plan as one JSON document and back: what ``plan --json`` prints, ``-o plan.json`` keeps and ``sync --plan`` loads.

``rows`` lists every row and field: id, counterpart, field, before, after, status, reason, blocked ... ``totals`` counts
them. The document carries a digest of its own content: an edited or damaged plan is refused, never half-understood.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from pydantic import TypeAdapter, ValidationError

from engine.changes import Plan, Totals
from engine.errors import UsageError
from engine.ports import Result

FORMAT = "crosswalk-plan"
VERSION = 1

#: A change's name in a plan -> in the document, where a row hangs on its storefront record.
_SPELLING = {"storefront_id": "id", "backoffice_id": "counterpart"}

_PLAN = TypeAdapter(Plan)


def document(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values, in the plan's order."""
    body: dict[str, Any] = _PLAN.dump_python(plan, mode="json")
    rows = [_renamed(row, _SPELLING) for row in body.pop("changes")]
    content = {"format": FORMAT, "version": VERSION, **body, "rows": rows, "totals": totals(plan)}
    return {**content, "digest": _digest(content)}


def dump(plan: Plan) -> str:
    """The plan as JSON text; ASCII, so that any terminal, mail or locale carries it unharmed."""
    return json.dumps(document(plan), indent=2)


def load(text: str, name: str = "the saved plan") -> Plan:
    """The plan that ``dump`` wrote. Raises ``UsageError`` for anything else, also for one that was edited since; its
    message calls the text by its ``name``.
    """
    again = "nothing was written. Make a new one with: crosswalk plan -o plan.json"
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is no saved plan (it is not JSON: {error}); {again}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise UsageError(f"{name} is no saved plan; {again}")
    if content.get("version") != VERSION:
        raise UsageError(f"{name} is of format {content.get('version')}, and this program reads {VERSION}; {again}")
    digest = content.pop("digest", "")
    if digest != _digest(content):
        raise UsageError(f"{name} was changed after it was saved; {again}")
    spelling = {new: old for old, new in _SPELLING.items()}
    try:
        content["changes"] = [_renamed(row, spelling) for row in content.pop("rows")]
        for extra in ("format", "version", "totals"):
            content.pop(extra)
        return _PLAN.validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{name} is damaged ({place}: {first['msg']}); {again}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{name} is damaged ({type(error).__name__}: {error}); {again}") from error


def totals(plan: Plan) -> dict[str, int]:
    """The totals of a plan that has not run: what is blocked, and what it would send and has not sent yet."""
    results = [Result.BLOCKED if item.blocked else Result.NOT_SENT for item in plan.items]
    return asdict(Totals.of(len(results), results))


def _renamed(row: dict[str, Any], spelling: dict[str, str]) -> dict[str, Any]:
    return {spelling.get(key, key): value for key, value in row.items()}


def _digest(content: dict[str, Any]) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
