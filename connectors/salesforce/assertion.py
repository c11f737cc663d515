"""The signed assertion of the JWT bearer flow. The signing library is an optional extra: ``crosswalk[salesforce]``."""

from __future__ import annotations

import importlib
from types import ModuleType

from engine.errors import AuthenticationError

LIFETIME = 180  # seconds; Salesforce takes no more
EXTRA = "pip install 'crosswalk[salesforce]'"


def sign(connection: str, client_id: str, username: str, audience: str, key: str, now: float) -> str:
    """An RS256 assertion that ``username`` has approved. Raises ``AuthenticationError`` saying what is missing or wrong."""
    jwt = _library(connection)
    claims = {"iss": client_id, "sub": username, "aud": audience, "exp": int(now) + LIFETIME}
    try:
        return str(jwt.encode(claims, key, algorithm="RS256"))
    except (ValueError, TypeError, jwt.PyJWTError):
        # the reason is left out: it may quote the key
        raise AuthenticationError(
            "the secret of option private_key is no RSA private key in PEM. Nothing was sent", connection=connection
        ) from None


def _library(connection: str) -> ModuleType:
    try:
        jwt = importlib.import_module("jwt")
        importlib.import_module("cryptography")
    except ImportError:
        raise AuthenticationError(
            f"auth=jwt needs a library that signs, which is not installed: {EXTRA}. Or use auth=client_credentials. "
            "Nothing was sent",
            connection=connection,
        ) from None
    return jwt
