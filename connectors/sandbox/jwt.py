"""Tokens that look like the marketplace's JWTs: signed, with an expiry, opaque to clients."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable


class Tokens:
    """Issues and checks tokens that live ``seconds``; ``revoke`` ends all of them."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.time) -> None:
        self.seconds = seconds
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self.issued = 0

    def issue(self, subject: str) -> str:
        self.issued += 1
        claims = {"sub": subject, "exp": self._clock() + self.seconds, "jti": secrets.token_hex(8)}
        head = f"{_encode({'alg': 'HS256', 'typ': 'JWT'})}.{_encode(claims)}"
        return f"{head}.{self._sign(head)}"

    def problem(self, token: str) -> str:
        """Why a token is refused, in the gateway's words; empty when it is good."""
        head, _, signature = token.rpartition(".")
        if not head or not hmac.compare_digest(signature.encode(), self._sign(head).encode()):
            return "Invalid JWT token"
        payload = head.partition(".")[2]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return "" if claims["exp"] > self._clock() else "Expired JWT token"

    def revoke(self) -> None:
        self._key = secrets.token_bytes(32)

    def _sign(self, text: str) -> str:
        digest = hmac.new(self._key, text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _encode(value: dict[str, object]) -> str:
    raw = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
