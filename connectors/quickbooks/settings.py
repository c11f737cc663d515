"""The options of a QuickBooks Online connection."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

import httpx

from connectors.http import COMMON_OPTIONS, SCREEN_OPTIONS, Endpoint, Screens, endpoint, screens
from connectors.http.options import number, required
from engine.errors import UsageError
from engine.ports import ConnectionContext, Option

PRODUCTION, SANDBOX = "https://quickbooks.api.intuit.com", "https://sandbox-quickbooks.api.intuit.com"
TOKEN_URL = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"  # noqa: S105 - an address
RATE = "400"  # of the 500 a minute and company; late wake-ups included it stays below ten a second
BATCHES = "38"  # of the 40 a minute and company
LARGEST_PAGE = 1000


class QuantityBy(StrEnum):
    """How a quantity is written: an adjustment (a difference, can be deleted), or the item's own number."""

    ADJUSTMENT = "adjustment"
    ITEM = "item"


#: Opens in the company the browser is signed in to. Not documented by Intuit, and seen in many integrations; there is no
#: such address of an item that is known.
_CUSTOMER_PAGES = {
    PRODUCTION: "https://app.qbo.intuit.com/app/customerdetail?nameId={id}",
    SANDBOX: "https://app.sandbox.qbo.intuit.com/app/customerdetail?nameId={id}",
}

OPTIONS = (
    Option("base_url", "Base URL", "The sandbox company's is https://sandbox-quickbooks.api.intuit.com", default=PRODUCTION),
    Option("realm_id", "Company (realm) id", "The number of the company; a connection is for this one only", required=True),
    Option("client_id", "Client id", "Of your app, under Keys & credentials", required=True),
    Option("client_secret", "Client secret", "Where the app's client secret is kept", required=True, secret=True),
    # Intuit replaces it at will and the old one dies: a read-only reference can only give the first one.
    Option(
        "refresh_token",
        "First refresh token",
        "Where the refresh token of the last connect is kept; used once, then its successors are kept beside the "
        "workspace (0600)",
        required=True,
        secret=True,
    ),
    Option("token_url", "Token URL", "Intuit's token endpoint", default=TOKEN_URL),
    Option("quantity_by", "Write quantities by", "adjustment (Plus, Advanced), or item where that is missing", default="adjustment"),
    Option("adjustment_account", "Adjustment account", "Account of inventory adjustments, such as Inventory Shrinkage"),
    Option("income_account", "Income account", "Sales account of items that are created"),
    Option("asset_account", "Asset account", "Inventory asset account of items that are created"),
    Option("expense_account", "Expense account", "Cost of goods sold account of items that are created"),
    Option("inventory_start_date", "Inventory start date", "YYYY-MM-DD, of items that are created; the day of creation otherwise"),
    Option("posted_field", "Order number in", "Field of invoices and sales receipts that holds the order number", default="DocNumber"),
    Option("posted_days", "Look back for orders", "Days of invoices read when the order number is not in DocNumber", default="90"),
    Option("rate_per_minute", "Requests per minute", "QuickBooks allows 500 a company", default=RATE),
    Option("batches_per_minute", "Batches per minute", "QuickBooks allows 40 a company", default=BATCHES),
    Option("page_size", "Page size", "Records per request, at most 1000", default=str(LARGEST_PAGE)),
    Option("backoff_seconds", "Back-off", "Seconds to wait after a 429", default="60"),
    *SCREEN_OPTIONS,
    *COMMON_OPTIONS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """The validated options of one connection; secrets stay references. ``tokens`` and ``token_path`` are for OAuth."""

    where: Endpoint
    tokens: Endpoint
    token_path: str
    realm: str
    client_id: str
    quantity_by: QuantityBy
    adjustment_account: str
    income_account: str
    asset_account: str
    expense_account: str
    start_date: date | None
    posted_field: str
    posted_days: float
    rate_per_minute: float | None
    batches_per_minute: float | None
    page_size: int
    backoff: float
    screens: Screens


def settings_of(context: ConnectionContext) -> Settings:
    """Raises ``UsageError`` naming the option that is missing or wrong."""
    given = {name: value.strip() for name, value in context.options.items()}
    for name in ("client_secret", "refresh_token"):
        required(context, name)
    realm = required(context, "realm_id")
    if not realm.isdigit():
        raise UsageError(f"{context.name}: option realm_id is a number, not {realm!r}")
    where = _at(context, "base_url", given.get("base_url") or PRODUCTION)
    site = where.base_url.removesuffix("/company").removesuffix("/v3")
    tokens = _at(context, "token_url", given.get("token_url") or TOKEN_URL)
    url = httpx.URL(tokens.base_url)
    page_size = number(context, "page_size", str(LARGEST_PAGE)) or LARGEST_PAGE
    if page_size != int(page_size) or page_size > LARGEST_PAGE:
        raise UsageError(f"{context.name}: option page_size must be a whole number up to {LARGEST_PAGE}")
    return Settings(
        where=replace(where, base_url=f"{site}/v3/company/{realm}"),
        tokens=replace(tokens, base_url=str(url.copy_with(raw_path=b"/")).rstrip("/")),
        token_path=url.path,
        realm=realm,
        client_id=required(context, "client_id"),
        quantity_by=_quantity_by(context, given.get("quantity_by", "")),
        adjustment_account=given.get("adjustment_account", ""),
        income_account=given.get("income_account", ""),
        asset_account=given.get("asset_account", ""),
        expense_account=given.get("expense_account", ""),
        start_date=_date(context, given.get("inventory_start_date", "")),
        posted_field=given.get("posted_field") or "DocNumber",
        posted_days=number(context, "posted_days", "90") or 90.0,
        rate_per_minute=number(context, "rate_per_minute", RATE),
        batches_per_minute=number(context, "batches_per_minute", BATCHES),
        page_size=int(page_size),
        backoff=number(context, "backoff_seconds", "60") or 60.0,
        screens=screens(context, customer=_CUSTOMER_PAGES.get(site, "")),
    )


def _at(context: ConnectionContext, name: str, address: str) -> Endpoint:
    """The endpoint at an address, with the rules of ``base_url``; errors name the option that is meant."""
    try:
        return endpoint(replace(context, options={**context.options, "base_url": address}))
    except UsageError as error:
        raise UsageError(str(error).replace("base_url", name)) from error


def _quantity_by(context: ConnectionContext, text: str) -> QuantityBy:
    try:
        return QuantityBy(text or "adjustment")
    except ValueError:
        raise UsageError(f"{context.name}: option quantity_by is adjustment or item, not {text!r}") from None


def _date(context: ConnectionContext, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"{context.name}: option inventory_start_date must be YYYY-MM-DD, not {text!r}") from None
