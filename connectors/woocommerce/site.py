"""What this store can do, from the index of its own API, and in which currency it sells. Asked once per connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.http import Reply
from connectors.woocommerce.api import Api
from connectors.woocommerce.settings import Settings
from engine.errors import AuthenticationError, ConnectorError, PermissionMissing, Rejected


@dataclass(frozen=True, slots=True)
class Features:
    """``all_variations``: one list of all variations (WooCommerce 10.3). ``modified_after``: incremental reads (5.8).

    ``cost``: core Cost of Goods Sold is switched on. ``trash``: the trash can be listed. ``order_changes`` and
    ``order_trash`` are the same of orders, ``order_states`` the statuses they can have, a plugin's own among them.
    """

    all_variations: bool
    modified_after: bool
    cost: bool
    trash: bool
    order_changes: bool
    order_trash: bool
    order_states: frozenset[str]


class Site:
    """One store."""

    def __init__(self, api: Api, settings: Settings, known: Callable[[], None]) -> None:
        """``known`` is called when the store has told what it can do."""
        self._api, self._settings, self._known = api, settings, known
        self._features: Features | None = None
        self._currency: str | None = settings.currency or None
        self._asked_currency = bool(settings.currency)
        self._lock = asyncio.Lock()

    @property
    def cost(self) -> bool:
        """Whether costs are read and written, as far as is known now."""
        if self._settings.cost == "auto":
            return self._features is not None and self._features.cost
        return self._settings.cost == "core"

    async def features(self) -> Features:
        """Raises ``ProtocolError`` where the address answers with something else than WooCommerce's index."""
        async with self._lock:
            if self._features is None:
                reply = await self._index()
                routes = reply.data.get("routes") if isinstance(reply.data, dict) else None
                if not isinstance(routes, dict) or "/wc/v3/products" not in routes:
                    raise self._api.client.protocol_error(
                        f"{self._settings.site} answers, but not as WooCommerce's REST API v3", reply.request_id
                    )
                self._features = _features(routes)
                self._known()
            return self._features

    async def _index(self) -> Reply:
        """Public, unless a plugin answers nobody without a key: then it is asked for with ours."""
        try:
            return await self._api.request("GET", "", signed=False)
        except (AuthenticationError, PermissionMissing):
            return await self._api.request("GET", "")

    async def currency(self) -> str | None:
        """The currency of the prices: the option's, else the store's own, else None where the key may not see it."""
        if not self._asked_currency:
            self._currency = await self.own_currency()
            self._asked_currency = True
        return self._currency

    async def own_currency(self) -> str | None:
        """What the store says its currency is, or None."""
        try:
            reply = await self._api.request("GET", "/data/currencies/current")
        except ConnectorError as error:
            if isinstance(error, Rejected) or error.status in {401, 403}:
                return None
            raise
        code = reply.data.get("code") if isinstance(reply.data, dict) else None
        return code if isinstance(code, str) and code else None


def _features(routes: Mapping[str, Any]) -> Features:
    listing = _args(routes, "/wc/v3/products", "GET")
    orders = _args(routes, "/wc/v3/orders", "GET") if "/wc/v3/orders" in routes else {}
    return Features(
        all_variations="/wc/v3/variations" in routes,
        modified_after="modified_after" in listing and "dates_are_gmt" in listing,
        cost="cost_of_goods_sold" in _args(routes, "/wc/v3/products", "POST"),
        trash="trash" in _states(listing),
        order_changes="modified_after" in orders and "dates_are_gmt" in orders,
        order_trash="trash" in _states(orders),
        order_states=frozenset(map(str, _states(orders))) - {"any", "trash"},
    )


def _states(listing: Mapping[str, Any]) -> list[Any]:
    """The values that ``status`` takes: of products one, of orders several (an array)."""
    status = listing.get("status")
    if not isinstance(status, Mapping):
        return []
    items = status.get("items")
    states = status.get("enum") or (items.get("enum") if isinstance(items, Mapping) else None)
    return states if isinstance(states, list) else []


def _args(routes: Mapping[str, Any], route: str, method: str) -> Mapping[str, Any]:
    for endpoint in routes[route].get("endpoints", ()):
        args = endpoint.get("args")
        if method in endpoint.get("methods", ()) and isinstance(args, Mapping):
            return args
    return {}
