"""Syncro MSP, REST API v1: customers, products with their SKUs per vendor, categories and vendors.

Syncro has no currency (the integration's is meant), no update time and no compare-and-set: a product is read right
before it is written, and sent back whole in everything the API demands or would otherwise reset.
"""

from __future__ import annotations

from connectors.syncro.connector import CAPABILITIES, SyncroConnector
from connectors.syncro.settings import OPTIONS
from engine.ports import ConnectorType

CONNECTOR = ConnectorType(
    name="syncro",
    title="Syncro MSP",
    description="Customers and products of a Syncro account; prices, costs and SKUs are written.",
    sides=frozenset({"backoffice"}),
    options=OPTIONS,
    capabilities=CAPABILITIES,
    open=SyncroConnector,
    reconnect="Make a new API token in Syncro, put it where option token refers to, and test the connection",
    notes=(
        "Make a token under More > Admin > API > API Tokens > New Token > Custom Permissions.",
        "Permissions it needs: Customers - List/Search and View Detail; Products - List/Search, Create and Edit.",
        "For SKUs of a vendor also: Vendors - List. No Delete is needed.",
        "Syncro counts 180 requests a minute per IP address; other tools at the same address share them.",
        "Products cannot be deleted through the API, and a vendor's SKU cannot be removed, only changed.",
    ),
)

__all__ = ["CONNECTOR"]
