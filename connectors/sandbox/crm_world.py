"""A seeded world of a store and the CRM it feeds, with every defect a reconciliation must find, and the truth about both.

The same seed and size give the same world on any machine. Defects are planted in turn, so that a world of thirty items
has each of them; ``CrmWorld.cases`` says what was planted where.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.sandbox.crm_goods import CASES, Goods, make_goods
from connectors.sandbox.crm_people import make_orders, make_people
from connectors.sandbox.crm_records import (
    CrmAccount,
    CrmBook,
    CrmContact,
    CrmCustomer,
    CrmEntry,
    CrmItem,
    CrmLine,
    CrmOrder,
    CrmProduct,
    Postal,
    salesforce_id,
)
from connectors.sandbox.wire import Json
from connectors.sandbox.world import World

__all__ = [
    "CASES",
    "CrmAccount",
    "CrmBook",
    "CrmContact",
    "CrmCustomer",
    "CrmEntry",
    "CrmItem",
    "CrmLine",
    "CrmOrder",
    "CrmProduct",
    "CrmWorld",
    "Postal",
    "salesforce_id",
]


@dataclass(frozen=True, slots=True)
class CrmWorld:
    """``pairs``: item oid -> product id of what corresponds by a code that one product has, or by the item's right link.

    ``cases``: item oid -> what was planted on it (``crm_goods.CASES``). ``orphans``: products that no item has.
    ``customer_pairs``: profile oid -> id of its contact, or of its person account. ``buyers``: order id -> the same for
    a buyer without a profile whom the CRM knows. ``doubtful``: profile oids a person must decide about.
    """

    seed: int
    items: tuple[CrmItem, ...]
    customers: tuple[CrmCustomer, ...]
    orders: tuple[CrmOrder, ...]
    products: tuple[CrmProduct, ...]
    books: tuple[CrmBook, ...]
    entries: tuple[CrmEntry, ...]
    accounts: tuple[CrmAccount, ...]
    contacts: tuple[CrmContact, ...]
    pairs: dict[int, str]
    cases: dict[int, str]
    orphans: tuple[str, ...]
    customer_pairs: dict[int, str]
    doubtful: tuple[int, ...]
    buyers: dict[str, str]

    @classmethod
    def make(cls, seed: int = 1, items: int = 120) -> CrmWorld:
        """A world whose store has that many items."""
        goods: Goods = make_goods(seed, items)
        people = make_people(seed, max(12, items // 4))
        orders, buyers = make_orders(seed, max(8, items // 4), goods.items, people)
        return cls(
            seed=seed,
            items=goods.items,
            customers=people.customers,
            orders=orders,
            products=goods.products,
            books=goods.books,
            entries=goods.entries,
            accounts=people.accounts,
            contacts=people.contacts,
            pairs=goods.pairs,
            cases=goods.cases,
            orphans=goods.orphans,
            customer_pairs=people.pairs,
            doubtful=people.doubtful,
            buyers=buyers,
        )

    @classmethod
    def of(cls, world: World | CrmWorld) -> CrmWorld:
        """The CRM world itself, or the one of the same seed and size as a reseller's world."""
        if isinstance(world, CrmWorld):
            return world
        return cls.make(world.seed, len(world.marketplace_products))

    @property
    def person_accounts(self) -> tuple[CrmAccount, ...]:
        return tuple(account for account in self.accounts if account.is_person)

    def truth(self) -> Json:
        """The ground truth as JSON, for the control endpoint."""
        return {
            "seed": self.seed,
            "product_pairs": {str(oid): product for oid, product in self.pairs.items()},
            "cases": {str(oid): case for oid, case in self.cases.items()},
            "orphans": list(self.orphans),
            "customer_pairs": {str(oid): id for oid, id in self.customer_pairs.items()},
            "doubtful": [str(oid) for oid in self.doubtful],
            "buyers": dict(self.buyers),
        }
