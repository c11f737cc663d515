"""A store world as a WooCommerce store holds it: products, variations, customers and orders with all their columns."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from connectors.sandbox.store_world import Article, Catalogue, Shopper, StoreOrder, StoreWorld, Variant
from connectors.sandbox.wire import Json
from connectors.sandbox.woocommerce_shapes import CLOCK

BORN = "2026-01-05T09:00:00"
CURRENCY = "USD"
#: Orders in these states have taken their units out of the stock.
TAKEN = frozenset({"processing", "on-hold", "completed"})
#: Meta data of an order's line: how many of its units are out of the stock now; gone when none are.
REDUCED = "_reduced_stock"

#: What products and variations have in common, as a fresh one has it.
COMMON: Json = {
    "id": 0, "date_created": BORN, "date_created_gmt": BORN, "date_modified": BORN, "date_modified_gmt": BORN,
    "description": "", "permalink": "", "sku": "", "global_unique_id": "", "price": "", "regular_price": "",
    "sale_price": "", "date_on_sale_from": None, "date_on_sale_from_gmt": None, "date_on_sale_to": None,
    "date_on_sale_to_gmt": None, "on_sale": False, "status": "publish", "purchasable": True, "virtual": False,
    "downloadable": False, "downloads": [], "download_limit": -1, "download_expiry": -1, "tax_status": "taxable",
    "tax_class": "", "manage_stock": False, "stock_quantity": None, "stock_status": "instock", "backorders": "no",
    "backorders_allowed": False, "backordered": False, "low_stock_amount": None, "weight": "",
    "dimensions": {"length": "", "width": "", "height": ""}, "shipping_class": "", "shipping_class_id": 0,
    "attributes": [], "menu_order": 0, "meta_data": [], "parent_id": 0, "cogs": None,
}  # fmt: skip
PRODUCT: Json = COMMON | {
    "name": "", "slug": "", "type": "simple", "featured": False, "catalog_visibility": "visible",
    "short_description": "", "total_sales": 0, "external_url": "", "button_text": "", "sold_individually": False,
    "shipping_required": True, "shipping_taxable": True, "reviews_allowed": True, "average_rating": "0.00",
    "rating_count": 0, "upsell_ids": [], "cross_sell_ids": [], "related_ids": [], "purchase_note": "",
    "categories": [], "brands": [], "tags": [], "images": [], "default_attributes": [], "variations": [],
    "grouped_products": [], "price_html": "", "has_options": False, "post_password": "",
}  # fmt: skip
VARIATION: Json = COMMON | {"type": "variation", "name": "", "image": None, "cogs_overrides_parent": False}

Tables = dict[str, dict[str, Json]]


def tables_of(world: StoreWorld, store: int = 0) -> Tables:
    """One store of the world. Simple products have the id of their variant, so that the truth's pairs hold."""
    catalogue = world.catalogues[store]
    categories = {name: number for number, name in enumerate(sorted({one.category for one in catalogue.articles}), 15)}
    products: dict[str, Json] = {}
    variations: dict[str, Json] = {}
    for number, article in enumerate(catalogue.articles):
        row = _product(article, categories)
        if article.is_base:
            row |= _variable(article)
            for variant in article.variants:
                variations[str(variant.id)] = _variation(article, variant)
        elif number % 9 == 4:  # on sale: its price is not its regular price
            sale = money(Decimal(row["regular_price"]) * Decimal("0.9"))
            row |= {"sale_price": sale, "price": sale, "on_sale": True}
        products[str(row["id"])] = row
    products |= _group(catalogue, products)
    return {
        "products": dict(sorted(products.items(), key=lambda item: int(item[0]))),
        "variations": variations,
        "customers": {str(one.id): _customer(one) for one in world.shoppers},
        "orders": {str(one.id): _order(one, world) for one in world.orders} if store == 0 else {},
        "categories": {
            str(id): {"id": id, "name": name or "Uncategorized", "slug": slug(name or "uncategorized"), "parent": 0}
            for name, id in categories.items()
        },
    }


def money(amount: Decimal) -> str:
    return str(amount.quantize(Decimal("0.01")))


def slug(name: str) -> str:
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name.lower()).split())


def _product(article: Article, categories: dict[str, int]) -> Json:
    one = article.variants[0]
    id = article.id if article.is_base else one.id
    category = article.category or "Uncategorized"
    return {
        **PRODUCT,
        "id": id,
        "name": article.name,
        "slug": slug(article.name),
        "permalink": f"https://store.example/product/{slug(article.name)}/",
        "description": f"<p>{article.description}</p>\n",
        "status": "publish" if article.active else "draft",
        "categories": [{"id": categories[article.category], "name": category, "slug": slug(category)}],
        **({} if article.is_base else _goods(one)),
    }


def _goods(one: Variant) -> Json:
    return {
        "sku": one.sku,
        "price": money(one.price),
        "regular_price": money(one.price),
        "manage_stock": True,
        "stock_quantity": one.quantity,
        "stock_status": "instock" if one.quantity > 0 else "outofstock",
        "cogs": float(one.cost),
    }


def _variable(article: Article) -> Json:
    labels = [one.label for one in article.variants]
    attribute = {"id": 0, "name": "Option", "slug": "option", "position": 0, "visible": True, "variation": True}
    return {
        "type": "variable",
        "price": money(min(one.price for one in article.variants)),
        "variations": [one.id for one in article.variants],
        "attributes": [attribute | {"options": labels}],
        "has_options": True,
    }


def _variation(article: Article, one: Variant) -> Json:
    return {
        **VARIATION,
        **_goods(one),
        "id": one.id,
        "parent_id": article.id,
        "name": one.label,
        "permalink": f"https://store.example/product/{slug(article.name)}/?attribute_option={slug(one.label)}",
        "attributes": [{"id": 0, "name": "Option", "slug": "option", "option": one.label}],
        "cogs_overrides_parent": True,
    }


def _group(catalogue: Catalogue, products: dict[str, Json]) -> dict[str, Json]:
    """A group that shows the first simple products together."""
    simple = [row["id"] for row in products.values() if row["type"] == "simple"][:2]
    if len(simple) < 2:
        return {}
    id = max(article.id for article in catalogue.articles) + 1_000
    name = "Both together"
    row = {**PRODUCT, "id": id, "name": name, "slug": slug(name), "type": "grouped", "grouped_products": simple}
    return {str(id): row}


def _customer(one: Shopper) -> Json:
    address: dict[str, Any] = {
        "first_name": one.first_name,
        "last_name": one.last_name,
        "company": one.company,
        "address_1": one.street,
        "address_2": "",
        "city": one.city,
        "postcode": one.postal_code,
        "country": "US",
        "state": one.region,
    }
    return {
        "id": one.id,
        "date_created": BORN,
        "date_created_gmt": BORN,
        "date_modified": BORN,
        "date_modified_gmt": BORN,
        "email": one.email,
        "first_name": one.first_name,
        "last_name": one.last_name,
        "role": "customer",
        "username": one.email.partition("@")[0],
        "billing": address | {"email": one.email, "phone": one.phone},
        "shipping": address | {"phone": ""},
        "is_paying_customer": True,
        "avatar_url": "",
        "meta_data": [],
    }


def _order(one: StoreOrder, world: StoreWorld) -> Json:
    at = one.at.strftime(CLOCK)
    names = {article.id: article for article in world.catalogues[0].articles}
    lines = [
        {
            "id": one.id * 10 + number,
            "name": names[line.article].name,
            "product_id": line.article if names[line.article].is_base else line.variant,
            "variation_id": line.variant if names[line.article].is_base else 0,
            "quantity": line.quantity,
            "subtotal": money(line.price * line.quantity),
            "total": money(line.price * line.quantity),
            "sku": line.sku,
            "price": float(line.price),
            "meta_data": [],
        }
        for number, line in enumerate(one.lines)
    ]
    if one.status in TAKEN:
        lines = [reduced(line, sold.quantity) for line, sold in zip(lines, one.lines, strict=True)]
    return order_row(one.id, one.number, one.status, at, one.shopper, lines)


def reduced(line: Json, units: int) -> Json:
    """A line with so many units out of the stock."""
    kept = [entry for entry in line["meta_data"] if entry["key"] != REDUCED]
    said = {
        "id": line["id"] * 10,
        "key": REDUCED,
        "value": str(units),
        "display_key": REDUCED,
        "display_value": str(units),
    }
    return {**line, "meta_data": [*kept, *([said] if units else [])]}


def order_row(id: int, number: str, status: str, at: str, customer: int, lines: list[Json]) -> Json:
    """An order with the columns that clients look at."""
    total = sum((Decimal(line["total"]) for line in lines), Decimal(0))
    return {
        "id": id,
        "parent_id": 0,
        "number": number,
        "order_key": f"wc_order_{id}",
        "created_via": "checkout",
        "version": "11.0.0",
        "status": status,
        "currency": CURRENCY,
        "date_created": at,
        "date_created_gmt": at,
        "date_modified": at,
        "date_modified_gmt": at,
        "discount_total": "0.00",
        "total": money(total),
        "total_tax": "0.00",
        "prices_include_tax": False,
        "customer_id": customer,
        "customer_note": "",
        "billing": {},
        "shipping": {},
        "payment_method": "card",
        "transaction_id": "",
        "date_paid_gmt": at if status in TAKEN else None,
        "meta_data": [],
        "line_items": lines,
        "tax_lines": [],
        "shipping_lines": [],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [],
    }
