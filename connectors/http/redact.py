"""Keeping secrets out of every log line and every message."""

from __future__ import annotations

import re
from typing import Any

#: What stands in a text where a secret stood.
MASK = "***"
_SHORTEST = 4  # masking "us" everywhere would hide nothing and garble everything
_NAMES = r"(?:user_token|access_token|refresh_token|token|password|client_secret|api_key|x-subscription-key)"
_PATTERNS = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{4,}"), rf"\1 {MASK}"),
    (re.compile(rf"(?i)([\"']{_NAMES}[\"']\s*:\s*[\"'])[^\"']+"), rf"\1{MASK}"),
    (re.compile(rf"(?i)\b({_NAMES}=)[^\s\"'&,;]+"), rf"\1{MASK}"),
)


class Redactor:
    """Masks the secrets of one connection, and whatever looks like an authorization, in any text.

    >>> Redactor("hunter22").clean("tried hunter22 as Bearer abcdef")
    'tried *** as Bearer ***'
    """

    def __init__(self, *secrets: str) -> None:
        self._known: set[str] = set()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Never let this value through again; values under four characters are too short to mask."""
        if len(secret) >= _SHORTEST:
            self._known.add(secret)

    def clean(self, text: Any) -> str:
        """``text`` with every secret masked."""
        out = str(text)
        for secret in sorted(self._known, key=len, reverse=True):
            out = out.replace(secret, MASK)
        for pattern, masked in _PATTERNS:
            out = pattern.sub(masked, out)
        return out
