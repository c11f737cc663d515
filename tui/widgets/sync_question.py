"""The one question before anything is written: how much, what it costs, which rows, and each guard by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tui.widgets.dialogs import Confirm, Phrase
from tui.widgets.plan_lines import calls_text, many, plan_totals

if TYPE_CHECKING:
    from engine.changes import Plan
    from engine.ports import Budget


def sync_question(plan: Plan, budgets: Mapping[str, Budget]) -> Confirm:
    """The confirmation of a plan. Each guard that fired is allowed only by typing its name."""
    verb = {"undo": "Undo", "create": "Create", "push": "Push", "reconcile": "Resolve"}.get(plan.purpose.value, "Sync")
    names = [change.name for change in plan.sending]
    names += [creation.draft.name for creation in plan.creations if not creation.blocked]
    names += [push.name for push in plan.pushes if push.sends]
    names += [text.name for text in plan.texts if text.sends]
    return Confirm(
        f"{verb} {many(plan.rows, 'row')}",
        [f"{plan.integration}: {plan_totals(plan)}", calls_text(plan, budgets)],
        names=list(dict.fromkeys(names)),
        count=plan.rows,
        phrases=[Phrase(hit.guard, f"Guard {hit.guard}: {hit.message}") for hit in plan.guards],
        yes=f"{verb} now",
        no="Not now",
    )
