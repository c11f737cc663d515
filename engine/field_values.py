"""Pure: how one mapped field's text becomes the text of another, and whether the two fit at all.

Types are compared by family, because every vendor has its own words: text, number, yes/no, date, time, choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from engine.crm import SchemaField
from engine.model import canonical


class Family(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "yes/no"
    DATE = "date"
    TIME = "time"
    CHOICE = "choice"
    REFERENCE = "reference"


_FAMILIES = {
    "int": Family.NUMBER, "integer": Family.NUMBER, "long": Family.NUMBER, "double": Family.NUMBER,
    "number": Family.NUMBER, "currency": Family.NUMBER, "percent": Family.NUMBER, "decimal": Family.NUMBER,
    "boolean": Family.BOOLEAN, "date": Family.DATE, "datetime": Family.TIME, "picklist": Family.CHOICE,
    "multipicklist": Family.CHOICE, "combobox": Family.CHOICE, "reference": Family.REFERENCE, "id": Family.REFERENCE,
}  # fmt: skip
_TRUE, _FALSE = frozenset({"true", "1", "yes", "y"}), frozenset({"false", "0", "no", "n"})


class Mode(StrEnum):
    """When a mapped field is written: only into a new record, or whenever it differs."""

    INSERT = "insert"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Transform:
    """What is done to a text, in this order: constant (instead of it), trim, choices (its counterpart), truncate."""

    trim: bool = False
    truncate: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)
    constant: str | None = None

    @property
    def text(self) -> str:
        """In words: ``trim, truncate, 3 choices``."""
        if self.constant is not None:
            return f"constant {self.constant!r}"
        words = ["trim"] * self.trim + ["truncate"] * self.truncate
        return ", ".join([*words, *([f"{len(self.choices)} choices"] if self.choices else [])])


@dataclass(frozen=True, slots=True)
class Converted:
    """The text to write, or why there is none. ``problem`` is for a person; nothing is written then."""

    text: str | None
    problem: str = ""


def family(one: SchemaField) -> Family:
    """The family of a field's type; a type nobody knows is text."""
    return _FAMILIES.get(one.type.casefold(), Family.TEXT)


def misfit(source: SchemaField | None, target: SchemaField | None, transform: Transform, mode: Mode) -> str:
    """Why a mapping cannot work, or "". A source of None is a constant's, a target of None is gone."""
    if target is None:
        return "the target field is gone, or may not be read any more"
    if source is None and transform.constant is None:
        return "the source field is gone"
    if target.own:
        return f"{target.name} is the record's own: a push, its owner (owners.name, ...) or an account policy writes it"
    writable = target.createable if mode is Mode.INSERT else target.createable or target.updateable
    if not writable or (mode is Mode.ALWAYS and not target.updateable):
        return f"{target.name} cannot be written" + (" after a record was made" if target.createable else "")
    kind = family(target)
    if kind is Family.REFERENCE:
        return f"{target.name} refers to {'/'.join(target.references) or 'a record'}: an id of there is needed"
    if transform.constant is not None:
        return convert("", target, transform).problem
    assert source is not None
    return _unlike(source, target, transform)


def _unlike(source: SchemaField, target: SchemaField, transform: Transform) -> str:
    given, kind = family(source), family(target)
    if (
        kind is Family.CHOICE
        and target.restricted
        and not transform.choices
        and not set(source.picklist) & set(target.picklist)
    ):
        return f"{target.name} takes only its {len(target.picklist)} choices: say which text means which (--choice)"
    unknown = sorted({text for text in transform.choices.values() if target.restricted and text not in target.picklist})
    if unknown:
        return f"{target.name} has no choice {unknown[0]!r}"
    if kind in {Family.TEXT, Family.CHOICE} or given is kind or transform.choices:
        longer = source.length > target.length > 0 and kind is Family.TEXT
        return f"{source.name} may have {source.length} characters, {target.name} takes {target.length}: truncate" if (
            longer and not transform.truncate
        ) else ""  # fmt: skip
    if given is Family.TEXT or {given, kind} == {Family.DATE, Family.TIME}:
        return ""  # each value is looked at when it is written
    return f"{source.name} is {given}, {target.name} is {kind}"


def convert(text: str, target: SchemaField, transform: Transform) -> Converted:
    """The text to write into ``target``: transformed, spelled as the type demands, and within its size.

    Blanks at the ends are no part of a text: systems drop them, and a value that differs for ever would be written for ever.
    """
    made = text if transform.constant is None else transform.constant
    made = " ".join(made.split()) if transform.trim else made.replace("\r\n", "\n").strip()
    if transform.constant is None and transform.choices:
        if made and made not in transform.choices and target.restricted and made not in target.picklist:
            return Converted(None, f"no choice is given for {made!r}")
        made = transform.choices.get(made, made)
    if not made and family(target) is Family.BOOLEAN:
        return Converted("false")  # a box that is not ticked: it is never empty
    if not made:
        return (
            Converted(None, f"{target.name} is required and there is nothing to write")
            if target.required
            else Converted("")
        )
    return _spelled(made, target, transform)


def _spelled(made: str, target: SchemaField, transform: Transform) -> Converted:
    kind = family(target)
    if kind is Family.NUMBER:
        return _number(made, target)
    if kind is Family.BOOLEAN:
        word = made.casefold()
        if word not in _TRUE | _FALSE:
            return Converted(None, f"{made!r} is not yes or no")
        return Converted("true" if word in _TRUE else "false")
    if kind in {Family.DATE, Family.TIME}:
        return _moment(made, kind)
    if kind is Family.CHOICE and target.restricted and made not in target.picklist:
        return Converted(None, f"{target.name} has no choice {made!r}")
    if 0 < target.length < len(made):
        if not transform.truncate:
            return Converted(None, f"{len(made)} characters, {target.name} takes {target.length}")
        made = made[: target.length].rstrip()
    return Converted(made)


def _number(made: str, target: SchemaField) -> Converted:
    try:
        number = Decimal(made)
    except InvalidOperation:
        return Converted(None, f"{made!r} is not a number")
    if not number.is_finite():
        return Converted(None, f"{made!r} is not a number")
    if target.precision:
        finer = number != round(number, target.scale)
        if finer:
            return Converted(None, f"{made} is finer than the {target.scale} decimals of {target.name}")
        if abs(number) >= Decimal(10) ** (target.precision - target.scale):
            return Converted(None, f"{made} has more digits than {target.name} takes")
    return Converted(canonical(number))


def _moment(made: str, kind: Family) -> Converted:
    try:
        at = datetime.fromisoformat(made)
    except ValueError:
        return Converted(None, f"{made!r} is not a date (2026-12-31)")
    if kind is Family.DATE:
        return Converted(date(at.year, at.month, at.day).isoformat())
    if at.tzinfo is None:
        return Converted(None, f"{made!r} has no time zone")
    return Converted(at.astimezone(UTC).replace(microsecond=0).isoformat())
