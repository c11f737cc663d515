"""QuickBooks' rows as records, and the values in them that a sync compares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.values import amount, text
from engine.model import Customer, PriceOption, Product, Sku

#: Folders and bundles: shown, never synced. A bundle's quantity is that of its parts.
BASE_TYPES = frozenset({"Category", "Group", "Bundle"})
PRICE, COST, QUANTITY = "UnitPrice", "PurchaseCost", "QtyOnHand"


def product(row: Mapping[str, Any]) -> Product:
    """An item. ``version`` is its SyncToken, which guards its own fields and (as assumed) not its quantity.

    ``quantity`` is None unless QuickBooks counts it. Raises ``ValueError`` for an amount that is none.
    """
    price, cost = amount(row.get(PRICE)), amount(row.get(COST))
    base = text(row.get("Type")) in BASE_TYPES
    parent = row.get("ParentRef")
    path = text(row.get("FullyQualifiedName")).rpartition(":")[0]
    return Product(
        id=str(row["Id"]),
        name=text(row.get("Name")),
        description=text(row.get("Description")),
        active=row.get("Active") is not False,
        category=path,
        prices=() if price is None or base else (PriceOption(price),),
        costs=() if cost is None or base else (PriceOption(cost),),
        skus=(Sku(text(row.get("Sku"))),) if row.get("Sku") else (),
        quantity=amount(row.get(QUANTITY)) if counted(row) else None,
        is_base=base,
        parent_id=text(parent.get("value")) if isinstance(parent, dict) else "",
        version=text(row.get("SyncToken")),
        notes=text(row.get("PurchaseDesc")),
    )


def counted(row: Mapping[str, Any]) -> bool:
    """Whether QuickBooks keeps a quantity of this item."""
    return row.get("TrackQtyOnHand") is True


def customer(row: Mapping[str, Any]) -> Customer:
    """A customer, complete in list and detail alike."""
    address = _part(row, "BillAddr") or _part(row, "ShipAddr")
    return Customer(
        id=str(row["Id"]),
        name=text(row.get("DisplayName")) or text(row.get("CompanyName")),
        active=row.get("Active") is not False,
        email=text(_part(row, "PrimaryEmailAddr").get("Address")),
        phone=text(_part(row, "PrimaryPhone").get("FreeFormNumber"))
        or text(_part(row, "Mobile").get("FreeFormNumber")),
        first_name=text(row.get("GivenName")),
        last_name=text(row.get("FamilyName")),
        street=text(address.get("Line1")),
        street2=text(address.get("Line2")),
        city=text(address.get("City")),
        postal_code=text(address.get("PostalCode")),
        region=text(address.get("CountrySubDivisionCode")),
        country=text(address.get("Country")),
        version=text(row.get("SyncToken")),
    )


def _part(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = row.get(name)
    return part if isinstance(part, dict) else {}
