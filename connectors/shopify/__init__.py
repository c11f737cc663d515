"""Shopify, Admin GraphQL API 2026-07: products with their variants, customers and orders of a store.

A quantity is written with what it is changed from (compare-and-set) and an idempotency key, so that neither a sale in
between nor a lost answer can make it wrong. A price, cost or SKU is read right before it is written.
"""

from __future__ import annotations

from connectors.shopify.connector import CAPABILITIES, ShopifyConnector
from connectors.shopify.settings import OPTIONS
from engine.ports import ConnectorType

CONNECTOR = ConnectorType(
    name="shopify",
    title="Shopify",
    description="Variants, customers and orders of a Shopify store; prices, costs, SKUs and quantities of one location are written.",
    sides=frozenset({"storefront"}),
    goes_with=("quickbooks",),
    options=OPTIONS,
    capabilities=CAPABILITIES,
    open=ShopifyConnector,
    reconnect="Issue a new access token for the app (or a new client secret), put it where its option refers to, and test the connection",
    notes=(
        "The token is of an app that is installed in the store. An app of the Dev Dashboard has a client id and secret instead.",
        "Scopes: read_products, write_products, read_inventory, write_inventory, read_locations, read_orders, read_customers.",
        "Without read_all_orders Shopify shows the orders of the last sixty days only.",
        "Quantities are those of one location: with several the test of the connection lists them, and one is chosen.",
        "Costs are the unit costs of inventory items; whoever installed the app needs the right to view product costs.",
        "A quantity is compared and set by Shopify itself; prices, costs and SKUs are read right before they are written.",
    ),
)

__all__ = ["CONNECTOR"]
