"""Reseller marketplace: CloudBlue SimpleAPI, which is Ingram's "Marketplace API" (SimpleAPI 1.15).

Customers, products and their prices are read; customers can be created and get the counterpart's id as ``externalId``.
"""

from __future__ import annotations

from connectors.marketplace.connector import CAPABILITIES, MarketplaceConnector
from connectors.marketplace.settings import OPTIONS
from engine.ports import ConnectorType

CONNECTOR = ConnectorType(
    name="marketplace",
    title="Reseller marketplace (CloudBlue SimpleAPI)",
    description="Customers, products, costs and prices of an Ingram Micro or other CloudBlue reseller marketplace.",
    sides=frozenset({"storefront"}),
    goes_with=("syncro",),
    options=OPTIONS,
    capabilities=CAPABILITIES,
    open=MarketplaceConnector,
    reconnect="Put the password and the subscription key that the panel shows where their options refer to, and test the connection",
    notes=(
        "Base URL, user and subscription key are shown in the panel after subscribing to SimpleAPI (Marketplace API).",
        "There is no fees endpoint: setup and overuse fees are read from the prices of a product.",
        "Products cannot be written through this API.",
    ),
)

__all__ = ["CONNECTOR"]
