"""What a new integration begins with: the SKU its systems have, and with accounting the quantity too."""

from __future__ import annotations

import pytest

from connectors.registry import EntryPointRegistry
from engine.fields import first_settings, writable
from engine.integrations import parse_settings
from engine.model import Field, Side
from engine.settings import IntegrationSettings
from engine.workspace import Workspace

ALL = "price,cost,sku,quantity"


@pytest.mark.parametrize(
    ("storefront", "backoffice", "homes"),
    [
        ("woocommerce", "quickbooks", {"sku.storefront": "sku", "fields": ALL}),
        ("shopify", "quickbooks", {"sku.storefront": "sku", "fields": ALL}),
        ("ultracart", "salesforce", {"sku.storefront": "sku"}),
        ("marketplace", "syncro", {"sku.storefront": "mpn", "sku.backoffice": "upc"}),
        ("files", "files", {"sku.storefront": "mpn"}),
    ],
)
def test_a_new_integration_begins_with_what_its_systems_have(storefront, backoffice, homes):
    types = EntryPointRegistry()
    assert first_settings(types.get(storefront).capabilities, types.get(backoffice).capabilities) == homes


@pytest.mark.parametrize("store", ["woocommerce", "shopify"])
def test_a_store_is_given_an_sku_only_as_its_own(store):
    able = EntryPointRegistry().get(store).capabilities
    for slot, may in (("sku", True), ("mpn", False), ("upc", False)):
        settings = parse_settings(IntegrationSettings(), {"sku.storefront": slot})
        assert (Field.SKU in writable(able, settings, Side.STOREFRONT)) is may


async def test_what_was_chosen_stands(tmp_path):
    ws = Workspace.open(tmp_path / "workspace", EntryPointRegistry(), actor="tester", secret=lambda _: "")
    key = {"consumer_key": "env:CK", "consumer_secret": "env:CS"}
    grant = {"realm_id": "1", "client_id": "app", "client_secret": "env:APP", "refresh_token": "env:TOKEN"}
    ws.add_connection("shop", "woocommerce", {"base_url": "https://shop.example", **key})
    ws.add_connection("books", "quickbooks", grant)
    own = ws.add_integration("own", "shop", "books", {"fields": "price"}).settings
    assert (own.sku.storefront, own.fields) == ("sku", (Field.PRICE,))
    upc = ws.add_integration("upc", "shop", "books", {"sku.storefront": "upc", "fields": "quantity"}).settings
    assert (upc.sku.storefront, upc.fields) == ("upc", (Field.QUANTITY,))
    await ws.close()
