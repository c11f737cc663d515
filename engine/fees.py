"""The fee list of an integration: the Cancellation Fee from the start, more kinds and the admin's own as wanted.

The marketplace has no fees endpoint: fees are price types and order types there (domain notes, section 3.1), so the
list is the integration's own. A fee's amount is entered, or read from a product's price of the fee's type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tinydb import Query

from engine.errors import UnknownId, UsageError
from engine.model import Fee, Kind, Product, canonical
from engine.ports import RecordCache, Store

TYPES = ("cancellation", "setup", "recurring", "upgrade", "overuse", "other")
CANCELLATION = Fee("cancellation-fee", "Cancellation Fee", "cancellation", builtin=True)
Q = Query()


class Fees:
    """The ``fees`` table of a workspace."""

    def __init__(self, store: Store, cache: RecordCache) -> None:
        self._store, self._cache = store, cache

    def all(self, integration: str, connection: str, currency: str) -> list[Fee]:
        """Fees in the order they were added; an amount that follows a product's price is the price as last read."""
        fees = [_fee(doc) for doc in self._store.table("fees").search(Q.integration == integration)]
        if not any(fee.builtin for fee in fees):
            fees.insert(0, CANCELLATION)
        return [self._with_amount(fee, connection, currency) for fee in fees]

    def add(self, integration: str, fee: Fee) -> Fee:
        """Raises ``UsageError`` for a name in use, an unknown type, a negative amount."""
        self._validate(fee)
        with self._store.transaction():
            known = [_fee(doc) for doc in self._store.table("fees").search(Q.integration == integration)]
            names = {other.name.casefold() for other in known} | {CANCELLATION.name.casefold()}
            if fee.name.casefold() in names:
                raise UsageError(f"a fee named {fee.name!r} exists already; nothing was added")
            ids = {other.id for other in known} | {CANCELLATION.id}
            base = re.sub(r"[^a-z0-9]+", "-", fee.name.casefold()).strip("-") or "fee"
            unique = next(i for n in range(1, len(ids) + 2) if (i := base if n == 1 else f"{base}-{n}") not in ids)
            added = Fee(unique, fee.name, fee.type, fee.amount, fee.currency, fee.source_product_id)
            self._store.table("fees").insert(_document(integration, added))
        return added

    def set(self, integration: str, fee_id: str, values: Mapping[str, Any]) -> Fee:
        """Change ``name``, ``type``, ``amount``, ``currency`` or ``source_product_id`` of one fee."""
        with self._store.transaction():
            row = (Q.integration == integration) & (Q.id == fee_id)
            doc = self._store.table("fees").get(row)
            if doc is None and fee_id != CANCELLATION.id:
                raise UnknownId("fee", fee_id, "see `crosswalk fees list`")
            current = _fee(doc) if doc is not None and not isinstance(doc, list) else CANCELLATION
            unknown = set(values) - {"name", "type", "amount", "currency", "source_product_id"}
            if unknown:
                raise UsageError(f"a fee has no {', '.join(sorted(unknown))}; nothing was changed")
            merged = {
                "name": current.name,
                "type": current.type,
                "amount": current.amount,
                "currency": current.currency,
                "source_product_id": current.source_product_id,
                **values,
            }
            changed = Fee(id=fee_id, builtin=current.builtin, **merged)
            self._validate(changed)
            self._store.table("fees").remove(row)
            self._store.table("fees").insert(_document(integration, changed))
        return changed

    def remove(self, integration: str, fee_id: str) -> None:
        if fee_id == CANCELLATION.id:
            raise UsageError("the Cancellation Fee is always there and cannot be removed; ignore it instead")
        with self._store.transaction():
            gone = self._store.table("fees").remove((Q.integration == integration) & (Q.id == fee_id))
            if not gone:
                raise UnknownId("fee", fee_id, "see `crosswalk fees list`")
            self._store.table("mappings").remove(
                (Q.integration == integration) & (Q.kind == "fees") & (Q.storefront_id == fee_id)
            )

    def _with_amount(self, fee: Fee, connection: str, currency: str) -> Fee:
        if not fee.source_product_id:
            return fee
        product = self._cache.get(connection, Kind.PRODUCTS, [fee.source_product_id]).get(fee.source_product_id)
        if not isinstance(product, Product):
            return Fee(
                fee.id, fee.name, fee.type, None, currency, fee.source_product_id, active=False, builtin=fee.builtin
            )
        wanted = fee.currency or currency
        amounts = {p.amount for p in product.prices if p.type == fee.type and (p.currency or wanted) == wanted}
        amount = amounts.pop() if len(amounts) == 1 else None
        return Fee(fee.id, fee.name, fee.type, amount, wanted, fee.source_product_id, builtin=fee.builtin)

    @staticmethod
    def _validate(fee: Fee) -> None:
        if not fee.name.strip():
            raise UsageError("a fee needs a name; nothing was saved")
        if fee.type not in TYPES:
            raise UsageError(f"a fee's type is one of {', '.join(TYPES)}, not {fee.type!r}; nothing was saved")
        if fee.amount is not None and fee.amount < 0:
            raise UsageError(f"{fee.name}: the amount {fee.amount} is negative; nothing was saved")


def _fee(doc: Mapping[str, Any]) -> Fee:
    amount = None if doc["amount"] is None else Decimal(doc["amount"])
    return Fee(
        doc["id"], doc["name"], doc["type"], amount, doc["currency"], doc["source_product_id"], builtin=doc["builtin"]
    )


def _document(integration: str, fee: Fee) -> dict[str, Any]:
    return {
        "integration": integration,
        "id": fee.id,
        "name": fee.name,
        "type": fee.type,
        "amount": None if fee.amount is None else canonical(fee.amount),
        "currency": fee.currency,
        "source_product_id": fee.source_product_id,
        "builtin": fee.builtin,
    }
