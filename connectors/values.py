"""Values of JSON rows that several systems spell alike."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any


def amount(value: Any) -> Decimal | None:
    """A JSON number, or a text that is one; None where there is nothing. Raises ``ValueError``.

    >>> amount("12.50"), amount(0), amount("")
    (Decimal('12.50'), Decimal('0'), None)
    """
    if value is None or value == "":
        return None
    try:
        number = Decimal(value if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else "none")
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is no amount") from error
    if not number.is_finite():
        raise ValueError(f"{value!r} is no amount")
    return number


def text(value: Any) -> str:
    """Null is empty.

    >>> text(None), text(7)
    ('', '7')
    """
    return "" if value is None else str(value)
