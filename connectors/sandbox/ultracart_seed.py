"""A CRM world's store as UltraCart holds it: items, customers and orders with all their sections."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from connectors.sandbox.crm_world import CrmCustomer, CrmItem, CrmOrder, CrmWorld, Postal
from connectors.sandbox.wire import Json

__all__ = ["ITEM_SECTIONS", "currency", "tables_of"]

MERCHANT, CURRENCY = "DEMO", "USD"
BORN = "2026-01-05T09:00:00-05:00"
WAREHOUSE = "WEST"
#: The parts of an item that are answered only when ``_expand`` names them; a dotted one lies in the one before the dot.
ITEM_SECTIONS: dict[str, Any] = {
    "accounting": {"accounting_code": None, "qb_class": None},
    "content": {"custom_thank_you_url": None, "extended_description": None, "meta_title": None, "view_url": None},
    "content.attributes": [],
    "identifiers": {"barcode": None, "manufacturer_name": None, "manufacturer_sku": None, "unspsc": None},
    "internal": {"memo": None},
    "physical": {"weight": None, "height": None, "length": None, "width": None},
    "pricing": {
        "allow_arbitrary_cost": False, "auto_order_cost": None, "cogs": None, "cost": None, "currency_code": CURRENCY,
        "manufacturer_suggested_retail_price": None, "minimum_advertised_price": None, "mix_and_match_group": None,
        "sale_cost": None, "sale_end": None, "sale_start": None,
    },
    "pricing.tiers": [],
    "properties": [],
    "reporting": {"report_as_order": False},
    "salesforce": {"sfdc_pricebook_id": None, "sfdc_product_id": None},
    "shipping": {"allow_back_order": False, "free_shipping": False, "track_inventory": False, "eta": None},
    "shipping.distribution_centers": [],
    "tax": {"tax_free": False, "tax_product_type": "", "taxable_cost": None},
}  # fmt: skip
TIER_OIDS = {"Wholesale": 12, "Staff": 13}


def tables_of(world: CrmWorld) -> dict[str, dict[str, Json]]:
    """Records by id: items and customers by their oid, orders by their order id."""
    return {
        "items": {str(one.oid): _item(one) for one in world.items},
        "customers": {str(one.oid): _customer(one) for one in world.customers},
        "orders": {one.id: _order(one, world) for one in world.orders},
    }


def number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def currency(amount: Decimal) -> Json:
    """An amount of an order, which is an object there."""
    value = float(amount)
    return {
        "currency_code": CURRENCY, "exchange_rate": 1, "localized": value, "localized_formatted": f"${amount:.2f}",
        "value": value,
    }  # fmt: skip


def _item(one: CrmItem) -> Json:
    tracked = one.quantity is not None
    pricing = {
        **ITEM_SECTIONS["pricing"],
        "cost": number(one.price),
        "cogs": number(one.cogs),
        "sale_cost": number(one.sale_price),
        "manufacturer_suggested_retail_price": number(one.msrp),
        "tiers": [_tier(name, price) for name, price in one.tiers],
    }
    return {
        "merchant_item_oid": one.oid,
        "merchant_id": MERCHANT,
        "merchant_item_id": one.code,
        "description": one.description,
        "inactive": not one.active,
        "kit": False,
        "creation_dts": BORN,
        "last_modified_dts": BORN,
        "parent_category_id": 0,
        "parent_category_path": "/",
        "accounting": ITEM_SECTIONS["accounting"] | {"accounting_code": "4000"},
        "content": ITEM_SECTIONS["content"]
        | {"extended_description": one.long_text, "view_url": f"https://demo.example/item/{one.oid}", "attributes": []},
        "identifiers": ITEM_SECTIONS["identifiers"]
        | {"barcode": one.barcode or None, "manufacturer_sku": one.manufacturer_sku or None},
        "internal": ITEM_SECTIONS["internal"],
        "physical": ITEM_SECTIONS["physical"] | {"weight": {"uom": "LB", "value": 1.5}},
        "pricing": pricing,
        "properties": [{"name": name, "value": value, "expirationDts": None} for name, value in one.properties],
        "reporting": ITEM_SECTIONS["reporting"],
        "salesforce": {"sfdc_pricebook_id": None, "sfdc_product_id": one.product_id or None},
        "shipping": ITEM_SECTIONS["shipping"]
        | {"track_inventory": tracked, "distribution_centers": [_centre(one.quantity)] if tracked else []},
        "tax": ITEM_SECTIONS["tax"],
    }


def _tier(name: str, price: Decimal) -> Json:
    return {
        "name": name, "pricing_tier_oid": TIER_OIDS[name], "default_tier": False,
        "discounts": [{"quantity": 1, "cost": number(price)}],
    }  # fmt: skip


def _centre(quantity: int | None) -> Json:
    return {
        "distribution_center_oid": 1, "distribution_center_code": WAREHOUSE, "handles": True, "cogs": None,
        "inventory_level": quantity, "available_to_allocate": quantity, "reorder_inventory_level": None,
        "stock_picking_location": "A-1", "sku": None,
    }  # fmt: skip


def _address(who: Postal) -> Json:
    return {
        "first_name": who.first_name or None,
        "last_name": who.last_name or None,
        "company": who.company or None,
        "address1": who.street,
        "address2": None,
        "city": who.city,
        "state_region": who.region,
        "postal_code": who.postal_code,
        "country_code": who.country,
        "day_phone": who.phone,
        "evening_phone": None,
        "title": None,
    }


def _customer(one: CrmCustomer) -> Json:
    return {
        "customer_profile_oid": one.oid,
        "merchant_id": MERCHANT,
        "email": one.email,
        "business_notes": one.notes or None,
        "tax_exempt": False,
        "tax_id": None,
        "qb_code": None,
        "unapproved": False,
        "signup_dts": BORN,
        "last_modified_dts": BORN,
        "billing": [_address(one.billing) | {"customer_billing_oid": one.oid * 10, "default_billing": True}],
        "shipping": [_address(one.billing) | {"customer_shipping_oid": one.oid * 10 + 1, "default_shipping": True}],
        "properties": [{"name": name, "value": value, "expiration_dts": None} for name, value in one.properties],
        "tags": [],
        "pricing_tiers": [],
    }


def _order(one: CrmOrder, world: CrmWorld) -> Json:
    total = sum((line.price * line.quantity for line in one.lines), Decimal(0))
    names = {item.code: item.description for item in world.items}
    at = one.at.isoformat(timespec="seconds")
    emails = {customer.oid: customer.email for customer in world.customers}
    return {
        "order_id": one.id,
        "merchant_id": MERCHANT,
        "current_stage": "Completed Order" if one.paid else "Accounts Receivable",
        "creation_dts": at,
        "currency_code": CURRENCY,
        "language_iso_code": "ENG",
        "refund_dts": None,
        "reject_dts": None,
        "billing": _address(one.billing) | {"email": one.email, "cc_emails": [], "cell_phone": None},
        "items": [
            {
                "item_index": place,
                "merchant_item_id": line.code,
                "description": names[line.code],
                "quantity": line.quantity,
                "kit_component": False,
                "cost": currency(line.price),
                "cogs": 0,
            }
            for place, line in enumerate(one.lines, 1)
        ],
        "payment": {
            "payment_method": "Credit Card" if one.paid else "Purchase Order",
            "payment_status": "Processed" if one.paid else "Unprocessed",
            "payment_dts": at if one.paid else None,
        },
        "customer_profile": {"customer_profile_oid": one.customer, "email": emails[one.customer]}
        if one.customer
        else None,
        "salesforce": {"salesforce_opportunity_id": None},
        "summary": {"subtotal": currency(total), "tax": currency(Decimal(0)), "total": currency(total)},
    }
