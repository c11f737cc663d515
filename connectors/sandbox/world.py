"""A seeded world: one reseller as the marketplace sees it and as Syncro sees it, and the truth about both.

The same seed and sizes give the same world, on any machine. Names are invented; prices are plausible.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from connectors.sandbox.catalogue import ANNUAL, MONTHLY, make_rows
from connectors.sandbox.companies import make_customers
from connectors.sandbox.counterparts import Maker
from connectors.sandbox.vocabulary import FAMILIES
from connectors.sandbox.wire import Json

__all__ = ["World"]


@dataclass(frozen=True, slots=True)
class World:
    """Wire records of both systems. They are shared, never changed: sandboxes replace records in tables of their own.

    ``product_pairs`` and ``customer_pairs``: marketplace id -> Syncro id, one to one. ``shared_products``: marketplace
    rows that belong to the product of another row (many to one). ``differences``: marketplace id of a paired product ->
    which of ``price``, ``cost``, ``sku`` differ from the first recurring amount and the MPN.
    """

    seed: int
    marketplace_customers: list[Json]
    marketplace_products: list[Json]
    marketplace_plans: list[Json]
    syncro_customers: list[Json]
    syncro_products: list[Json]
    syncro_vendors: list[Json]
    syncro_categories: list[Json]
    product_pairs: dict[str, str]
    customer_pairs: dict[str, str]
    shared_products: dict[str, str]
    differences: dict[str, tuple[str, ...]]

    @classmethod
    def make(cls, seed: int = 1, customers: int = 60, products: int = 240) -> World:
        """A world with exactly that many marketplace customers and products (Syncro has its own number of each)."""
        people = make_customers(Random(f"{seed} customers"), customers)
        rows = make_rows(Random(f"{seed} products"), products) if products else []
        made = Maker(Random(f"{seed} counterparts")).make(rows)
        return cls(
            seed=seed,
            marketplace_customers=people.marketplace,
            marketplace_products=[row for _, _, row in rows],
            marketplace_plans=_plans(),
            syncro_customers=people.syncro,
            syncro_products=made.products,
            syncro_vendors=made.vendors,
            syncro_categories=made.categories,
            product_pairs=made.pairs,
            customer_pairs=people.pairs,
            shared_products=made.shared,
            differences=made.differences,
        )

    def truth(self) -> Json:
        """The ground truth as JSON, for the control endpoint."""
        return {
            "seed": self.seed,
            "product_pairs": self.product_pairs,
            "customer_pairs": self.customer_pairs,
            "shared_products": self.shared_products,
            "differences": {id: list(fields) for id, fields in self.differences.items()},
        }


def _plans() -> list[Json]:
    """Service plans: one per service, sold by the month and by the year."""
    plans: list[Json] = []
    for id, service in enumerate(sorted({family.service for family in FAMILIES}), 23):
        periods = [{**term.subscription, "trial": False, "active": True} for term in (MONTHLY, ANNUAL)]
        switch = {
            "planId": id,
            "subscriptionPeriod": ANNUAL.subscription,
            "billingPolicy": "prorate_refund",
            "whenEffective": "immediately",
            "sourceSubscriptionPeriod": MONTHLY.subscription,
        }
        plans.append(
            {
                "id": str(id),
                "name": f"{service} plan",
                "shortDescription": service,
                "longDescription": f"All resources of {service}",
                "published": True,
                "subscriptionPeriods": periods,
                "billingPeriod": MONTHLY.billing,
                "billingModel": "chargeBeforeBillingPeriod",
                "planSwitches": [switch],
            }
        )
    return plans
