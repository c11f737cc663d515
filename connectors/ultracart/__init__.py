"""UltraCart, REST v2: items with their prices, customer profiles and orders of a store.

An update of an item replaces every section it expands, so whole items are sent back, with the very ``_expand`` they were
read with a moment before, and the stock is expanded only where a quantity is meant; what changed besides is reported. UltraCart answers one request at a time.
"""

from __future__ import annotations

from connectors.ultracart.connector import CAPABILITIES, UltraCartConnector
from connectors.ultracart.settings import OPTIONS
from engine.ports import ConnectorType

CONNECTOR = ConnectorType(
    name="ultracart",
    title="UltraCart",
    description="Items, customers and orders of an UltraCart store; prices, costs and quantities are written.",
    sides=frozenset({"storefront"}),
    goes_with=("salesforce",),
    options=OPTIONS,
    capabilities=CAPABILITIES,
    open=UltraCartConnector,
    logs_in=lambda options: bool(options.get("client_id", "").strip()) and not options.get("simple_key", "").strip(),
    reconnect="It uses a simple key: make a new one, put it where option simple_key refers to, and test it; or give the option client_id and no simple_key to log in",
    notes=(
        "Make an API key under Configuration > Developer > API Simple Keys, with items (read, write), customers and orders (read).",
        "Or log in with a code: give the client id of your OAuth application and no key, then: crosswalk connection login NAME.",
        "The price is the item's cost in UltraCart's words; its cost is UltraCart's cost of goods sold.",
        "Name and description are one text in UltraCart.",
        "Quantities are written to one distribution center: name it in the option distribution_center.",
        "UltraCart answers one request at a time: use a key of its own for Crosswalk.",
    ),
)

__all__ = ["CONNECTOR"]
