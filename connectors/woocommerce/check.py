"""The connection test: that it is WooCommerce, and every right that can be tried without writing."""

from __future__ import annotations

from connectors.woocommerce.api import Api
from connectors.woocommerce.settings import SALES, Settings
from connectors.woocommerce.site import Features, Site
from engine.errors import ConnectorError
from engine.ports import CheckItem, CheckReport

_READS = (
    ("Read products", "/products", True),
    ("Read orders", "/orders", True),
    ("Read customers", "/customers", False),
)
#: WooCommerce's own, of which everybody knows what they mean.
_USUAL = frozenset(SALES.split(",")) | {"cancelled", "refunded", "failed", "checkout-draft", "auto-draft"}
_PERMALINKS = "WordPress > Settings > Permalinks must not be Plain, and nothing may block /wp-json"


async def check(api: Api, site: Site, settings: Settings) -> CheckReport:
    """The index, one record of each list, and a batch of nothing; writes nothing."""
    try:
        features = await site.features()
    except ConnectorError as error:
        return CheckReport((CheckItem("WooCommerce REST API", False, f"{error}. {_PERMALINKS}"),))
    items = [CheckItem("WooCommerce REST API", True)]
    for name, path, required in _READS:
        items.append(await _read(api, name, path, required))
        if not items[-1].ok and path == "/products":
            return CheckReport(tuple(items), settings.site)
    items += [_statuses(features, settings), await _write(api), await _currency(site, settings)]
    if settings.cost == "core":
        why = "" if features.cost else "the store does not offer costs: switch on Cost of Goods Sold, or set cost=none"
        items.append(CheckItem("Cost of goods", features.cost, why, required=False))
    return CheckReport(tuple(items), settings.site)


async def _read(api: Api, name: str, path: str, required: bool) -> CheckItem:
    try:
        api.rows(await api.request("GET", path, params=[("per_page", "1"), ("_fields", "id")]), path)
    except ConnectorError as error:
        return CheckItem(name, False, str(error), required)
    return CheckItem(name, True, "", required)


def _statuses(features: Features, settings: Settings) -> CheckItem:
    """That the store knows the statuses that count as sales; what a plugin added is told, since its units may be sold."""
    name, known = "Order statuses", features.order_states
    if not known:
        return CheckItem(name, True)
    if unknown := [one for one in settings.order_statuses if one not in known]:
        why = f"the store has no order status {', '.join(unknown)}; it has {', '.join(sorted(known))}: mend the option order_statuses"
        return CheckItem(name, False, why)
    more = sorted(known - _USUAL - set(settings.order_statuses))
    return CheckItem(name, True, f"not counted as sales (option order_statuses): {', '.join(more)}" if more else "")


async def _write(api: Api) -> CheckItem:
    """A batch without records changes nothing, and is refused to a key that may only read."""
    try:
        await api.request("POST", "/products/batch", body={"update": []})
    except ConnectorError as error:
        return CheckItem("Write products", False, str(error))
    return CheckItem("Write products", True)


async def _currency(site: Site, settings: Settings) -> CheckItem:
    try:
        own = await site.own_currency()
    except ConnectorError as error:
        return CheckItem("Currency", False, str(error), required=False)
    if own and settings.currency and own != settings.currency:
        return CheckItem("Currency", False, f"the store sells in {own}, the option says {settings.currency}")
    if not own and not settings.currency:
        return CheckItem(
            "Currency", False, "the store does not tell its currency: set the option currency", required=False
        )
    return CheckItem("Currency", True, own or settings.currency)
