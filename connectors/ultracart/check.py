"""The connection test: every right that can be tried without writing, and whether the distribution center exists."""

from __future__ import annotations

from connectors.ultracart import items, people
from connectors.ultracart.api import Api, Row
from connectors.ultracart.settings import Settings
from connectors.ultracart.values import text
from engine.errors import AuthenticationError, ConnectorError, Rejected
from engine.ports import CheckItem, CheckReport

_ONE = ("_limit", "1")


async def check(api: Api, settings: Settings) -> CheckReport:
    """One page of items, one customer, one order, an update of nothing; writes nothing. Without a login nothing is tried."""
    try:
        reply = await api.request("GET", "/item/items", params=[("_expand", items.EXPAND), ("_limit", "100")])
    except AuthenticationError as error:
        name = "Read items" if api.grant is None else "Login"
        return CheckReport((CheckItem(name, False, str(error)),), reconnect=True)
    except ConnectorError as error:
        return CheckReport((CheckItem("Read items", False, str(error)),))
    found = reply.data.get("items") if isinstance(reply.data, dict) else None
    rows: list[Row] = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    report = [] if api.grant is None else [CheckItem("Login", True)]
    report.append(CheckItem("Read items", True))
    customers = [("_expand", people.CUSTOMER_EXPAND), _ONE]
    report.append(await _try(api, "Read customers", "GET", "/customer/customers", customers, required=False))
    report.append(await _try(api, "Read orders", "POST", "/order/orders/query", [_ONE], required=False))
    report += [await _write(api), *_center(rows, settings)]
    return CheckReport(tuple(report), next((text(row.get("merchant_id")) for row in rows), ""))


async def _try(
    api: Api, name: str, method: str, path: str, params: list[tuple[str, str]], *, required: bool
) -> CheckItem:
    try:
        await api.request(method, path, params=params, body={} if method == "POST" else None, safe=True)
    except ConnectorError as error:
        return CheckItem(name, False, str(error), required)
    return CheckItem(name, True, "", required)


async def _write(api: Api) -> CheckItem:
    """An update without items changes nothing: it is refused for that, or for the right that is missing."""
    try:
        await api.request("PUT", "/item/items/batch", body={"items": []}, safe=True)
    except Rejected:
        return CheckItem("Write items", True)
    except ConnectorError as error:
        return CheckItem("Write items", False, str(error))
    return CheckItem("Write items", True)


def _center(rows: list[Row], settings: Settings) -> list[CheckItem]:
    codes = sorted({text(one.get("distribution_center_code")) for row in rows for one in items.centers(row, "")} - {""})
    name = "Distribution center"
    if not settings.center:
        known = f": {', '.join(codes)}" if codes else ""
        why = f"quantities are only read; set distribution_center to write them{known}"
        return [CheckItem(name, True, why, required=False)]
    if codes and settings.center not in codes:
        return [CheckItem(name, False, f"no item is in {settings.center!r}; there are {', '.join(codes)}")]
    return [CheckItem(name, True, settings.center)]
