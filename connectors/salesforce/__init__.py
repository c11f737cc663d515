"""Salesforce REST: products in price books, contacts and person accounts, and the org's own schema.

Not settled by any public document at hand, and treated on the safe side: whether a duplicate rule's matches are told in
collections (they are read where they are), whether Product2.Description can be asked for (it never is).
"""

from __future__ import annotations

from connectors.salesforce.connector import CAPABILITIES, SalesforceConnector
from connectors.salesforce.settings import OPTIONS
from engine.ports import ConnectorType

CONNECTOR = ConnectorType(
    name="salesforce",
    title="Salesforce",
    description="Products with price books, contacts and person accounts of a Salesforce org.",
    sides=frozenset({"backoffice"}),
    options=OPTIONS,
    capabilities=CAPABILITIES,
    open=SalesforceConnector,
    reconnect="With a refresh token: authorize the app again and put the new token where option refresh_token refers to. Otherwise check the app, its secret or certificate. Then test the connection",
    notes=(
        "Make an external client app (Setup > App Manager) with the scope api, and give it an integration user.",
        "client_credentials is the simplest: enable the flow in the app and name the execution user.",
        "jwt needs: pip install 'crosswalk[salesforce]', the app's certificate, and the user pre-authorized.",
        "A refresh token is used once; its successors are kept in tokens/NAME.json beside the workspace (mode 0600).",
        "The integration user needs read and edit on Product2, PricebookEntry, Account and Contact, and on their fields.",
        "For pushing items make a custom text field on Product2, External ID and unique, and set external_id_field.",
        "Calls count against the org's 24-hour allowance; max_calls_per_day limits this connection's share.",
        "Price book entries can never be deleted, only made inactive; Salesforce has no costs or quantities of products.",
    ),
)

__all__ = ["CONNECTOR"]
