"""The resolve dialog: two values that differ, or several that qualify, and the admin's decision for the next plan."""

from __future__ import annotations

from collections.abc import Sequence
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

#: So many values are listed to choose from; any can be typed.
LISTED = 6


@dataclass(frozen=True, slots=True)
class Decision:
    """Keep one side's value, or write a typed one to both."""

    keep: Side | None = None
    value: str | None = None


async def ask_resolution(
    app: App[object],
    name: str,
    field: str,
    storefront: str | None,
    backoffice: str | None,
    reason: str,
    choices: Sequence[str] = (),
    *,
    money: bool,
) -> Decision | None:
    """Ask what wins: a side, one of the values that qualify (``choices``), or a typed one. A side without a value cannot
    be kept, and says so. None: decided nothing. Call from a worker.
    """
    from engine.model import Side

    none = "it has no single value"
    answers = [
        Answer("storefront", f"Keep storefront: {value_text(storefront)}", disabled="" if storefront else none),
        Answer("backoffice", f"Keep back office: {value_text(backoffice)}", disabled="" if backoffice else none),
        *(Answer(f"={value}", f"Choose {value_text(value)}") for value in choices[:LISTED]),
        Answer("value", "Type a value..."),
    ]
    lines = [f"{name}: {field}", reason, "The decision is used by the next plan; nothing is written now."]
    answer = await app.push_screen_wait(ChooseOne("Resolve", lines, answers))
    if answer == "value":
        start = next(iter(choices), "") or storefront or backoffice or ""
        prompt = TextPrompt(
            "Resolve",
            field,
            value=start.partition(" ")[0] if money else start,  # an amount is shown with its currency
            lines=[f"{name}: the {field} that both sides shall have"],
            check=amount if money else None,
        )
        typed = await app.push_screen_wait(prompt)
        return None if typed is None else Decision(value=typed)
    if answer is not None and answer.startswith("="):
        return Decision(value=answer[1:])
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
        change.choices,
        money=change.field.is_money,
    )
