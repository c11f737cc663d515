"""How WooCommerce says no: ``{"code", "message", "data": {"status", "params", "resource_id"}}``, and what a request needs.

The same document stands for one record inside the answer to a batch, whose own status is 200 (see ``write``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.http import Dialect, Explained

READ, WRITE = "Read", "Read/Write"
#: A wrong key gets a 401 with this code, and so do keys of the kind "Read" that write and of the kind "Write" that read.
KEY_LACKS = "woocommerce_rest_authentication_error"


@dataclass(frozen=True, slots=True)
class ItemError:
    """What the store says of one record of a batch. ``other`` is the id of the record that is in the way, or empty."""

    message: str
    code: str
    status: int
    other: str = ""


def explain(data: Any) -> Explained:
    """The store's own words; what is wrong with single parameters is added."""
    if not isinstance(data, Mapping):
        return Explained()
    said = str(data.get("message") or "")
    about = data.get("data")
    params = about.get("params") if isinstance(about, Mapping) else None
    if isinstance(params, Mapping):
        said = "; ".join([said, *(f"{name}: {text}" for name, text in params.items())])
    return Explained(said, str(data.get("code") or ""))


def item_error(entry: Mapping[str, Any]) -> ItemError | None:
    """The error of one entry of a batch's answer, or None when the entry is a record."""
    error = entry.get("error")
    if not isinstance(error, Mapping):
        return None
    told = explain(error)
    about = error.get("data")
    about = about if isinstance(about, Mapping) else {}
    status = about.get("status")
    other = about.get("resource_id")
    return ItemError(told.message, told.code, status if isinstance(status, int) else 400, str(other) if other else "")


def permission(method: str, path: str) -> str:
    """What the key and its user must be allowed."""
    what = path.strip("/").partition("/")[0].replace("variations", "products") or "API"
    return f"{READ if method == 'GET' else WRITE} for {what} (key permission {WRITE}, user role Shop manager)"


DIALECT = Dialect(explain=explain, permission=permission)
