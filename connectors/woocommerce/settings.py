"""The options of a WooCommerce connection."""

from __future__ import annotations

from dataclasses import dataclass, replace

from connectors.http import COMMON_OPTIONS, Endpoint, endpoint
from connectors.http.options import number, required
from engine.errors import UsageError
from engine.ports import ConnectionContext, Option

ROOT = "/wp-json"
API = "/wp-json/wc/v3"
LARGEST = 100  # objects in a page and in a batch, by WooCommerce's own limits
RATE = "240"  # WooCommerce documents no limit; hosts and firewalls have theirs
TIMEOUT = "90"  # seconds: shared hosts take their time over a hundred products, and go on when nobody waits any more
#: Orders whose units are sold, or promised to a buyer who is paying.
SALES = "pending,processing,on-hold,completed"

OPTIONS = (
    Option("base_url", "Store URL", "https://shop.example; /wp-json/wc/v3 is added", required=True),
    Option("consumer_key", "Consumer key", "Where the key (ck_...) is kept", required=True, secret=True),
    Option("consumer_secret", "Consumer secret", "Where the secret (cs_...) is kept", required=True, secret=True),
    Option("currency", "Currency", "ISO 4217 code of the store's prices; the store is asked when empty"),
    Option("order_statuses", "Order statuses", "Orders that count as sales, separated by commas", default=SALES),
    Option("cost", "Cost of goods", "core: WooCommerce's own feature; none; auto: the store is asked", default="auto"),
    Option(
        "quantity",
        "Quantity writes",
        "delta: a sale meanwhile is not lost; absolute: where a plugin wants it",
        default="delta",
    ),
    Option("page_size", "Page size", "Records in one page, at most 100", default=str(LARGEST)),
    Option("batch_size", "Batch size", "Records in one write, at most 100; less for a slow host", default=str(LARGEST)),
    Option("rate_per_minute", "Requests per minute", "WooCommerce has no limit of its own, hosts have", default=RATE),
    *(replace(one, default=TIMEOUT) if one.name == "timeout_seconds" else one for one in COMMON_OPTIONS),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The validated options of one connection. ``site`` is the store's address without the API's path."""

    where: Endpoint
    site: str
    currency: str
    order_statuses: tuple[str, ...]
    cost: str
    delta: bool
    page_size: int
    batch_size: int
    rate_per_minute: float | None


def settings_of(context: ConnectionContext) -> Settings:
    """Raises ``UsageError`` naming the option that is missing or wrong."""
    required(context, "consumer_key")
    required(context, "consumer_secret")
    where = endpoint(context, timeout=TIMEOUT)
    site = where.base_url.partition(ROOT)[0].rstrip("/")
    currency = context.options.get("currency", "").strip().upper()
    if currency and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise UsageError(f"{context.name}: option currency must be an ISO 4217 code such as USD, not {currency!r}")
    statuses = [part.strip() for part in (context.options.get("order_statuses", "").strip() or SALES).split(",")]
    return Settings(
        where=replace(where, base_url=site + API),
        site=site,
        currency=currency,
        order_statuses=tuple(part.removeprefix("wc-") for part in statuses if part),  # as WordPress itself calls them
        cost=_one_of(context, "cost", ("auto", "core", "none")),
        delta=_one_of(context, "quantity", ("delta", "absolute")) == "delta",
        page_size=_size(context, "page_size", 2),  # two: a page shares one record with the page before it
        batch_size=_size(context, "batch_size", 1),
        rate_per_minute=number(context, "rate_per_minute", RATE),
    )


def _one_of(context: ConnectionContext, name: str, values: tuple[str, ...]) -> str:
    value = context.options.get(name, "").strip() or values[0]
    if value not in values:
        raise UsageError(f"{context.name}: option {name} must be one of {', '.join(values)}, not {value!r}")
    return value


def _size(context: ConnectionContext, name: str, least: int) -> int:
    value = number(context, name, str(LARGEST))
    if value is None or value != int(value) or not least <= value <= LARGEST:
        raise UsageError(f"{context.name}: option {name} must be a whole number from {least} to {LARGEST}")
    return int(value)
