"""Units in orders that accounting does not hold: what they are, and what they mean for a row. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.model import Field, Kind, Order, OrderLine, PriceOption, Product, Side, Status
from engine.pairs import Pair, RowState
from engine.settings import IntegrationSettings, OrderPolicy, OrderSettings
from engine.status import row_state
from engine.unposted import UnpostedLine, lines, told, units

AT = datetime(2026, 11, 2, tzinfo=UTC)
BASE = IntegrationSettings(
    fields=(Field.PRICE, Field.QUANTITY), masters={Field.PRICE: Side.BACKOFFICE, Field.QUANTITY: Side.BACKOFFICE}
)
WRITABLE = {side: frozenset(Field) for side in Side}
ORDERS = st.lists(
    st.builds(
        Order, id=st.integers(1, 99).map(str), number=st.sampled_from(["1", "2", "3", ""]), at=st.just(AT),
        status=st.just("processing"),
        lines=st.lists(
            st.builds(OrderLine, product_id=st.sampled_from(["a", "b", ""]), quantity=st.integers(-1, 5).map(Decimal)), max_size=3
        ).map(tuple),
    ),
    max_size=5,
)  # fmt: skip


@given(ORDERS, st.sets(st.sampled_from(["1", "2", "3"])))
def test_every_unit_of_an_unposted_order_is_counted_once_and_no_other(orders: list[Order], posted: set[str]) -> None:
    found = lines(orders, posted)
    assert "" not in found
    for product in ("a", "b"):
        wanted = Decimal(0)
        for order in orders:
            if order.number in posted:
                continue
            sold = sum((line.quantity for line in order.lines if line.product_id == product), Decimal(0))
            wanted += max(sold, Decimal(0))
        assert units(found.get(product, ())) == wanted


def pair(unposted: Sequence[UnpostedLine], store: int, books: int, price: str = "9") -> Pair:
    left = Product("s", "Lamp", prices=(PriceOption(Decimal(price), "USD"),), quantity=Decimal(store))
    right = replace(left, id="b", quantity=Decimal(books), prices=(PriceOption(Decimal(10), "USD"),))
    return Pair(Kind.PRODUCTS, "s", "b", left, right, unposted=tuple(unposted))


def state(of: Pair, policy: OrderPolicy) -> RowState:
    settings = BASE.model_copy(update={"orders": OrderSettings(policy=policy)})
    return row_state(of, settings, WRITABLE)


LINES = [UnpostedLine("1001", "s", Decimal(2), AT), UnpostedLine("1002", "s", Decimal(1), AT)]


def test_a_product_in_an_order_that_is_not_posted_is_not_synced_at_all_and_says_why() -> None:
    found = state(pair(LINES, 7, 10), OrderPolicy.BLOCK)
    assert found.status is Status.IN_ORDERS
    assert found.reason == told(LINES) == "3 units in orders 1001, 1002 are not posted in accounting"
    assert {one.field: (one.sends, one.blocked) for one in found.fields} == {
        Field.PRICE: (False, found.reason),
        Field.QUANTITY: (False, found.reason),
    }
    assert (found.fields[0].before, found.fields[0].source) == ("9", "10")  # both values stay in view
    assert found.verb == "re-check"


def test_equal_values_of_a_product_in_orders_become_no_baseline() -> None:
    found = state(pair(LINES, 10, 10, price="10"), OrderPolicy.BLOCK)
    assert found.status is Status.IN_ORDERS
    assert not any(one.adopts or one.target for one in found.fields)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 9))
def test_compensated_the_store_shall_have_what_the_books_have_less_what_was_sold(
    store: int, books: int, sold: int
) -> None:
    waiting = [UnpostedLine("1001", "s", Decimal(sold), AT)]
    found = state(pair(waiting, store, books), OrderPolicy.COMPENSATE)
    quantity = next(one for one in found.fields if one.field is Field.QUANTITY)
    wanted = max(books - sold, 0)
    if store == wanted:
        assert quantity.target is None
    else:
        assert (quantity.target, quantity.after, quantity.source) == (Side.STOREFRONT, str(wanted), str(books))
    price = next(one for one in found.fields if one.field is Field.PRICE)
    assert price.sends  # other fields wait for nothing


def test_ignored_orders_change_nothing() -> None:
    assert state(pair(LINES, 7, 10), OrderPolicy.IGNORE) == state(pair([], 7, 10), OrderPolicy.BLOCK)
