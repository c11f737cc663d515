"""The connection test: who the store is, every access scope that can be tried without writing, and the location."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from connectors.shopify.api import Api
from connectors.shopify.operations import CUSTOMERS, ORDERS, SET_QUANTITIES, UPDATE_VARIANTS, VARIANTS, Operation
from connectors.shopify.reading import variant_variables
from connectors.shopify.settings import VERSION
from connectors.shopify.shop import NOWHERE, Identity, Location, Shop
from engine.errors import ConnectorError
from engine.ports import CheckItem, CheckReport

_ONE = {"first": 1, "after": None, "query": None}
_NOBODY = "gid://shopify/{}/1"  # no record has this id: what is written to it is refused


async def check(api: Api, shop: Shop) -> CheckReport:
    """Asks for one record of each list, and writes to records that do not exist; changes nothing."""
    try:
        identity = await shop.identity()
    except ConnectorError as error:
        return CheckReport((CheckItem("Shopify Admin API", False, str(error)),))
    items = [_version(identity)]
    found: Location | None = None
    where: list[CheckItem] = []
    if api.settings.counts:
        found, item = await _location(shop)
        where.append(item)
    variants = {**_ONE, **variant_variables(api, found)}
    items += [
        await _try(api, "Read products and costs", VARIANTS, variants),
        *where,
        await _try(api, "Read orders", ORDERS, {**_ONE, "buyers": False}),
        await _try(api, "Read customers", CUSTOMERS, _ONE, required=False),
        await _try(api, "Write products", UPDATE_VARIANTS, {"product": _NOBODY.format("Product"), "variants": []}),
    ]
    if api.settings.counts:
        items.append(await _try(api, "Write quantities", SET_QUANTITIES, _no_quantities(api)))
    return CheckReport(tuple(items), f"{identity.name} ({identity.domain}), {identity.currency}")


def _version(identity: Identity) -> CheckItem:
    """A store answers an API version that it does not offer any more with another one, and says so in a header only."""
    if identity.version and identity.version != VERSION:
        why = f"the store answered as API version {identity.version}, Crosswalk speaks {VERSION}: fields may be missing"
        return CheckItem("Shopify Admin API", False, why, required=False)
    return CheckItem("Shopify Admin API", True, VERSION)


async def _location(shop: Shop) -> tuple[Location | None, CheckItem]:
    name = "Inventory location"
    try:
        location = await shop.location()
    except ConnectorError as error:
        return None, CheckItem(name, False, str(error))
    return location, CheckItem(name, True, location.label if location else "")


async def _try(
    api: Api, name: str, operation: Operation, variables: Mapping[str, Any], *, required: bool = True
) -> CheckItem:
    try:
        await api.run(operation, variables)
    except ConnectorError as error:
        return CheckItem(name, False, str(error), required)
    return CheckItem(name, True, "", required)


def _no_quantities(api: Api) -> dict[str, Any]:
    nowhere = {"inventoryItemId": _NOBODY.format("InventoryItem"), "locationId": NOWHERE}
    quantities = [{**nowhere, "quantity": 0, "changeFromQuantity": 0}]
    given = {"name": api.settings.quantity, "reason": "correction", "quantities": quantities}
    return {"input": given, "key": str(uuid.uuid4())}
