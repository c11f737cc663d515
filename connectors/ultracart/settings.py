"""The options of an UltraCart connection."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.http import COMMON_OPTIONS, SCREEN_OPTIONS, Endpoint, Screens, endpoint, screens
from connectors.http.options import number
from engine.errors import UsageError
from engine.ports import ConnectionContext, Option

BASE_URL = "https://secure.ultracart.com/rest/v2"
VERSION = {"X-UltraCart-Api-Version": "2017-03-01"}  # a header of every request
SCOPE = "item_read item_write customer_read order_read"
HOUR, DAY, DAYS_SHARE = 3600.0, 86400.0, 10  # a day allows ten times what an hour does
A_HOUR, A_DAY = "950", "9500"  # of the 1,000 and 10,000 that UltraCart allows an app and address
LARGEST_PAGE, LARGEST_PEOPLE, LARGEST_BATCH = 2000, 200, 20
#: Orders whose units are sold or promised: all but quotes and what was rejected.
SALES = (
    "Accounts Receivable,Pending Clearance,Fraud Review,Shipping Department,Completed Order,Least Cost Routing,"
    "Pre-ordered,Advanced Order Routing,Hold"
)

OPTIONS = (
    Option("base_url", "Base URL", "The address of REST v2", default=BASE_URL),
    Option("simple_key", "Simple key", "Where the API key is kept; or leave it empty and log in", secret=True),
    Option("client_id", "Client id", "Of your OAuth application, to log in with a code instead of a simple key"),
    Option("scope", "Scope", "What a login asks for", default=SCOPE),
    Option("currency", "Currency", "ISO 4217 code of prices that name none"),
    Option("distribution_center", "Distribution center", "Code of the one whose stock level is read and written"),
    Option("order_stages", "Order stages", "Stages that count as sales, separated by commas", default=SALES),
    Option("item_properties", "Item properties", "Names of custom properties to map, separated by commas"),
    Option("customer_properties", "Customer properties", "Names of custom properties to map, separated by commas"),
    Option("mirror_links", "Mirror links", "true: the counterpart's id is written to an item that has none", default="false"),
    Option("page_size", "Page size", "Items in one page, at most 2000", default="100"),
    Option("batch_size", "Batch size", "Items in one write, at most 20", default=str(LARGEST_BATCH)),
    Option("requests_per_hour", "Requests per hour", "UltraCart allows 1,000 an hour", default=A_HOUR),
    Option("requests_per_day", "Requests per day", "UltraCart allows 10,000 a day", default=A_DAY),
    Option("burst", "Requests at once", "How many may go at once before the hour's pace holds; ten times that a day", default=A_HOUR),
    Option("backoff_seconds", "Back-off", "Seconds to wait after a 429, doubling", default="60"),
    *SCREEN_OPTIONS,
    *COMMON_OPTIONS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """The validated options of one connection; secrets stay references. ``client_id`` is empty where a key is used."""

    where: Endpoint
    simple_key: bool
    client_id: str
    scope: str
    currency: str
    center: str
    stages: frozenset[str]
    item_properties: tuple[str, ...]
    customer_properties: tuple[str, ...]
    mirror_links: bool
    page_size: int
    batch_size: int
    per_hour: float
    per_day: float
    burst: float
    backoff: float
    screens: Screens


def settings_of(context: ConnectionContext) -> Settings:
    """Raises ``UsageError`` naming the option that is missing or wrong."""
    given = {name: value.strip() for name, value in context.options.items()}
    if not given.get("base_url"):
        context = ConnectionContext(
            context.name, {**context.options, "base_url": BASE_URL}, context.secret, context.token_file
        )
    simple = bool(given.get("simple_key"))
    if not simple and not given.get("client_id"):
        raise UsageError(
            f"{context.name}: give the option simple_key (an API key), or client_id (to log in): "
            f"crosswalk connection set {context.name} client_id=..."
        )
    currency = given.get("currency", "").upper()
    if currency and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise UsageError(f"{context.name}: option currency must be an ISO 4217 code such as USD, not {currency!r}")
    mirror = given.get("mirror_links", "").lower() or "false"
    if mirror not in {"true", "false"}:
        raise UsageError(f"{context.name}: option mirror_links is true or false, not {mirror!r}")
    return Settings(
        where=endpoint(context),
        simple_key=simple,
        client_id="" if simple else given["client_id"],
        scope=given.get("scope") or SCOPE,
        currency=currency,
        center=given.get("distribution_center", ""),
        stages=frozenset(_names(given.get("order_stages") or SALES)),
        item_properties=_names(given.get("item_properties", "")),
        customer_properties=_names(given.get("customer_properties", "")),
        mirror_links=mirror == "true",
        page_size=_size(context, "page_size", LARGEST_PAGE, "100"),
        batch_size=_size(context, "batch_size", LARGEST_BATCH, str(LARGEST_BATCH)),
        per_hour=number(context, "requests_per_hour", A_HOUR) or float(A_HOUR),
        per_day=number(context, "requests_per_day", A_DAY) or float(A_DAY),
        burst=number(context, "burst", A_HOUR) or float(A_HOUR),
        backoff=number(context, "backoff_seconds", "60") or 60.0,
        screens=screens(context),
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _size(context: ConnectionContext, name: str, most: int, default: str) -> int:
    value = number(context, name, default)
    if value is None or value != int(value) or not 1 <= value <= most:
        raise UsageError(f"{context.name}: option {name} must be a whole number from 1 to {most}")
    return int(value)
