"""A store world as a Shopify store holds it: products with variants, inventory items, levels, customers and orders.

Variants have the ids of the world's variants, so that the truth's pairs hold; an inventory item has its variant's id and
``ITEM`` more. Beside the world's goods there are those of ``shopify_oddities.py``.
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from connectors.sandbox.shopify_oddities import BUNDLE, GIFT, ODDITIES, Oddity
from connectors.sandbox.store_world import Article, Catalogue, Shopper, StoreOrder, StoreWorld, Variant
from connectors.sandbox.wire import Json

__all__ = [
    "BUNDLE",
    "CURRENCY",
    "FLOOR",
    "GIFT",
    "ITEM",
    "MAIN",
    "Tables",
    "clock",
    "level",
    "level_id",
    "money",
    "order_line",
    "order_row",
    "tables_of",
]

BORN = "2026-01-05T09:00:00Z"
CURRENCY = "USD"
ITEM = 5_000_000
MAIN, FLOOR, CLOSED = "70001", "70002", "70003"
#: Payment and fulfilment of an order, by the world's status.
STATES = {
    "completed": ("PAID", "FULFILLED"),
    "processing": ("PAID", "UNFULFILLED"),
    "on-hold": ("AUTHORIZED", "UNFULFILLED"),
    "pending": ("PENDING", "UNFULFILLED"),
}

Tables = dict[str, dict[str, Json]]


def tables_of(world: StoreWorld, store: int = 0) -> Tables:
    """One store of the world."""
    catalogue = world.catalogues[store]
    orders = {str(one.id): _order(one, catalogue) for one in world.orders_of(store)}
    tables: Tables = {
        "products": {},
        "variants": {},
        "items": {},
        "levels": {},
        "locations": {
            MAIN: {"id": MAIN, "name": "Main warehouse", "isActive": True},
            FLOOR: {"id": FLOOR, "name": "Shop floor", "isActive": True},
            CLOSED: {"id": CLOSED, "name": "Old warehouse", "isActive": False},
        },
        "customers": {str(one.id): _customer(one) for one in world.shoppers},
        "orders": orders,
        "keys": {},
    }
    promised = _promised(orders)
    for article in catalogue.articles:
        tables["products"][str(article.id)] = _product(article)
        for variant in article.variants:
            _add(tables, article, variant, promised.get(str(variant.id), 0))
    for odd in ODDITIES:
        _odd(tables, odd)
    return tables


def money(amount: Decimal) -> str:
    """What the store holds of an amount: whole cents, half a cent upwards."""
    return str(amount.quantize(Decimal("0.01"), ROUND_HALF_UP))


def handle(name: str) -> str:
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name.lower()).split())


def level_id(item: str, location: str) -> str:
    return f"{item}-{location}"


def level(item: str, location: str, available: int, committed: int = 0) -> Json:
    return {
        "item": item,
        "location": location,
        "available": available,
        "committed": committed,
        "isActive": True,
        "updatedAt": BORN,
    }


def order_row(id: int, status: str, at: str, customer: str, lines: list[Json]) -> Json:
    """An order; ``lines`` as ``order_line`` makes them."""
    paid, sent = STATES[status]
    return {
        "id": str(id),
        "name": f"#{id}",
        "createdAt": at,
        "updatedAt": at,
        "cancelledAt": None,
        "closedAt": at if sent == "FULFILLED" else None,
        "test": False,
        "displayFinancialStatus": paid,
        "displayFulfillmentStatus": sent,
        "customer": customer,
        "lines": lines,
    }


def order_line(id: int, variant: str, sku: str, title: str, units: int) -> Json:
    return {
        "id": str(id),
        "variant": variant,
        "sku": sku,
        "title": title,
        "quantity": units,
        "currentQuantity": units,
    }


def _product(article: Article) -> Json:
    return {
        "id": str(article.id),
        "title": article.name,
        "handle": handle(article.name),
        "isGiftCard": False,
        "status": "ACTIVE" if article.active else "ARCHIVED",
        "updatedAt": BORN,
        "variants": [str(one.id) for one in article.variants],
    }


def _add(tables: Tables, article: Article, variant: Variant, committed: int) -> None:
    id, item = str(variant.id), str(variant.id + ITEM)
    options = [["Option", variant.label]] if article.is_base else [["Title", "Default Title"]]
    tables["variants"][id] = _variant(id, str(article.id), item, variant.sku, money(variant.price), options)
    tables["items"][item] = _item(item, id, money(variant.cost))
    tables["levels"][level_id(item, MAIN)] = level(item, MAIN, variant.quantity, committed)
    if variant.id % 3 == 0:  # some goods lie in the shop as well
        tables["levels"][level_id(item, FLOOR)] = level(item, FLOOR, variant.id % 5)


def _variant(id: str, product: str, item: str, sku: str, price: str, options: list[list[str]]) -> Json:
    return {
        "id": id,
        "product": product,
        "item": item,
        "title": options[0][1],
        "sku": sku or None,
        "barcode": None,
        "price": price,
        "compareAtPrice": None,
        "taxable": True,
        "inventoryPolicy": "DENY",
        "requiresComponents": False,
        "options": options,
        "updatedAt": BORN,
    }


def _item(item: str, variant: str, cost: str | None) -> Json:
    return {
        "id": item,
        "variant": variant,
        "cost": cost,
        "tracked": True,
        "requiresShipping": True,
        "updatedAt": BORN,
    }


def _odd(tables: Tables, odd: Oddity) -> None:
    product, variants = str(odd.variant + 1), []
    for at, label in enumerate(odd.labels or ("Default Title",)):
        variant = odd.variant + 2 * at  # the product has the id between its first two
        id, item = str(variant), str(variant + ITEM)
        options = [["Size" if odd.labels else "Title", label]]
        variants.append(id)
        tables["variants"][id] = {
            **_variant(id, product, item, odd.sku, odd.price, options),
            "requiresComponents": odd.bundle,
        }
        tables["items"][item] = {**_item(item, id, odd.cost), "tracked": odd.tracked}
        if odd.units is not None:
            tables["levels"][level_id(item, MAIN)] = level(item, MAIN, odd.units)
    tables["products"][product] = {
        "id": product,
        "title": odd.name,
        "handle": handle(odd.name),
        "isGiftCard": odd.gift_card,
        "status": odd.status,
        "updatedAt": BORN,
        "variants": variants,
    }


def _customer(one: Shopper) -> Json:
    return {
        "id": str(one.id),
        "firstName": one.first_name,
        "lastName": one.last_name,
        "email": one.email,
        "phone": one.phone,
        "createdAt": BORN,
        "updatedAt": BORN,
        "state": "ENABLED",
    }


def _order(one: StoreOrder, catalogue: Catalogue) -> Json:
    names = {article.id: article.name for article in catalogue.articles}
    lines = [
        order_line(one.id * 10 + at, str(line.variant), line.sku, names.get(line.article, line.sku), line.quantity)
        for at, line in enumerate(one.lines)
    ]
    made = order_row(one.id, one.status, clock(one.at), str(one.shopper), lines)
    return {**made, "name": f"#{one.number}"}


def _promised(orders: dict[str, Json]) -> dict[str, int]:
    """Units of orders that are not sent yet, by variant."""
    found: dict[str, int] = {}
    for order in orders.values():
        if order["displayFulfillmentStatus"] != "FULFILLED":
            for line in order["lines"]:
                found[line["variant"]] = found.get(line["variant"], 0) + line["currentQuantity"]
    return found


def clock(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
