"""No product sync changes a name or a description: every registered connector writes all it can to its own system, and
the system's whole state is compared before and after. A connector without a line in ``SYSTEMS`` fails the first test.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.registry import EntryPointRegistry
from connectors.sandbox.crm_world import CrmWorld
from connectors.sandbox.server import serve_in_thread
from connectors.sandbox.store_world import StoreWorld
from connectors.sandbox.systems import SYSTEMS as SANDBOXES
from connectors.sandbox.world import World
from engine.fields import read, sku_slot
from engine.model import Field, Kind, Product, Side, canonical
from engine.ports import ConnectionContext, Connector, FieldWrite, RecordWrite, Result
from engine.settings import IntegrationSettings, SkuChoice

RESALE, STORE, CRM, FILE = "resale", "store", "crm", "file"

#: connector -> (the world its sandbox shows, the side it is used on)
SYSTEMS = {
    "files": (FILE, Side.BACKOFFICE),
    "marketplace": (RESALE, Side.STOREFRONT),
    "quickbooks": (STORE, Side.BACKOFFICE),
    "salesforce": (CRM, Side.BACKOFFICE),
    "shopify": (STORE, Side.STOREFRONT),
    "syncro": (RESALE, Side.BACKOFFICE),
    "ultracart": (CRM, Side.STOREFRONT),
    "woocommerce": (STORE, Side.STOREFRONT),
}
WORDS = ("name", "title", "desc", "slug", "body")  # in the key of whatever a system calls a name or a description
PRODUCTS = """id,name,description,sku,price,cost,quantity
1,Desk lamp,"Bends, and shines",L-1,10,5,7
2,Chair,Four legs,C-1,20,9,3
"""


@dataclass(frozen=True)
class System:
    """A connection's options and secrets, and everything its system holds."""

    options: dict[str, str]
    secrets: dict[str, str]
    holds: Any


@contextmanager
def system(name: str, directory: Path) -> Iterator[System]:
    kind, _ = SYSTEMS[name]
    if kind == FILE:
        path = directory / "products.csv"
        path.write_text(PRODUCTS, encoding="utf-8")

        def rows() -> Any:
            with path.open(encoding="utf-8", newline="") as file:
                return list(csv.DictReader(file))

        yield System({"products.path": str(path), "writable": "true", "currency": "USD"}, {}, rows)
        return
    worlds = {
        RESALE: lambda: World.make(11, 10, 30),
        STORE: lambda: StoreWorld.make(seed=11, products=25),
        CRM: lambda: CrmWorld.make(seed=11, items=25),
    }
    world = worlds[kind]()
    with serve_in_thread(SANDBOXES[name](world, rate=0)) as served:
        yield System(served.options, served.credentials, lambda: served.state.tables)


def texts(value: Any, at: str = "", *, named: bool = False) -> Iterator[tuple[str, str]]:
    """Every text under a key that names or describes something, with its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            says = any(word in key.casefold() for word in WORDS)
            yield from texts(inner, f"{at}/{key}", named=says and not isinstance(inner, dict | list))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from texts(inner, f"{at}/{number}", named=named)
    elif named and isinstance(value, str):
        yield at, value


def new_value(field: Field, old: str | None) -> str:
    if field is Field.SKU:
        return f"{old or 'NEW'}-X"
    return canonical(Decimal(old or 5) + (3 if field is Field.QUANTITY else Decimal("1.07")))


async def products(connector: Connector) -> list[Product]:
    found = [record async for page in connector.read(Kind.PRODUCTS) for record in page.records]
    return [one for one in found if isinstance(one, Product) and one.active and not one.is_base]


def settings_for(connector: Connector, side: Side) -> IntegrationSettings:
    slot = next((one for one in connector.capabilities.sku_slots if one != "vendor"), "sku")
    choice = SkuChoice(storefront=slot) if side is Side.STOREFRONT else SkuChoice(backoffice=slot)
    return IntegrationSettings(sku=choice)


async def write_everything(connector: Connector, side: Side) -> set[Field]:
    """Write every field the connector can, each to some product that has it; the fields that were applied."""
    settings = settings_for(connector, side)
    await products(connector)  # some say only after the first conversation what they can write
    done: set[Field] = set()
    for field in sorted(connector.capabilities.writes_fields):
        for product in (await products(connector))[:12]:
            now = read(product, field, side, settings)
            if now.problem or (now.text is None and field in {Field.QUANTITY, Field.PRICE}):
                continue
            change = FieldWrite(field, now.text, new_value(field, now.text))
            slot = sku_slot(settings, side) if field is Field.SKU else "sku"
            key = f"names:{product.id}:{field}"
            (outcome,) = await connector.write(
                [RecordWrite(key, Kind.PRODUCTS, product.id, product.name, (change,), product.version, slot, "USD")]
            )
            if outcome.result is Result.APPLIED:
                done.add(field)
                break
    return done


def test_every_registered_connector_is_tried():
    assert {kind.name for kind in EntryPointRegistry().types()} == SYSTEMS.keys()


@pytest.mark.parametrize("name", sorted(SYSTEMS))
async def test_no_product_sync_changes_a_name_or_a_description(name, tmp_path):
    with system(name, tmp_path) as box:
        options = {**box.options, **{secret: f"ref:{secret}" for secret in box.secrets}}
        context = ConnectionContext(
            name, options, lambda reference: box.secrets[reference.removeprefix("ref:")], tmp_path / "token.json"
        )
        connector = EntryPointRegistry().get(name).open(context)
        try:
            before = dict(texts(box.holds()))
            assert len(before) > 1, "the state has names to lose"
            done = await write_everything(connector, SYSTEMS[name][1])
            after = dict(texts(box.holds()))
        finally:
            await connector.close()
    assert done == connector.capabilities.writes_fields
    assert {path: after.get(path) for path in before} == before
