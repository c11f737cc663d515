"""JSON on the wire: numbers are ``Decimal`` on the way in and exact digits on the way out, never a float."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any


def loads(raw: bytes) -> Any:
    """The value that some bytes spell; fractions are ``Decimal``, ``NaN`` and ``Infinity`` are refused.

    Raises ``ValueError`` (also for bytes that are no text).
    """
    return json.loads(raw, parse_float=Decimal, parse_constant=_no_constant)


def dumps(value: Any) -> bytes:
    """Compact JSON of ``value``; a ``Decimal`` becomes a number with exactly its digits."""
    return _spell(value).encode()


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _spell(value: Any) -> str:
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} cannot be sent: it is not a finite number")
        return format(value, "f")
    if isinstance(value, float):
        raise TypeError(f"a float ({value!r}) never goes on the wire: use Decimal")
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(str(key))}:{_spell(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return "[" + ",".join(_spell(item) for item in value) + "]"
    return json.dumps(value)
