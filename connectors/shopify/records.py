"""The store's nodes as records, and the values in them that a sync compares.

A product is shown by its variants, which have the prices, costs, SKUs and quantities. Where it has options (sizes,
colours) the product itself is shown as their parent, which is never synced. Ids are the numbers at the end of Shopify's
global ids; a parent's begins with ``product-``, since products and variants are numbered apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.shopify.settings import Settings
from engine.model import Customer, Field, Order, OrderLine, PriceOption, Product, Sku, canonical

#: Statuses of a product that customers can buy.
SOLD = frozenset({"ACTIVE", "UNLISTED"})
_BASE = "product-"
_BUNDLE = "a bundle: its components have the stock, and it is never synced"


def variant(row: Mapping[str, Any], currency: str, quantity: str, site: str) -> Product:
    """A variant; ``quantity`` names the number that counts (``available``, ``on_hand``). Raises ``ValueError``."""
    above, item = _object(row, "product"), _object(row, "inventoryItem")
    price, before, cost = amount(row.get("price")), amount(row.get("compareAtPrice")), item.get("unitCost")
    prices: tuple[PriceOption, ...] = () if price is None else (PriceOption(price, currency),)
    if before is not None:
        prices += (PriceOption(before, currency, type="compare_at"),)
    costs: tuple[PriceOption, ...] = ()
    if isinstance(cost, Mapping):
        costs = (PriceOption(_needed(cost.get("amount")), text(cost.get("currencyCode")) or currency),)
    bundle, sku = bool(row.get("requiresComponents")), sku_of(row)
    id, parent = number(row.get("id")), number(above.get("id"))
    return Product(
        id=id,
        name=name_of(row),
        active=text(above.get("status")) in SOLD,
        upc=text(row.get("barcode")),
        prices=prices,
        costs=costs,
        skus=(Sku(sku),) if sku else (),
        quantity=quantity_of(row, quantity),
        is_base=bundle,
        parent_id=f"{_BASE}{parent}" if has_options(row) else "",
        version=text(row.get("updatedAt")),
        url=f"{site}/admin/products/{parent}/variants/{id}",
        notes=_notes(price, before, bundle),
    )


def base(product: Mapping[str, Any], site: str) -> Product:
    """The parent of variants. Raises ``ValueError``."""
    id = number(product.get("id"))
    return Product(
        id=f"{_BASE}{id}",
        name=text(product.get("title")),
        active=text(product.get("status")) in SOLD,
        is_base=True,
        version=text(product.get("updatedAt")),
        url=f"{site}/admin/products/{id}",
    )


def has_options(row: Mapping[str, Any]) -> bool:
    """Whether a variant is one choice of several: the only one of a plain product is called Default Title by Shopify.

    (``selectedOptions`` would say the same and cost a point for every variant.)
    """
    return text(row.get("title")) not in {"", "Default Title"}


def name_of(row: Mapping[str, Any]) -> str:
    """``Shirt - Red / L`` for a choice, the product's own title otherwise."""
    title = text(_object(row, "product").get("title"))
    return " - ".join(part for part in (title, text(row.get("title"))) if part) if has_options(row) else title


def customer(row: Mapping[str, Any], site: str) -> Customer:
    """A customer; who has no name is known by e-mail address or phone number. Raises ``ValueError``."""
    id = number(row.get("id"))
    first, last = text(row.get("firstName")), text(row.get("lastName"))
    email, phone = (
        _inside(row, "defaultEmailAddress", "emailAddress"),
        _inside(row, "defaultPhoneNumber", "phoneNumber"),
    )
    return Customer(
        id=id,
        name=f"{first} {last}".strip() or text(row.get("displayName")) or email or phone,
        email=email,
        phone=phone,
        first_name=first,
        last_name=last,
        version=text(row.get("updatedAt")),
        url=f"{site}/admin/customers/{id}",
    )


def order(row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], settings: Settings) -> Order:
    """An order with all its lines: the units that are left after refunds and removals. Raises ``ValueError``."""
    buyer = row.get("customer")
    made = customer(buyer, settings.site) if isinstance(buyer, Mapping) else None
    status, name = text(row.get("displayFinancialStatus")), text(row.get("name"))
    return Order(
        id=number(row.get("id")),
        number=name if settings.order_names else name.removeprefix("#"),
        at=moment(row.get("createdAt")),
        status=status.lower(),
        lines=tuple(
            OrderLine(
                number(_object(line, "variant").get("id")) if line.get("variant") else "",
                Decimal(_whole(line.get("currentQuantity"))),
                text(line.get("sku")),
            )
            for line in lines
        ),
        customer_id=made.id if made else "",
        customer=made,
        paid=status in {"PAID", "PARTIALLY_REFUNDED"},
    )


def value_of(row: Mapping[str, Any], field: Field, quantity: str) -> str | None:
    """One field of a variant as canonical text, or None when it is empty. Raises ``ValueError``."""
    if field is Field.SKU:
        return sku_of(row) or None
    if field is Field.PRICE:
        found = amount(row.get("price"))
    elif field is Field.COST:
        cost = _object(row, "inventoryItem").get("unitCost")
        found = _needed(cost.get("amount")) if isinstance(cost, Mapping) else None
    else:
        found = quantity_of(row, quantity)
    return None if found is None else canonical(found)


def sku_of(row: Mapping[str, Any]) -> str:
    """The SKU, which a variant and its inventory item share; an answer to a write shows the item's only."""
    return text(row["sku"] if "sku" in row else _object(row, "inventoryItem").get("sku"))


def quantity_of(row: Mapping[str, Any], name: str) -> Decimal | None:
    """Units at the location; None where stock is not tracked, or not kept there."""
    item = _object(row, "inventoryItem")
    level = item.get("inventoryLevel")
    if item.get("tracked") is not True or not isinstance(level, Mapping) or level.get("isActive") is False:
        return None
    listed = level.get("quantities")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, Mapping) and one.get("name") == name:
            return Decimal(_whole(one.get("quantity")))
    raise ValueError(f"no quantity named {name}")


def product_id(id: str) -> str:
    """The number of the product that a parent's id means, or "" where the id is a variant's."""
    found = id.removeprefix(_BASE)
    return found if found != id and found.isdigit() else ""


def gid(kind: str, id: str) -> str:
    return f"gid://shopify/{kind}/{id}"


def number(value: Any) -> str:
    """The number of a global id, as text. Raises ``ValueError``."""
    found = text(value).rpartition("/")[2].partition("?")[0]
    if not found.isdigit():
        raise ValueError(f"{value!r} is no id")
    return found


def amount(value: Any) -> Decimal | None:
    """An amount (``Money`` and ``Decimal`` are strings), or None. Raises ``ValueError``."""
    if value is None or value == "":
        return None
    try:
        found = Decimal(value if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else "none")
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is no amount") from error
    if not found.is_finite():
        raise ValueError(f"{value!r} is no amount")
    return found


def moment(value: Any) -> datetime:
    """A ``DateTime`` as aware UTC. Raises ``ValueError``."""
    at = datetime.fromisoformat(text(value))
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def text(value: Any) -> str:
    """Null is empty."""
    return "" if value is None else str(value)


def _notes(price: Decimal | None, before: Decimal | None, bundle: bool) -> str:
    reduced = before is not None and price is not None and before > price
    said = [_BUNDLE] if bundle else []
    return "; ".join(
        [*said, *([f"on sale, compared at {canonical(before)}"] if reduced and before is not None else [])]
    )


def _needed(value: Any) -> Decimal:
    found = amount(value)
    if found is None:
        raise ValueError("an amount is missing")
    return found


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no number of units")  # noqa: TRY004 - one kind of error for what cannot be read
    return value


def _object(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = row.get(name)
    if not isinstance(found, Mapping):
        raise ValueError(f"{name} is missing")  # noqa: TRY004 - one kind of error for what cannot be read
    return found


def _inside(row: Mapping[str, Any], name: str, inner: str) -> str:
    found = row.get(name)
    return text(found.get(inner)) if isinstance(found, Mapping) else ""
