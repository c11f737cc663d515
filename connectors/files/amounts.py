"""Amounts as people write them in files -> ``Decimal``, and back in the same spelling.

Rules, so that no price is ever guessed:

- digits with an optional sign, ``.`` as the decimal point: ``49``, ``-0.0125``, ``1299.00``
- a currency before or after: ``$``, ``€``, ``£``, ``¥`` or three capital letters; it must not contradict the row's
- thousands may be grouped by ``,`` ``'`` or a space, in threes, where it is plain which sign is the point:
  ``1,299.00``, ``1,299,000``
- ``1,299`` and ``12,50`` are ambiguous: an error, until ``decimal`` says which sign is the point (``.`` or ``,``)
- everything else (``n/a``, ``call us``, ``(5.00)``, ``1e3``) is an error; an empty cell is no amount
"""

from __future__ import annotations

import re
from decimal import Decimal

SYMBOLS = {"€": "EUR", "£": "GBP"}  # "$" and "¥" belong to several currencies and say nothing
_AROUND = re.compile(
    r"^(?P<sign>[-+]?)\s*(?P<before>[$€£¥]|[A-Z]{3})?\s*(?P<number>[-+]?[\d.,'’\s\u00a0\u202f]+?)\s*(?P<after>[$€£¥]|[A-Z]{3})?$"
)
_GROUPS = re.compile(r"^\d{1,3}(?:(?P<sign>[,.'’\s\u00a0\u202f])\d{3})(?:(?P=sign)\d{3})*$")


class BadAmount(ValueError):
    """The text is no amount, or not plainly one; the message says why and what to do."""


def parse_amount(text: str, decimal: str = "") -> tuple[Decimal, str]:
    """(amount, ISO currency or empty). ``decimal`` is the point's sign where the admin has set it.

    >>> parse_amount("$1,299.00"), parse_amount("12,50 €", ",")
    ((Decimal('1299.00'), ''), (Decimal('12.50'), 'EUR'))
    """
    found = _AROUND.match(text.strip())
    if not found or (found["before"] and found["after"]):
        raise BadAmount(f"{text!r} is not an amount")
    symbol = found["before"] or found["after"] or ""
    currency = SYMBOLS.get(symbol, symbol if symbol.isalpha() else "")
    number = found["number"].strip()
    if number[:1] in {"-", "+"}:
        if found["sign"]:
            raise BadAmount(f"{text!r} is not an amount")
        sign, number = number[0], number[1:]
    else:
        sign = found["sign"]
    return Decimal(sign + _plain(number, decimal, text)), currency


def _plain(number: str, decimal: str, text: str) -> str:
    """Digits with a point."""
    point = decimal or _point(number, text)
    whole, _, fraction = number.partition(point) if point else (number, "", "")
    if not whole and fraction:
        whole = "0"
    grouped = _GROUPS.match(whole)
    if grouped and grouped["sign"] != point:
        whole = whole.replace(grouped["sign"], "")
    if not (whole.isascii() and whole.isdigit()) or (fraction and not (fraction.isascii() and fraction.isdigit())):
        raise BadAmount(f"{text!r} is not an amount" + (f" with {decimal!r} as the decimal sign" if decimal else ""))
    return f"{whole}.{fraction}" if fraction else whole


def _point(number: str, text: str) -> str:
    """Which sign is the decimal point, where the text itself leaves no doubt."""
    if "," not in number:
        return "."
    if "." in number:
        if number.rfind(".") > number.rfind(","):
            return "."
        raise BadAmount(f"{text!r} seems to have a decimal comma: set the option 'decimal' to ',' if it has")
    if number.count(",") > 1:
        return "."
    raise BadAmount(f"{text!r} is ambiguous: set the option 'decimal' to '.' or ',' to say which sign is the point")


def respell(amount: Decimal, old: str, decimal: str = "") -> str:
    """An amount in the spelling of the text it replaces: its currency sign and at least its decimal places.

    >>> respell(Decimal("1399.5"), "$1,299.00"), respell(Decimal("12.5"), "", ",")
    ('$1399.50', '12,5')
    """
    plain = format(amount, "f")
    found = _AROUND.match(old.strip()) if old.strip() else None
    point = decimal or "."
    if found:
        _, has_point, places = found["number"].strip().rpartition(point)
        own = len(plain.partition(".")[2])
        if has_point and len(places) > own:
            plain = format(amount.quantize(Decimal(1).scaleb(-len(places))), "f")
    text = plain.replace(".", point)
    if not found:
        return text
    before, after = found["before"] or "", found["after"] or ""
    gap_before = " " if before.isalpha() else ""
    gap_after = " " if after and old.strip()[-len(after) - 1].isspace() else ""
    return f"{before}{gap_before}{text}{gap_after}{after}"
