"""One-legged OAuth 1.0a as WooCommerce checks it on plain HTTP: the key's secret signs method, address and arguments."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from urllib.parse import quote, unquote

from connectors.sandbox.wire import Call


def signed(call: Call, url: str, secret: str) -> bool:
    """Whether ``oauth_signature`` (HMAC-SHA1 or HMAC-SHA256) fits the request; ``url`` is without its query."""
    arguments = dict(call.query)
    given = arguments.pop("oauth_signature", "")
    method = arguments.get("oauth_signature_method", "")
    digest = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}.get(method)
    if digest is None:
        return False
    pairs = "%26".join(f"{_twice(key)}%3D{_twice(value)}" for key, value in sorted(arguments.items()))
    text = f"{call.method}&{quote(url, '')}&{pairs}"
    expected = b64encode(hmac.new(f"{secret}&".encode(), text.encode(), digest).digest()).decode()
    return hmac.compare_digest(expected, given)


def _twice(text: str) -> str:
    """WooCommerce encodes once more what is encoded."""
    return quote(unquote(text)).replace("%", "%25")
