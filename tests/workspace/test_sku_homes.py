"""Which value is the SKU, where nobody chose: a store's own SKU, a marketplace's part number, Syncro's UPC."""

from __future__ import annotations

import pytest

from connectors.registry import EntryPointRegistry
from engine.fields import sku_homes, writable
from engine.integrations import parse_settings
from engine.model import Field, Side
from engine.settings import IntegrationSettings
from engine.workspace import Workspace


@pytest.mark.parametrize(
    ("storefront", "backoffice", "homes"),
    [
        ("woocommerce", "quickbooks", {"sku.storefront": "sku"}),
        ("shopify", "quickbooks", {"sku.storefront": "sku"}),
        ("ultracart", "salesforce", {"sku.storefront": "sku"}),
        ("marketplace", "syncro", {"sku.storefront": "mpn", "sku.backoffice": "upc"}),
        ("files", "files", {"sku.storefront": "mpn"}),
    ],
)
def test_a_new_integration_begins_with_the_sku_its_systems_have(storefront, backoffice, homes):
    types = EntryPointRegistry()
    assert sku_homes(types.get(storefront).capabilities, types.get(backoffice).capabilities) == homes


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
    assert ws.add_integration("own", "shop", "books").settings.sku.storefront == "sku"
    assert (
        ws.add_integration(
            "upc", "shop", "books", {"sku.storefront": "upc", "fields": "quantity"}
        ).settings.sku.storefront
        == "upc"
    )
    await ws.close()
