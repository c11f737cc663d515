"""Reading again what a run wrote beside prices, costs and quantities: texts and pushed products."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from engine.changes import Outcome, Plan
from engine.crm import PriceEntry, PushesProducts
from engine.model import Customer, Kind, Product, Side
from engine.ports import Connector, RecordCache
from engine.push_prices import in_currency
from engine.push_write import Seen
from engine.undo_push import Pushed
from engine.undo_texts import Products, is_text


@dataclass(frozen=True, slots=True)
class Written:
    """What both systems hold now of what a run wrote. ``pushed`` is None where nothing was pushed."""

    products: Products = field(default_factory=dict)
    mapped: Mapping[tuple[Kind, str], str] = field(default_factory=dict)  # kind, storefront id -> back-office id
    pushed: Pushed | None = None


async def read_written(
    plan: Plan,
    outcomes: Iterable[Outcome],
    connectors: Mapping[Side, Connector],
    cache: RecordCache,
    names: Mapping[Side, str],
    mapped: Mapping[tuple[Kind, str], str],
    currency: str,
) -> Written:
    """The caller holds the locks. Raises ``ConnectorError``."""
    wanted: dict[tuple[Side, Kind], dict[str, None]] = {}
    pushed: dict[str, None] = {}
    for one in outcomes:
        if is_text(one):
            id = one.backoffice_id if one.target is Side.BACKOFFICE else one.storefront_id
            wanted.setdefault((one.target, one.kind), {})[id] = None
        elif one.attribute == "push" and one.backoffice_id:
            pushed[one.backoffice_id] = None
    if pushed:
        wanted.setdefault((Side.BACKOFFICE, Kind.PRODUCTS), {}).update(pushed)
    products: dict[tuple[Side, str], Product | Customer] = {}
    for (side, kind), ids in wanted.items():
        found = await connectors[side].read_some(kind, list(ids))
        cache.put(names[side], kind, found.values())
        cache.drop(names[side], kind, ids.keys() - found.keys())
        products |= {(side, id): cast("Product | Customer", record) for id, record in found.items()}
    if not plan.pushes or not pushed:
        return Written(products, mapped)
    connector = cast("PushesProducts", connectors[Side.BACKOFFICE])
    entries: dict[str, list[PriceEntry]] = {}
    for entry in in_currency(await connector.entries_of(list(pushed)), currency):
        entries.setdefault(entry.product_id, []).append(entry)
    books = {book.id: book.name for book in await connector.price_books()}
    seen = {
        id: Seen(cast("Product | None", products.get((Side.BACKOFFICE, id))), tuple(entries.get(id, ())))
        for id in pushed
    }
    return Written(products, mapped, Pushed(seen, books, currency))
