"""What may be typed into a field: each check returns what is wrong in plain words, or an empty text."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
REFERENCES = ("env:", "file:", "command:", "keyring:")


def amount(text: str) -> str:
    """An amount of money: zero or more, digits with at most one point."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return f"{text!r} is not an amount; write it like 12.50"
    if not value.is_finite():
        return f"{text!r} is not an amount; write it like 12.50"
    return "an amount is not negative" if value < 0 else ""


def percent(text: str) -> str:
    """A percentage of zero or more."""
    return "write a percentage such as 50, of zero or more" if amount(text) else ""


def whole(text: str) -> str:
    """A whole number of one or more."""
    return "" if text.isascii() and text.isdecimal() and int(text) >= 1 else "write a whole number of 1 or more"


def score(text: str) -> str:
    """A suggestion score between 0 and 1."""
    return "write a score between 0 and 1, such as 0.9" if amount(text) or Decimal(text) > 1 else ""


def currency(text: str) -> str:
    """An ISO 4217 code by its form."""
    return "" if len(text) == 3 and text.isascii() and text.isalpha() else "a currency is three letters, such as USD"


def name(text: str) -> str:
    """A name of a connection or an integration as commands take it."""
    if _NAME.fullmatch(text):
        return ""
    return "1 to 40 letters, digits, '-', '_' or '.', beginning with a letter or digit"


def secret_reference(text: str) -> str:
    """A reference to a secret, never the secret itself."""
    if text.startswith(REFERENCES) and text.split(":", 1)[1].strip():
        return ""
    return (
        "this must be a reference, never the secret itself: env:NAME, file:/path, command:... or keyring:service/user"
    )


def day(text: str) -> str:
    """A day as ISO 8601 writes it."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return "write a day such as 2030-01-31"
    return ""


def until(text: str, today: date) -> str:
    """A day in the future: ``2030-01-31``, or ``30d``, ``8w`` from today."""
    day = day_of(text, today)
    if day is None:
        return "write a date such as 2030-01-31, or 30d for thirty days"
    return "" if day > today else f"{day.isoformat()} is not in the future"


def day_of(text: str, today: date) -> date | None:
    """The day that ``until`` accepts, or None when it is none."""
    count, unit = text[:-1], text[-1:]
    if count.isascii() and count.isdecimal() and unit in {"d", "w"} and len(count) <= 5:
        return today + timedelta(days=int(count) * (7 if unit == "w" else 1))
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
