"""Pure: what trying a rule says, as lines of text: for the Rules screen and for ``crosswalk rules simulate``."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from tui.widgets.plan_lines import many, value_text

if TYPE_CHECKING:
    from engine.simulation import Effect, FieldEffect, Simulation


def number(amount: Decimal | None, sign: str = "+") -> str:
    """A difference as it is read, without trailing zeros; a dash where there is none.

    >>> number(Decimal("1.50")), number(Decimal("-3")), number(None)
    ('+1.5', '-3', '–')
    """
    if amount is None:
        return value_text(None)
    text = f"{amount:{sign}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def simulation_lines(found: Simulation) -> list[str]:
    """How many rows change, by how much, what a sync would write then, and which guards it would set off."""
    lines = [f"{found.changed:,} of {many(found.rows, 'mapped row')} would change"]
    lines += [_field(one) for one in found.fields]
    if found.excluded or found.included:
        lines.append(f"{found.excluded:,} excluded by it, {found.included:,} let in again")
    lines.append(f"a sync of all would then write {many(found.writes, 'row')}")
    lines += [f"guard {hit.guard}: {hit.message}" for hit in found.guards]
    return lines + [f"note: {note}" for note in found.notes]


def effect_rows(found: Simulation) -> list[tuple[str, ...]]:
    """The largest changes as cells: id, name, field, source, old, new, difference, percent, rule."""
    return [_effect(one) for one in found.largest]


def _field(one: FieldEffect) -> str:
    text = f"{one.field.value}: {many(one.rows, 'row')}"
    if one.least is not None:
        text += f", by {number(one.least)} to {number(one.most)}, middle {number(one.middle)}"
    return text + (f"; {one.blocked:,} blocked" if one.blocked else "")


def _effect(one: Effect) -> tuple[str, ...]:
    percent = "" if one.percent is None else f"{one.percent:+.1f}%"
    new = one.problem or value_text(one.after)
    return (
        one.id, one.name, one.field.value, value_text(one.source), value_text(one.before), new,
        number(one.difference), percent, one.rule,
    )  # fmt: skip
