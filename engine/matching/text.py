"""Text as matching sees it: folded, cut into words, and compacted. Pure; no language is assumed."""

from __future__ import annotations

import re
import unicodedata

_CUT = re.compile(r"[\s,;:()\[\]{}|\"“”!?*<>=~^`]+")
_NOT_WORD = re.compile(r"[\W_]+")
_DECIMAL = re.compile(r"^\d+(?:\.\d+)+$")


def fold(text: str) -> str:
    """Case-folded, accents removed, compatibility characters replaced (NFKD).

    >>> fold("Crème BRÛLÉE ½")
    'creme brulee 1⁄2'
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def compact(text: str) -> str:
    """Letters and digits only, folded: how codes are compared.

    >>> compact("KX-TG 8232/B")
    'kxtg8232b'
    """
    return _NOT_WORD.sub("", fold(text))


def raw_words(folded: str) -> list[str]:
    """Words of a folded text as written, cut at spaces and brackets, without punctuation at their ends."""
    return [word for piece in _CUT.split(folded) if (word := piece.strip(".-/'&+#%$_\\"))]


def compact_words(folded: str) -> list[str]:
    """Words of a folded text, each compacted; a version such as 4.0 keeps its point, trailing ``.0`` is dropped.

    >>> compact_words("ns-aw390bl speaker v. 4.0")
    ['nsaw390bl', 'speaker', 'v', '4']
    """
    found = []
    for word in raw_words(folded):
        if word.isalnum():
            found.append(word)
        elif _DECIMAL.match(word):
            found.append(number(word))
        elif short := _NOT_WORD.sub("", word):
            found.append(short)
    return found


def number(text: str) -> str:
    """One spelling of a number or version: no leading zeros, no trailing ``.0``.

    >>> number("04.0"), number("2.50"), number("10.6.0")
    ('4', '2.5', '10.6')
    """
    parts = text.split(".")
    while len(parts) > 1 and not parts[-1].strip("0"):
        parts.pop()
    parts[0] = parts[0].lstrip("0") or "0"
    if len(parts) == 2:
        parts[1] = parts[1].rstrip("0")
    return ".".join(parts)


def triples(name: str) -> frozenset[str]:
    """The letter triples of a name's words, word ends included: what ``alike`` compares."""
    return frozenset(
        padded[at : at + 3] for word in compact_words(fold(name)) for padded in [f"<{word}>"] for at in range(len(word))
    )


def alike(one: frozenset[str], other: frozenset[str]) -> float:
    """0..1: the share of letter triples that two names have in common (Dice); 1 for names equal but for order.

    >>> alike(triples("Contoso Ltd."), triples("CONTOSO LTD")), alike(triples("abc"), triples("xyz"))
    (1.0, 0.0)
    """
    return round(2 * len(one & other) / (len(one) + len(other)), 2) if one and other else 0.0
