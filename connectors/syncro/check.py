"""The connection test: who the token is, and every permission that can be tried without writing."""

from __future__ import annotations

from typing import Any

from connectors.http.client import Params
from connectors.syncro.api import Api
from engine.errors import ConnectorError, PermissionMissing
from engine.ports import CheckItem, CheckReport

_ONE_PAGE: Params = (("page", "1"),)


async def check(api: Api) -> CheckReport:
    """``/me``, then one page of each list; writes nothing. Without a good token the rest is not tried."""
    try:
        me = await api.me()
    except ConnectorError as error:
        return CheckReport((CheckItem("API token", False, str(error)),))
    account = f"{me.get('user_email') or me.get('user_name') or 'somebody'} at {me.get('subdomain') or 'Syncro'}"
    items = [CheckItem("API token", True)]
    customers = await _try(api, items, "Customers - List/Search", "customers", _ONE_PAGE)
    await _try_detail(api, items, customers)
    await _try(api, items, "Products - List/Search", "products", _ONE_PAGE)
    await _try(api, items, "Vendors - List", "vendors", _ONE_PAGE, required=False, why="needed for SKUs of a vendor")
    items += [_unproven(name, me) for name in ("Products - Edit", "Products - Create")]
    return CheckReport(tuple(items), account)


async def _try(
    api: Api, items: list[CheckItem], name: str, resource: str, params: Params, *, required: bool = True, why: str = ""
) -> list[dict[str, Any]]:
    try:
        rows = await api.rows(resource, params)
    except ConnectorError as error:
        items.append(CheckItem(name, False, f"{error}{f' ({why})' if why else ''}", required))
        return []
    items.append(CheckItem(name, True, "", required))
    return rows


async def _try_detail(api: Api, items: list[CheckItem], customers: list[dict[str, Any]]) -> None:
    name = "Customers - View Detail"
    if not customers:
        items.append(CheckItem(name, True, "not tried: no customer to look at", required=False))
        return
    try:
        await api.record("customers", "customer", str(customers[0]["id"]))
    except ConnectorError as error:
        items.append(CheckItem(name, False, str(error), required=isinstance(error, PermissionMissing)))
        return
    items.append(CheckItem(name, True))


def _unproven(name: str, me: dict[str, Any]) -> CheckItem:
    """Writing cannot be tried in a test: an administrator may, ``/me`` may say no, otherwise it is not known."""
    if me.get("admin") is True:
        return CheckItem(name, True, "the token belongs to an administrator", required=False)
    permissions = me.get("permissions")
    product = permissions.get("product") if isinstance(permissions, dict) else None
    if isinstance(product, dict) and product.get("write") is False:
        return CheckItem(name, False, f'the token lacks the permission "{name}"', required=False)
    return CheckItem(name, True, "cannot be tried without writing; the first sync will show it", required=False)
