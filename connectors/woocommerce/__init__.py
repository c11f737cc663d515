"""WooCommerce, REST API v3: products with their variations, customers and orders of a WordPress store.

WooCommerce has no compare-and-set. A product is read right before it is written, a quantity goes as a difference, and
what the store answers is compared with what was meant. Only the id and the changed fields are sent: names, descriptions
and sale prices are never touched.
"""

from __future__ import annotations

from connectors.woocommerce.connector import CAPABILITIES, WooCommerceConnector
from connectors.woocommerce.settings import OPTIONS
from engine.ports import ConnectorType

CONNECTOR = ConnectorType(
    name="woocommerce",
    title="WooCommerce",
    description="Products, variations, customers and orders of a WooCommerce store; prices, costs, quantities and SKUs are written.",
    sides=frozenset({"storefront"}),
    goes_with=("quickbooks",),
    options=OPTIONS,
    capabilities=CAPABILITIES,
    open=WooCommerceConnector,
    reconnect="Make a new REST API key in WooCommerce, put it where its options refer to, and test the connection",
    notes=(
        "Make a key under WooCommerce > Settings > Advanced > REST API > Add key, with permission Read/Write.",
        "The key's user needs the role Shop manager (or Administrator).",
        "WordPress must not use Plain permalinks: the REST API is at /wp-json then.",
        "The price is the regular price. A sale price is shown and left alone.",
        "Costs need WooCommerce's own Cost of Goods Sold feature (Settings > Advanced > Features).",
        "WooCommerce has no compare-and-set: a quantity is written as a difference, so that a sale meanwhile is not lost.",
    ),
)

__all__ = ["CONNECTOR"]
