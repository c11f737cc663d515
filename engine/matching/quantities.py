"""Quantities with units in a text: 27", 8GB, 12-pack, 1 year, 5 users; and what two texts disagree on."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.matching.lexicon import TIGHT, UNITS
from engine.matching.text import number

#: dimension -> values in the dimension's base unit
Quantities = Mapping[str, frozenset[float]]

_SHOWN = {dimension: unit for dimension, _, unit in UNITS.values()}
_UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
_VALUE = r"(?P<whole>\d[\d,]*(?:\.\d+)?|\.\d+)(?:[- ](?P<top>\d)/(?P<bottom>\d{1,2}))?"
_QUANTITY = re.compile(rf"(?<![\w.]){_VALUE}(?P<gap>[ -]*)(?P<unit>{_UNIT})(?![a-z0-9])")
_OF = re.compile(r"\b(?:pack|set|box|case|bundle|lot|carton|bag)s? of (?P<whole>\d+)\b")
_MULTIPLE = re.compile(r"\bfl\s?\.?\s?oz\b|\bcu\s?\.?\s?ft\b|\bcubic[ -]f(?:oo|ee)t\b|\bfluid ounces?\b|\bcf\b")
_YEAR = re.compile(r"(?<![\w.])(?:19[5-9]\d|20[0-4]\d)(?![\w.])")
_JOIN = {"f": "floz", "c": "cuft"}


def quantities(folded: str) -> tuple[dict[str, frozenset[float]], str]:
    """Quantities by dimension, and the text without them (so that they are not taken for codes or numbers)."""
    text = _MULTIPLE.sub(lambda found: _JOIN[found.group()[0]], folded)
    values: dict[str, set[float]] = {}

    def take(found: re.Match[str]) -> str:
        unit = found["unit"]
        if unit in TIGHT and found["gap"]:
            return found.group()
        dimension, factor, _ = UNITS[unit]
        value = _amount(found["whole"])
        if found["top"] and int(found["bottom"]):
            value += int(found["top"]) / int(found["bottom"])
        values.setdefault(dimension, set()).add(round(value * factor, 4))
        return " "

    def take_of(found: re.Match[str]) -> str:
        values.setdefault("pack", set()).add(float(found["whole"]))
        return " "

    def take_year(found: re.Match[str]) -> str:
        values.setdefault("year", set()).add(float(found.group()))
        return " "

    rest = _YEAR.sub(take_year, _QUANTITY.sub(take, _OF.sub(take_of, text)))
    return {dimension: frozenset(found) for dimension, found in values.items()}, rest


def _amount(text: str) -> float:
    """``1,000`` is a thousand, ``1,5`` one and a half."""
    head, comma, tail = text.rpartition(",")
    if comma and len(tail) != 3 and "." not in tail:
        text = f"{head.replace(',', '')}.{tail}" if tail else head
    return float(text.replace(",", "") or 0)


def close(one: frozenset[float], other: frozenset[float]) -> bool:
    """Whether any two values agree within 3 % (1 TB and 1024 GB do, 19 and 20 inches do not)."""
    return any(abs(a - b) <= 0.03 * max(abs(a), abs(b)) for a in one for b in other)


def shown(dimension: str, values: frozenset[float]) -> str:
    """``19 in``; for evidence."""
    return f"{'/'.join(number(f'{value:.2f}') for value in sorted(values)[:3])} {_SHOWN.get(dimension, '')}".rstrip()
