"""The options of a Shopify connection."""

from __future__ import annotations

from dataclasses import dataclass, replace

from connectors.http import COMMON_OPTIONS, Endpoint, endpoint
from connectors.http.options import number, required
from engine.errors import UsageError
from engine.ports import ConnectionContext, Option

VERSION = "2026-07"
ROOT = "/admin/api"
LARGEST = 250  # objects of a page and of an input list, by Shopify's own limit
PAGE = 100
#: Orders whose units are sold, or promised to a buyer who is paying (``displayFinancialStatus``).
SALES = "PENDING,AUTHORIZED,PARTIALLY_PAID,PAID,PARTIALLY_REFUNDED"
NO_LOCATION = "none"
QUANTITIES = ("available", "on_hand")

OPTIONS = (
    Option("base_url", "Store URL", f"https://your-store.myshopify.com; {ROOT}/{VERSION} is added", required=True),
    Option("access_token", "Access token", "Where the Admin API access token (shpat_...) is kept", secret=True),
    Option("client_id", "Client id", "Instead of a token: the client id of your organisation's app, from the Dev Dashboard"),
    Option("client_secret", "Client secret", "Where the app's client secret is kept; tokens are got with it", secret=True),
    Option(
        "location",
        "Inventory location",
        f"Whose quantities count: a name or id; {NO_LOCATION}: no quantities. Needed when the store has several",
        choices_of="locations",
    ),
    Option("quantity", "Quantity", "available: what can be sold; on_hand: with what is in open orders", default="available"),
    Option("order_statuses", "Order statuses", "Payment statuses of orders that count as sales, separated by commas", default=SALES),
    Option("order_number", "Order number", "number: 1001, as accounting mostly has it; name: #1001, as Shopify shows it", default="number"),
    Option("page_size", "Page size", f"Records in one page, at most {LARGEST}; less is asked for where it costs too much", default=str(PAGE)),
    *COMMON_OPTIONS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """The validated options of one connection. ``site`` is the store's address without the API's path.

    ``client_id`` is empty where the connection has a token. ``location`` is what the option says: empty, ``none``, a name, an id, or ``NAME (ID)``.
    """

    where: Endpoint
    site: str
    client_id: str
    location: str
    quantity: str
    order_statuses: frozenset[str]
    order_names: bool
    page_size: int

    @property
    def counts(self) -> bool:
        """Whether quantities are read and written at all."""
        return self.location.casefold() != NO_LOCATION


def settings_of(context: ConnectionContext) -> Settings:
    """Raises ``UsageError`` naming the option that is missing or wrong."""
    client_id = context.options.get("client_id", "").strip()
    required(context, "client_secret" if client_id else "access_token")
    where = endpoint(context)
    site = where.base_url.partition("/admin")[0].rstrip("/")
    size = number(context, "page_size", str(PAGE))
    if size is None or size != int(size) or not 1 <= size <= LARGEST:
        raise UsageError(f"{context.name}: option page_size must be a whole number from 1 to {LARGEST}")
    statuses = (context.options.get("order_statuses", "").strip() or SALES).split(",")
    return Settings(
        where=replace(where, base_url=f"{site}{ROOT}/{VERSION}"),
        site=site,
        client_id=client_id,
        location=context.options.get("location", "").strip(),
        quantity=_one_of(context, "quantity", QUANTITIES),
        order_statuses=frozenset(part.strip().upper() for part in statuses if part.strip()),
        order_names=_one_of(context, "order_number", ("number", "name")) == "name",
        page_size=int(size),
    )


def _one_of(context: ConnectionContext, name: str, values: tuple[str, ...]) -> str:
    value = context.options.get(name, "").strip() or values[0]
    if value not in values:
        raise UsageError(f"{context.name}: option {name} must be {' or '.join(values)}, not {value!r}")
    return value
