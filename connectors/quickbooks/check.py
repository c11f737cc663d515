"""The connection test: the grant, the company, and everything that can be tried without writing."""

from __future__ import annotations

from datetime import UTC, datetime

from connectors.quickbooks.accounts import Accounts
from connectors.quickbooks.adjust import ENTITY, Adjuster
from connectors.quickbooks.api import Api
from connectors.quickbooks.settings import QuantityBy
from engine.errors import AuthenticationError, ConnectorError
from engine.ports import CheckItem, CheckReport

_WEEK = 7 * 86_400.0


async def check(api: Api, accounts: Accounts, adjuster: Adjuster, now: datetime) -> CheckReport:
    """Writes nothing in QuickBooks (the token may be replaced). Without a good grant the rest is not tried."""
    try:
        await api.grant.headers()
    except ConnectorError as error:
        refused = isinstance(error, AuthenticationError)
        return CheckReport((CheckItem("grant", False, str(error)),), f"company {api.settings.realm}", reconnect=refused)
    items = [_grant(api, now)]
    account = f"company {api.settings.realm}"
    try:
        company = await api.get(f"/companyinfo/{api.settings.realm}")
    except ConnectorError as error:
        return CheckReport((*items, CheckItem("company", False, str(error))), account)
    info = company.data.get("CompanyInfo") if isinstance(company.data, dict) else None
    if not isinstance(info, dict):
        return CheckReport((*items, CheckItem("company", False, "the answer holds no CompanyInfo")), account)
    items.append(CheckItem("company", True, str(info.get("CompanyName") or "")))
    items += [await _try(api, entity) for entity in ("Item", "Customer", "Account", "Invoice", "SalesReceipt")]
    if api.settings.quantity_by is QuantityBy.ADJUSTMENT:
        items.append(await _adjustments(api, adjuster))
    for option in ("income_account", "asset_account", "expense_account"):
        name = str(getattr(api.settings, option))
        if name:
            known = await accounts.id_of(name) is not None
            items.append(CheckItem(option, known, "" if known else f'there is no active account "{name}"', False))
    return CheckReport(tuple(items), f"{info.get('CompanyName') or 'a company'} ({api.settings.realm})")


def _grant(api: Api, now: datetime) -> CheckItem:
    ends = api.grant.refresh_expires_at
    if not ends:
        return CheckItem("grant", True)
    day = datetime.fromtimestamp(ends, UTC).date()
    if ends - now.timestamp() < _WEEK:
        return CheckItem("grant", False, f"the refresh token ends on {day}: connect again before", required=False)
    return CheckItem("grant", True, f"the refresh token lasts until {day} unless it is replaced before")


async def _try(api: Api, entity: str) -> CheckItem:
    name = f"{entity}: read"
    try:
        return CheckItem(name, True, str(await api.count(entity)))
    except ConnectorError as error:
        return CheckItem(name, False, str(error))


async def _adjustments(api: Api, adjuster: Adjuster) -> CheckItem:
    """Inventory adjustments are a matter of the edition, and their account one of the settings."""
    name = "quantity by adjustments"
    try:
        await api.count(ENTITY)
        _, problem = await adjuster.account()
    except ConnectorError as error:
        why = f"{error}. If this edition has none (Plus and Advanced do), set quantity_by=item"
        return CheckItem(name, False, why, required=False)
    return CheckItem(name, not problem, problem, required=False)
