"""Global Trade Item Numbers (GS1 General Specifications, 7.9): what a barcode on a box says, whoever sells it."""

from __future__ import annotations

#: GTIN-8, UPC-A (GTIN-12), EAN-13 and GTIN-14.
LENGTHS = frozenset({8, 12, 13, 14})


def is_gtin(text: str | None) -> bool:
    """Whether a text is a GTIN: so many digits, and the last one is the check digit of the others."""
    if not text or len(text) not in LENGTHS or not (text.isascii() and text.isdigit()) or not text.strip("0"):
        return False
    *others, check = (int(digit) for digit in text)
    weighed = sum(digit * (1 if place % 2 else 3) for place, digit in enumerate(reversed(others)))
    return (weighed + check) % 10 == 0
