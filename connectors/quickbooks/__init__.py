"""QuickBooks Online, Accounting API v3 (minor version 75): items, customers, accounts, adjustments, CDC.

Prices, costs and SKUs are sparse updates guarded by the SyncToken; quantities are inventory adjustments, which commute with
sales and can be deleted. Not settled by any public document, and treated on the safe side: whether a sale changes
its item's SyncToken or update time (assumed not), and whether DocNumber of an adjustment can be asked for (``adjust``).
"""

from __future__ import annotations

from connectors.quickbooks.connector import CAPABILITIES, QuickBooksConnector
from connectors.quickbooks.settings import OPTIONS
from engine.ports import ConnectorType

CONNECTOR = ConnectorType(
    name="quickbooks",
    title="QuickBooks Online",
    description="Items and customers of a QuickBooks Online company; prices, costs, SKUs and quantities are written.",
    sides=frozenset({"backoffice"}),
    options=OPTIONS,
    capabilities=CAPABILITIES,
    open=QuickBooksConnector,
    reconnect="Connect the app to the company again, put the new refresh token where option refresh_token refers to, and test the connection",
    notes=(
        "Make an app at developer.intuit.com with the scope com.intuit.quickbooks.accounting and connect it to the company.",
        "The connect gives a realm id and a refresh token: put the token where option refresh_token refers to.",
        "It is used once; its successors are kept in tokens/NAME.json beside the workspace (mode 0600).",
        "Let no other tool use the same refresh token: whoever refreshes first shuts the other out.",
        "Quantities by adjustments need QuickBooks Plus or Advanced; set adjustment_account. Otherwise quantity_by=item.",
        "QuickBooks counts 500 requests a minute per company, 40 batches of 30, and meters reads by the month.",
        "Items cannot be deleted through the API, only made inactive; bundles cannot be created.",
    ),
)

__all__ = ["CONNECTOR"]
