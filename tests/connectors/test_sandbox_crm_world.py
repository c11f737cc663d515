"""The seeded world of a store and its CRM: reproducible, consistent with its own truth, with every defect planted."""

from __future__ import annotations

from collections import Counter

import pytest

from connectors.sandbox.crm_world import CASES, CrmItem, CrmProduct, CrmWorld, salesforce_id
from connectors.sandbox.world import World


@pytest.fixture(scope="module")
def world() -> CrmWorld:
    return CrmWorld.make(seed=7, items=240)


def _by_case(world: CrmWorld, case: str) -> list[CrmItem]:
    return [item for item in world.items if world.cases.get(item.oid) == case]


def _products(world: CrmWorld) -> dict[str, CrmProduct]:
    return {product.id: product for product in world.products}


def test_the_same_seed_gives_the_same_world_and_another_seed_another() -> None:
    first, again, other = (CrmWorld.make(seed=seed, items=40) for seed in (3, 3, 4))

    assert first == again
    assert first.items != other.items
    assert CrmWorld.of(World.make(seed=3, customers=1, products=40)) == first
    assert CrmWorld.of(first) is first


@pytest.mark.parametrize("items", [0, 1, 411])
def test_it_has_exactly_the_number_asked_for(items: int) -> None:
    world = CrmWorld.make(seed=1, items=items)

    assert len(world.items) == items
    assert len(world.products) >= len(world.pairs)


def test_ids_are_those_of_a_crm_and_unique(world: CrmWorld) -> None:
    assert salesforce_id("001", 0) == "0015g0000000000AAA"
    for prefix, ids in (
        ("01t", [one.id for one in world.products]),
        ("01s", [one.id for one in world.books]),
        ("01u", [one.id for one in world.entries]),
        ("001", [one.id for one in world.accounts]),
        ("003", [one.id for one in world.contacts] + [one.contact_id for one in world.person_accounts]),
    ):
        assert len(set(ids)) == len(ids)
        assert {(len(id), id[:3]) for id in ids} == {(18, prefix)}


def test_every_defect_is_planted_and_half_of_the_items_have_none(world: CrmWorld) -> None:
    assert set(world.cases.values()) == set(CASES)
    assert len(world.cases) == len(world.items) // 2
    assert max(len(item.code) for item in world.items) <= 20
    assert max(len(item.description) for item in world.items) in range(256, 513)


def test_items_without_a_defect_agree_with_their_product_and_its_entries(world: CrmWorld) -> None:
    products, books = _products(world), {book.name: book.id for book in world.books}
    prices = {(entry.product, entry.book): entry for entry in world.entries}

    for item in (item for item in world.items if item.oid not in world.cases):
        product = products[item.product_id]
        assert world.pairs[item.oid] == product.id
        assert (product.code, product.name, product.description) == (
            item.code,
            item.description[:255],
            item.description,
        )
        assert prices[product.id, books["Standard Price Book"]].price == item.price
        assert ((product.id, books["Web sale"]) in prices) == (item.sale_price is not None)
        assert ((product.id, books["MSRP"]) in prices) == (item.msrp is not None)


def test_planted_links_and_codes_are_what_their_case_says(world: CrmWorld) -> None:
    products, codes = _products(world), Counter(product.code for product in world.products)

    assert all(codes[item.code] == 2 and not item.product_id for item in _by_case(world, "code twice"))
    assert all(codes[item.code] == 0 for item in _by_case(world, "missing") + _by_case(world, "link dead"))
    assert all(item.product_id not in products for item in _by_case(world, "link dangling"))
    assert all(codes[item.code] == 1 for item in _by_case(world, "link dangling") + _by_case(world, "unlinked"))
    assert all(world.pairs[item.oid].startswith(item.product_id) for item in _by_case(world, "link malformed"))
    holders = Counter(item.product_id for item in world.items if item.product_id)
    assert all(holders[item.product_id] > 1 for item in _by_case(world, "link shared"))
    assert all(products[item.product_id].code != item.code for item in _by_case(world, "code mismatch"))
    assert all(item.active for item in _by_case(world, "inactive product"))
    assert all(not products[item.product_id].active for item in _by_case(world, "inactive product"))
    assert not {product.code for product in world.products if product.id in world.orphans} & {
        item.code for item in world.items
    }


def test_people_are_known_unknown_or_in_doubt_as_the_truth_says(world: CrmWorld) -> None:
    people = {one.id: one.email for one in world.contacts} | {one.id: one.email for one in world.person_accounts}
    emails = Counter(email.casefold() for email in people.values())

    assert set(world.customer_pairs.values()) <= set(people)
    for customer in world.customers:
        paired = world.customer_pairs.get(customer.oid)
        if paired is not None:
            assert people[paired].casefold() in {customer.email.casefold(), ""}
        else:
            assert (emails[customer.email.casefold()] > 0) == (customer.oid in world.doubtful)


def test_orders_name_items_and_profiles_that_exist_and_some_are_unpaid_or_by_guests(world: CrmWorld) -> None:
    codes, oids = {item.code for item in world.items}, {customer.oid for customer in world.customers}

    assert all(line.code in codes for order in world.orders for line in order.lines)
    assert {order.customer for order in world.orders} <= oids | {0}
    assert {order.paid for order in world.orders} == {True, False}
    guests = [order for order in world.orders if not order.customer]
    assert guests
    assert set(world.buyers) <= {order.id for order in guests}


def test_the_truth_is_json_with_text_ids(world: CrmWorld) -> None:
    truth = world.truth()

    assert truth["product_pairs"] == {str(oid): id for oid, id in world.pairs.items()}
    assert set(truth["cases"].values()) == set(CASES)
