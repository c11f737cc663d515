"""Pure: a change compared with what a system has now: made already, moved meanwhile, no amount, or still to be sent."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from engine.model import Field
from engine.ports import FieldWrite, Result

Alike = Callable[[str | None, str | None], bool]


class Settled(NamedTuple):
    """A field whose outcome is known without sending anything; ``found`` is what the system has, None for nothing."""

    result: Result
    message: str = ""
    found: str | None = None


def compared(change: FieldWrite, found: str | None) -> Settled | None:
    """The outcome that is known from the value found, or None when the change is still to be made."""
    alike = same_text if change.field is Field.SKU else same_amount
    return compared_value(change.field.value, found, change.before or None, change.after, alike)


def compared_value(name: str, found: str | None, before: str | None, after: str, alike: Alike) -> Settled | None:
    """As ``compared``, of any value with a name."""
    if alike(found, after or None):
        return Settled(Result.UNCHANGED, "", found)
    if not alike(found, before):
        return Settled(Result.STALE, moved(name, before, found), found)
    return None


def compared_amount(change: FieldWrite, found: str | None) -> Settled | None:
    """As ``compared``; an ``after`` that is no amount is ``rejected``."""
    if amount_of(change) is None:
        return Settled(Result.REJECTED, f"{change.after!r} is no amount", found)
    return compared(change, found)


def amount_of(change: FieldWrite) -> Decimal | None:
    """The amount to be written, None where it is none."""
    try:
        after = Decimal(change.after)
    except InvalidOperation:
        return None
    return after if after.is_finite() else None


def moved(what: str, before: str | None, found: str | None) -> str:
    """The words of a value that moved."""
    return f"{what} was expected to be {before or 'empty'} and is {found or 'empty'} now; nothing of this record was written"


def same_text(left: str | None, right: str | None) -> bool:
    return left == right


def same_amount(left: str | None, right: str | None) -> bool:
    """Whether two texts are the same number, or the same text."""
    if left is None or right is None or left == right:
        return left == right
    try:
        return Decimal(left) == Decimal(right)
    except InvalidOperation:
        return False
