"""The simulated systems by name. A new one is a module like ``syncro.py`` and a line here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from connectors.sandbox.base import Sandbox
from connectors.sandbox.marketplace import Marketplace
from connectors.sandbox.quickbooks import QuickBooks
from connectors.sandbox.salesforce import Salesforce
from connectors.sandbox.shopify import Shopify
from connectors.sandbox.syncro import Syncro
from connectors.sandbox.ultracart import UltraCart
from connectors.sandbox.woocommerce import WooCommerce
from connectors.sandbox.world import World

#: ``SYSTEMS[name](world, latency_ms=..., rate=...)`` makes a sandbox.
SYSTEMS: dict[str, Callable[..., Sandbox]] = {
    "marketplace": Marketplace,
    "syncro": Syncro,
    "quickbooks": QuickBooks,
    "woocommerce": WooCommerce,
    "shopify": Shopify,
    "salesforce": Salesforce,
    "ultracart": UltraCart,
}


#: Online stores of a store world; the second one that is asked for is its second store, behind the same accounting.
_STORES = ("woocommerce", "shopify")


def make(names: Iterable[str], world: World, **settings: Any) -> dict[str, Sandbox]:
    """Sandboxes of one world. Raises ``ValueError`` naming the known systems."""
    wanted = list(names)
    unknown = [name for name in wanted if name not in SYSTEMS]
    if unknown or not wanted:
        raise ValueError(f"unknown systems {unknown}; there are {', '.join(SYSTEMS)}")
    stores = [name for name in wanted if name in _STORES]
    which = {name: {"store": number} for number, name in enumerate(dict.fromkeys(stores))}
    return {name: SYSTEMS[name](world, **{**which.get(name, {}), **settings}) for name in wanted}
