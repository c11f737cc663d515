"""Every shape in which Syncro says no, and the permission each request needs.

Seen in its API description and in public clients: ``{"error": text or list}``, ``{"errors": text, list or {field: [...]}}``,
``{"success": false, "message": [...], "params": {...}}``, a bare ``{field: [...]}``, plain text, and nothing at all.
``params`` repeats what was sent and is never shown.
"""

from __future__ import annotations

from typing import Any

from connectors.http import Dialect, Explained

_WORDS = ("message", "error", "errors")
_NOT_WORDS = frozenset({"success", "params", "status", "code"})


def explain(data: Any) -> Explained:
    """Syncro's own words, whatever the shape."""
    if not isinstance(data, dict):
        return Explained(_flat(data))
    said = [_flat(data[name]) for name in _WORDS if data.get(name)]
    if not said:
        said = [_flat({name: value for name, value in data.items() if name not in _NOT_WORDS and _is_words(value)})]
    return Explained("; ".join(part for part in said if part))


def failed(data: Any) -> bool:
    """A good status with ``success: false`` is a failure all the same."""
    return isinstance(data, dict) and data.get("success") is False


def permission(method: str, path: str) -> str:
    """The name, as the token's page in Syncro spells it, of the permission a request needs."""
    parts = [part for part in path.split("/") if part]
    kind = parts[0].capitalize() if parts else "API"
    inner = len(parts) > 2  # /products/1/product_skus: reading and editing the product
    if method == "GET":
        detail = len(parts) == 2 and parts[1].isdigit()
        if detail and kind == "Customers":
            return "Customers - View Detail"
        if detail and kind == "Vendors":
            return "Vendors - View Details"
        return "Vendors - List" if kind == "Vendors" else f"{kind} - List/Search"
    if method == "POST" and not inner:
        return "Vendors - New" if kind == "Vendors" else f"{kind} - Create"
    return f"{kind} - {'Delete' if method == 'DELETE' else 'Edit'}"


def _is_words(value: Any) -> bool:
    """Text, or a list of texts: what a bare ``{field: [...]}`` holds, unlike a record."""
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)


def _flat(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, list):
        return "; ".join(part for part in map(_flat, value) if part)
    if isinstance(value, dict):
        return "; ".join(f"{name}: {text}" for name, item in value.items() if (text := _flat(item)))
    return str(value)


DIALECT = Dialect(explain=explain, permission=permission, failed=failed)
