"""Customer profiles and orders as records."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.ultracart.values import flat, listed, moment, section, text
from connectors.values import amount
from engine.model import Customer, Order, OrderLine

CUSTOMER_KEY, ORDER_KEY = "customer_profile_oid", "order_id"
CUSTOMER_EXPAND = "billing,shipping,properties"
ORDER_EXPAND = "billing,item,payment,customer_profile"
_OWN = frozenset(
    {CUSTOMER_KEY, "merchant_id", "last_modified_dts", "last_modified_by", "billing", "shipping", "password"}
)
_NOT_OFFERED = frozenset({f"{place}.{name}" for place in ("billing", "shipping") for name in (
    "customer_billing_oid", "customer_shipping_oid", CUSTOMER_KEY, "default_billing", "default_shipping", "last_used_dts",
)})  # fmt: skip


def customer(row: Mapping[str, Any]) -> Customer:
    """A profile: its default billing address, and all of it as custom fields (``shipping.city``, ``properties.NAME``)."""
    billing, shipping = _default(row, "billing"), _default(row, "shipping")
    addresses = {"billing": dict(billing), "shipping": dict(shipping)}
    custom = (*flat(row, _OWN), *flat(addresses, _NOT_OFFERED))
    return Customer(
        **_fields(str(row[CUSTOMER_KEY]), text(row.get("email")), billing or shipping),
        active=row.get("unapproved") is not True,
        version=text(row.get("last_modified_dts")),
        custom=custom,
    )


def order(row: Mapping[str, Any], oids: Mapping[str, str]) -> Order:
    """An order; ``oids`` gives an item's id by its code. A kit is one line, its components are none. Raises ``ValueError``."""
    billing, profile = section(row, "billing"), section(row, "customer_profile")
    customer_id = text(profile.get(CUSTOMER_KEY))
    email = text(billing.get("email")) or text(profile.get("email"))
    return Order(
        id=str(row[ORDER_KEY]),
        number=str(row[ORDER_KEY]),
        at=moment(row.get("creation_dts")),
        status=text(row.get("current_stage")),
        lines=tuple(
            OrderLine(oids.get(code_of(line), ""), amount(line.get("quantity")) or Decimal(0), code_of(line))
            for line in lines_of(row)
        ),
        customer_id=customer_id,
        customer=Customer(**_fields(customer_id, email, billing)),
        paid=paid(row),
    )


def lines_of(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What was bought."""
    return [line for line in listed(row.get("items")) if line.get("kit_component") is not True and code_of(line)]


def code_of(line: Mapping[str, Any]) -> str:
    return text(line.get("merchant_item_id"))


def paid(row: Mapping[str, Any]) -> bool:
    """Whether the payment was processed, and not given back wholly."""
    payment = section(row, "payment")
    status = text(payment.get("payment_status"))
    return status == "Processed" or (not status and bool(payment.get("payment_dts")))


def _default(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    addresses = listed(row.get(name))
    chosen = [one for one in addresses if one.get(f"default_{name}") is True]
    return next(iter(chosen or addresses), {})


def _fields(id: str, email: str, address: Mapping[str, Any]) -> dict[str, Any]:
    """Who has no name is known by company or e-mail address."""
    first, last, company = (text(address.get(name)) for name in ("first_name", "last_name", "company"))
    return {
        "id": id,
        "name": f"{first} {last}".strip() or company or email or id,
        "email": email,
        "phone": text(address.get("day_phone")),
        "first_name": first,
        "last_name": last,
        "company": company,
        "street": text(address.get("address1")),
        "street2": text(address.get("address2")),
        "city": text(address.get("city")),
        "postal_code": text(address.get("postal_code")),
        "region": text(address.get("state_region")),
        "country": text(address.get("country_code")),
    }
