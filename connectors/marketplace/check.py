"""The connection test: one request per thing that may be refused, each with its own line."""

from __future__ import annotations

from connectors.marketplace.api import Api
from engine.errors import ConnectorError
from engine.ports import CheckItem, CheckReport


async def check(api: Api, account: str) -> CheckReport:
    """Ask for a token, one customer and one product; writes nothing. Without a token the rest is not tried."""
    try:
        await api.auth.headers()
    except ConnectorError as error:
        return CheckReport((CheckItem("token", False, str(error)),), account)
    items = [CheckItem("token", True)]
    for name in ("customers", "products"):
        try:
            reply = await api.get(f"/{name}", offset="0", limit="1")
        except ConnectorError as error:
            items.append(CheckItem(f"{name}: read", False, str(error)))
            continue
        pagination = reply.data.get("pagination") if isinstance(reply.data, dict) else None
        total = pagination.get("total") if isinstance(pagination, dict) else None
        known = isinstance(total, int)
        items.append(CheckItem(f"{name}: read", known, f"{total} {name}" if known else "the list has no total"))
    return CheckReport(tuple(items), account)
