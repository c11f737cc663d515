"""Model and part numbers: finding them in a text, and how alike two of them are."""

from __future__ import annotations

import re
from enum import Enum

from engine.matching.lexicon import PLACEHOLDERS
from engine.matching.text import raw_words

_NOT_WORD = re.compile(r"[\W_]+")
_HEAD = re.compile(r"^([a-z]*)(\d*)")
_TAIL = re.compile(r"[a-z]{1,4}$")


class Likeness(Enum):
    """How alike two codes are."""

    SAME = "same"
    STEM = "stem"  # equal up to a short suffix of letters: a colour, a region
    SIBLING = "sibling"  # one series, other number
    OTHER = "other"


def identifier(text: str) -> str:
    """A code field compacted, or empty where it is a placeholder (``N/A``, ``0000``) or too short to identify."""
    code = _NOT_WORD.sub("", text.casefold())
    if len(code) < 3 or code in PLACEHOLDERS or len(set(code)) == 1:
        return ""
    return code


def find_codes(folded: str) -> list[str]:
    """Words that mix letters and digits, or are numbers of four digits and more; compacted, in order.

    Quantities and years are to be taken out before.
    """
    found = []
    for word in raw_words(folded):
        code = _NOT_WORD.sub("", word)
        if not any(char.isdigit() for char in code):
            continue
        if code.isdigit():
            if len(code) >= 4 and "." not in word:
                found.append(code)
        elif len(code) >= 2 and not _ordinal(code):
            found.append(code)
        for part in word.split("/"):  # htz515/xaa: the part before the region
            short = _NOT_WORD.sub("", part)
            if short != code and len(short) >= 4 and not short.isdigit() and any(char.isdigit() for char in short):
                found.append(short)
    return found


def _ordinal(code: str) -> bool:
    return code[-2:] in {"st", "nd", "rd", "th"} and code[:-2].isdigit()


def compare(one: str, other: str) -> Likeness:
    """How alike two compacted codes are.

    >>> compare("nsaw390bl", "nsaw390bk"), compare("wx240", "wx250"), compare("kdl32m4000", "kdl32m4000b")
    (<Likeness.STEM: 'stem'>, <Likeness.SIBLING: 'sibling'>, <Likeness.STEM: 'stem'>)
    """
    if one == other:
        return Likeness.SAME
    short, long = sorted((one, other), key=len)
    if len(short) >= 4 and len(short) / len(long) >= 0.6 and any(char.isdigit() for char in short):
        if long.startswith(short) and not long[len(short)].isdigit():
            return Likeness.STEM
        if long.endswith(short) and not (short[0].isdigit() and long[-len(short) - 1].isdigit()):
            return Likeness.STEM
        if _TAIL.sub("", one) == _TAIL.sub("", other) and len(_TAIL.sub("", short)) >= 4:
            return Likeness.STEM
    head, number = _head(one)
    other_head, other_number = _head(other)
    if head and head == other_head and number != other_number:
        return Likeness.SIBLING
    return Likeness.OTHER


def _head(code: str) -> tuple[str, str]:
    found = _HEAD.match(code)
    assert found is not None  # the pattern matches the empty text
    return found[1], found[2]
