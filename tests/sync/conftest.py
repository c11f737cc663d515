"""Rows and scenes of a small shop, as the sync tests use them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import ClassVar

import pytest

from engine.baselines import Baseline, Decision
from engine.model import Fee, Field, Kind, PriceOption, Product, Side, Sku
from engine.plan import Scene
from engine.ports import Capabilities
from engine.settings import Guards, IntegrationSettings
from engine.status import Pair

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
STORE = Capabilities(reads=frozenset(Kind), reads_fields=frozenset(Field))
BACK = Capabilities(
    reads=frozenset(Kind),
    reads_fields=frozenset(Field),
    writes_fields=frozenset({Field.PRICE, Field.COST, Field.SKU}),
    has_currency=False,
    rate_per_minute=60,
    calls_per_write=3,
)
CAPABILITIES = {Side.STOREFRONT: STORE, Side.BACKOFFICE: BACK}
CONNECTIONS = {Side.STOREFRONT: "market", Side.BACKOFFICE: "psa"}
LOOSE = Guards(
    zero_price=False,
    below_cost=False,
    max_change_percent=None,
    max_rows=None,
    max_percent_of_catalogue=None,
    max_shrink_percent=None,
    everything_changed=False,
)


def front(
    id: str, price: str | None = "10", cost: str | None = "5", mpn: str = "", name: str = "", active: bool = True
) -> Product:
    prices = () if price is None else (PriceOption(Decimal(price), "USD"),)
    costs = () if cost is None else (PriceOption(Decimal(cost), "USD"),)
    return Product(id, name or f"Item {id}", mpn=mpn or f"M-{id}", prices=prices, costs=costs, active=active)


def back(
    id: str, price: str | None = "10", cost: str | None = "5", sku: str = "", name: str = "", active: bool = True
) -> Product:
    prices = () if price is None else (PriceOption(Decimal(price)),)
    costs = () if cost is None else (PriceOption(Decimal(cost)),)
    skus = (Sku(sku),) if sku else ()
    return Product(id, name or f"Back {id}", prices=prices, costs=costs, skus=skus, active=active)


def pair(
    id: str = "a",
    s: tuple[str | None, str | None] = ("10", "5"),
    b: tuple[str | None, str | None] = ("10", "5"),
    *,
    to: str = "",
    base: dict[Field, tuple[str, str]] | None = None,
    decide: dict[Field, Decision] | None = None,
) -> Pair:
    """A mapped product whose storefront has (price, cost) ``s`` and whose counterpart has ``b``; SKUs are equal."""
    target = to or f"b-{id}"
    baselines = {field: Baseline(*values) for field, values in (base or {}).items()}
    return Pair(
        Kind.PRODUCTS,
        id,
        target,
        front(id, *s),
        back(target, *b, sku=f"M-{id}"),
        baselines,
        decide or {},
    )


def fee(id: str = "f", amount: str | None = "7", to: str = "b-f", price: str = "6") -> Pair:
    record = Fee(id, "Cancellation Fee", amount=None if amount is None else Decimal(amount), currency="USD")
    return Pair(Kind.FEES, id, to, record, back(to, price) if to else None)


def scene(settings: IntegrationSettings | None = None, **values: object) -> Scene:
    found = settings or IntegrationSettings(guards=LOOSE)
    return Scene("shop", found, CAPABILITIES, CONNECTIONS, NOW, "ann", "lineage", **values)  # type: ignore[arg-type]


class Shop:
    """The builders above and their settings under one name; stateless, so that properties may share it."""

    pair = staticmethod(pair)
    fee = staticmethod(fee)
    front = staticmethod(front)
    back = staticmethod(back)
    scene = staticmethod(scene)
    loose = IntegrationSettings(guards=LOOSE)
    strict = IntegrationSettings()
    now = NOW
    capabilities = CAPABILITIES
    connections = CONNECTIONS
    can: ClassVar = {Side.STOREFRONT: frozenset(), Side.BACKOFFICE: BACK.writes_fields}
    both: ClassVar = {side: frozenset(Field) for side in Side}


@pytest.fixture(scope="session")
def shop() -> Shop:
    return Shop()
