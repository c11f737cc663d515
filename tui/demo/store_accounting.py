"""The demo of an online store and its accounting company: accounting is the master of price, cost and quantity."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.error import HTTPError

from tui.demo.control import Control, Record
from tui.demo.profile import Profile, percent_of

if TYPE_CHECKING:
    from engine.changes import Change

GOODS = ("products", "variations")


def _goods(control: Control, product: str) -> tuple[str, Record]:
    """The table and the record of a product or a variation."""
    try:
        return GOODS[0], control.get(GOODS[0], product)
    except HTTPError:
        return GOODS[1], control.get(GOODS[1], product)


def _store_price(control: Control, product: str, percent: int) -> None:
    """The regular price moves, and with it the price that is asked where there is no sale."""
    table, record = _goods(control, product)
    moved = str(percent_of(record["regular_price"], percent))
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    asked = record["price"] if record["on_sale"] else moved
    control.change(table, product, regular_price=moved, price=asked, date_modified=now, date_modified_gmt=now)


def _touched(control: Control, item: str, **values: object) -> None:
    """A change somebody makes in QuickBooks bumps its SyncToken and its time."""
    record = control.get("item", item)
    meta = {**record["MetaData"], "LastUpdatedTime": datetime.now(UTC).isoformat(timespec="seconds")}
    control.change("item", item, SyncToken=str(int(record["SyncToken"]) + 1), MetaData=meta, **values)


def _item_price(control: Control, item: str, percent: int) -> None:
    _touched(control, item, UnitPrice=percent_of(control.get("item", item)["UnitPrice"], percent))


def _item_off(control: Control, item: str) -> None:
    _touched(control, item, Active=False)


def _order(control: Control, product: str) -> None:
    """Somebody orders two of a product just now; nothing of it is in the books."""
    table, record = _goods(control, product)
    orders = control.table("orders")
    template = next(iter(orders.values()))
    id = max(map(int, orders)) + 1
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    variation = table == GOODS[1]
    line = {
        **template["line_items"][0], "id": id * 10, "name": record["name"], "sku": record["sku"], "quantity": 2,
        "product_id": record["parent_id"] if variation else int(product), "variation_id": int(product) if variation else 0,
    }  # fmt: skip
    times = dict.fromkeys(("date_created", "date_created_gmt", "date_modified", "date_modified_gmt"), now)
    order = {**template, **times, "id": id, "number": str(id), "status": "processing", "line_items": [line]}
    control.put("orders", str(id), order)


def _written(record: Record, change: Change) -> Record:
    """Prices are strings in WooCommerce; a quantity decides whether the product is in stock."""
    after = change.after or ""
    if change.field == "price":
        return {**record, "regular_price": after, "price": record["price"] if record["on_sale"] else after}
    if change.field == "quantity":
        units = int(Decimal(after))
        return {**record, "stock_quantity": units, "stock_status": "instock" if units > 0 else "outofstock"}
    return {**record, "cogs": Decimal(after)} if change.field == "cost" else {**record, "sku": after}


STORE_ACCOUNTING = Profile(
    name="store-accounting",
    storefront="woocommerce",
    backoffice="quickbooks",
    settings={
        "currency": "USD",
        "fields": "price,quantity,cost",
        "sku.storefront": "sku",
        "sku.backoffice": "sku",
        "masters.price": "backoffice",
        "masters.quantity": "backoffice",
        "masters.cost": "backoffice",
        "match.products.primary": "sku:sku",
    },
    reprice=_store_price,
    drift=_item_price,
    switch_off=_item_off,
    written=_written,
    tables={"woocommerce": GOODS, "quickbooks": ("item",)},
    volatile=frozenset({"date_modified", "date_modified_gmt"}),
    master="backoffice",
    statuses=("In orders", "Base"),
    order=_order,
)
