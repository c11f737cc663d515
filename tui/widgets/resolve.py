"""The resolve dialog: two values that differ, or several that qualify, and the admin's decision for the next plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.widgets.checks import amount
from tui.widgets.dialogs import Answer, ChooseOne
from tui.widgets.form_dialogs import TextPrompt
from tui.widgets.plan_lines import value_text

if TYPE_CHECKING:
    from textual.app import App

    from engine.changes import Change
    from engine.model import Side


@dataclass(frozen=True, slots=True)
class Decision:
    """Keep one side's value, or write a typed one to both."""

    keep: Side | None = None
    value: str | None = None


async def ask_resolution(
    app: App[object], name: str, field: str, storefront: str | None, backoffice: str | None, reason: str, *, money: bool
) -> Decision | None:
    """Ask what wins. A side without a value cannot be kept, and says so. None: decided nothing. Call from a worker."""
    from engine.model import Side

    none = "it has no single value"
    answers = [
        Answer("storefront", f"Keep storefront: {value_text(storefront)}", disabled="" if storefront else none),
        Answer("backoffice", f"Keep back office: {value_text(backoffice)}", disabled="" if backoffice else none),
        Answer("value", "Type a value..."),
    ]
    lines = [f"{name}: {field}", reason, "The decision is used by the next plan; nothing is written now."]
    answer = await app.push_screen_wait(ChooseOne("Resolve", lines, answers))
    if answer == "value":
        prompt = TextPrompt(
            "Resolve",
            field,
            value=storefront or backoffice or "",
            lines=[f"{name}: the {field} that both sides shall have"],
            check=amount if money else None,
        )
        typed = await app.push_screen_wait(prompt)
        return None if typed is None else Decision(value=typed)
    return None if answer is None else Decision(keep=Side(answer))


async def ask_for_change(app: App[object], change: Change) -> Decision | None:
    """``ask_resolution`` for one blocked change of a plan."""
    from engine.model import Side

    to_backoffice = change.target is Side.BACKOFFICE
    storefront = change.source if to_backoffice else change.before
    backoffice = change.before if to_backoffice else change.source
    return await ask_resolution(
        app,
        change.name,
        change.field.value,
        storefront,
        backoffice,
        change.blocked or change.reason,
        money=change.field.is_money,
    )
