"""Cells of a CSV file that no spreadsheet runs as a formula (OWASP, CSV injection)."""

from __future__ import annotations

#: A cell that begins with one of these is taken for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(text: str) -> str:
    """Text that looks like a formula gets an apostrophe; numbers stay as they are.

    >>> safe_cell("=1+1"), safe_cell("-12.50"), safe_cell("Acme")
    ("'=1+1", '-12.50', 'Acme')
    """
    number = text.lstrip("+-").replace(".", "", 1).isdecimal()
    return f"'{text}" if text.startswith(_FORMULA) and not number else text
