"""Reading a store: complete or not at all, the quantities of one location, within the store's points."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from connectors.sandbox import shopify as sandbox
from connectors.sandbox.shopify_seed import BUNDLE, FLOOR, GIFT, MAIN, order_line, order_row
from connectors.shopify.operations import UPDATE_VARIANTS
from engine.errors import (
    AuthenticationError,
    IncompleteRead,
    PermissionMissing,
    ProtocolError,
    RateLimited,
    Rejected,
    Unreachable,
    UsageError,
)
from engine.model import Field, Kind

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class TestProducts:
    async def test_all_variants_with_their_parents(self, store, connect, gather, goods) -> None:
        served = store()
        found = {one.id: one for one in await gather(connect(served))}
        variants, products = served.state.tables["variants"], served.state.tables["products"]
        several = {row["product"] for row in variants.values() if row["options"][0][0] != "Title"}
        assert several
        assert found.keys() == variants.keys() | {f"product-{id}" for id in several}
        mine = goods(served)
        for id, row in variants.items():
            made, product = found[id], products[row["product"]]
            assert made.parent_id == (f"product-{row['product']}" if row["product"] in several else "")
            assert made.name.startswith(product["title"])
            assert (made.name == product["title"]) is (row["product"] not in several)
            assert made.prices[0].amount == Decimal(row["price"])
            assert {one.currency for one in (*made.prices, *made.costs)} == {"USD"}
            assert [one.value for one in made.skus] == ([row["sku"]] if row["sku"] else [])
            assert [str(one.amount) for one in made.costs] == ([mine.cost(id)] if mine.cost(id) else [])
            assert made.active is (product["status"] == "ACTIVE")
            assert made.description == ""
        for id in several:
            assert found[f"product-{id}"].is_base
            assert found[f"product-{id}"].name == products[id]["title"]
        assert found[str(BUNDLE)].is_base
        assert found[str(GIFT)].quantity is None

    @pytest.mark.parametrize("size", ["1", "7", "250"])
    async def test_pages_of_any_size_make_the_same_catalogue(self, store, connect, gather, size, goods) -> None:
        served = store()
        found = await gather(connect(served, page_size=size))
        assert len({one.id for one in found}) == len(found)
        assert {one.id for one in found if not one.id.startswith("product-")} == served.state.tables["variants"].keys()
        assert len(goods(served).asked("productVariants")) >= len(served.state.tables["variants"]) / int(size)

    async def test_a_list_is_paged_on_by_id_before_shopify_ends_it(
        self, store, connect, gather, goods, monkeypatch
    ) -> None:
        monkeypatch.setattr("connectors.shopify.api.WINDOW", 10)
        served = store()
        found = await gather(connect(served, page_size="5"))
        assert {one.id for one in found if not one.id.startswith("product-")} == served.state.tables["variants"].keys()
        asked = [one["query"] for one in goods(served).asked("productVariants")]
        assert len({query for query in asked if query}) >= len(found) // 15

    @pytest.mark.parametrize("event", [{"insert": 3}, {"edit": "price"}, {"delete": 1}])
    async def test_what_changes_meanwhile_makes_nothing_come_twice(self, store, connect, gather, goods, event) -> None:
        served = store()
        ids = goods(served).ids()
        told = {
            "insert": {"insert": 3},
            "edit": {"edit": {ids[0]: {"price": "77.00"}}},
            "delete": {"delete": [ids[0], ids[-1]]},
        }[next(iter(event))]
        served.app.events.meanwhile(method="GET", path="/productVariants", skip=2, **told)
        found = [one.id for one in await gather(connect(served, page_size="6"))]
        assert len(set(found)) == len(found)
        assert set(ids[1:-1]) <= set(found)

    @pytest.mark.parametrize(
        ("fault", "error"), [("repeat_page", IncompleteRead), ("html", ProtocolError), ("cut_after", Unreachable)]
    )
    async def test_a_page_that_is_none_is_no_shorter_catalogue(self, store, connect, gather, fault, error) -> None:
        served = store()
        served.app.faults.add(fault, method="GET", path="/productVariants", skip=1, times=0)
        with pytest.raises(error):
            await gather(connect(served, page_size="5"))

    @pytest.mark.parametrize("fault", ["error", "reset", "rate_limit"])
    async def test_a_read_that_fails_is_asked_again(self, store, connect, gather, fault) -> None:
        served = store()
        served.app.faults.add(fault, method="GET", path="/productVariants", skip=1)
        found = await gather(connect(served, page_size="20"))
        assert len(found) > len(served.state.tables["variants"])

    async def test_single_records_are_fresh_and_those_that_are_gone_absent(self, store, connect, goods) -> None:
        served = store()
        connector, mine = connect(served), goods(served)
        plain, choice = mine.ids(choices=False)[0], mine.ids(choices=True)[0]
        base = f"product-{mine.row(choice)['product']}"
        served.state.put("variants", plain, {**mine.row(plain), "price": "77.10"})
        asked = [plain, base, choice, "424242", "product-424242", f"product-{mine.row(plain)['product']}", "nonsense"]
        found = await connector.read_some(Kind.PRODUCTS, asked)
        assert list(found) == [plain, base, choice]
        assert found[plain].prices[0].amount == Decimal("77.10")
        assert found[choice].parent_id == base
        assert found[base].is_base

    async def test_many_records_are_a_few_requests(self, store, connect, goods) -> None:
        served = store()
        ids = goods(served).ids()
        assert len(ids) > 50
        assert list(await connect(served).read_some(Kind.PRODUCTS, ids)) == ids
        assert len(goods(served).asked("productVariants")) == -(-len(ids) // 50)


class TestLocation:
    @pytest.mark.parametrize("told", [FLOOR, "Shop floor", f"Shop floor ({FLOOR})", f"gid://shopify/Location/{FLOOR}"])
    async def test_the_quantities_are_those_of_the_chosen_one(self, store, connect, gather, goods, told) -> None:
        served = store()
        mine = goods(served)
        levels = {row["item"]: row for row in served.state.rows("levels") if row["location"] == FLOOR}
        found = {one.id: one for one in await gather(connect(served, location=told))}
        for id in mine.ids():
            level = levels.get(mine.row(id)["item"])
            assert found[id].quantity == (None if level is None else Decimal(level["available"]))
        assert levels

    async def test_what_is_in_orders_counts_where_it_is_asked_for(self, store, connect, gather, goods) -> None:
        served = store()
        found = {one.id: one for one in await gather(connect(served, quantity="on_hand"))}
        mine = goods(served)
        assert {id: found[id].quantity for id in mine.ids()} == {
            id: Decimal(mine.units(id, name="on_hand")) for id in mine.ids()
        }
        assert any(mine.units(id) != mine.units(id, name="on_hand") for id in mine.ids())

    async def test_none_of_several_is_picked_silently(self, store, connect, gather) -> None:
        served = store()
        connector = connect(served, location="")
        with pytest.raises(Rejected, match="2 inventory locations") as caught:
            await gather(connector)
        assert f"Main warehouse ({MAIN}); Shop floor ({FLOOR})" in str(caught.value)
        assert "Old warehouse" not in str(caught.value), "one that was closed cannot be chosen"
        report = await connector.check()
        (item,) = [one for one in report.items if one.name == "Inventory location"]
        assert not item.ok
        assert "set shop --set location=ID" in item.message
        assert await connector.choices("locations") == [
            f"Main warehouse ({MAIN})",
            f"Shop floor ({FLOOR})",
            "none",
        ]

    async def test_the_only_one_needs_no_choice(self, store, connect, gather, goods) -> None:
        served = store()
        for id in (FLOOR,):
            served.state.put("locations", id, {**served.state.tables["locations"][id], "isActive": False})
        found = {one.id: one for one in await gather(connect(served, location=""))}
        mine = goods(served)
        assert {id: found[id].quantity for id in mine.ids()} == {id: Decimal(mine.units(id)) for id in mine.ids()}

    @pytest.mark.parametrize("told", ["Moon base", "424242", "Old warehouse"])
    async def test_one_that_is_not_there_any_more_stops_the_read(self, store, connect, gather, told) -> None:
        with pytest.raises(Rejected, match="no active inventory locations are called"):
            await gather(connect(store(), location=told))

    async def test_estimates_tell_a_page_from_a_single_update(self, store, connect, gather) -> None:
        """A page of variants costs the store many times the points of an update: one rate for both would be hours off."""
        connector = connect(store())
        await gather(connector)
        able = connector.capabilities
        points = 60 * 100 / able.rate_per_minute
        assert points > 100
        assert able.record_share * points == pytest.approx(UPDATE_VARIANTS.cost)

    async def test_without_quantities_prices_are_read_all_the_same(self, store, connect, gather, goods) -> None:
        served = store()
        connector = connect(served, location="none")
        assert Field.QUANTITY not in connector.capabilities.reads_fields | connector.capabilities.writes_fields
        found = await gather(connector)
        assert {one.quantity for one in found} == {None}
        assert goods(served).asked("locations") == []


class TestPoints:
    async def test_the_budget_shown_is_the_stores_own(self, store, connect, gather) -> None:
        served = store(points=10.0, rate=1)
        connector = connect(served)
        assert connector.budget().limit is None
        await gather(connector, Kind.CUSTOMERS)
        told, bucket = connector.budget(), served.app.bucket
        assert (told.limit, told.window, told.unit) == (bucket.maximum, 20.0, "points")
        assert abs((bucket.maximum - bucket.available) - told.used) <= 2
        assert told.used > 0

    async def test_a_throttled_request_waits_for_its_points_and_is_sent_again(self, store, connect, gather) -> None:
        served = store(points=20_000.0, rate=1)
        connector = connect(served)
        await connector.check()
        assert served.app.bucket.take(served.app.bucket.available - 1)
        served.app.log.clear()
        found = await gather(connector)
        assert len(found) > len(served.state.tables["variants"])
        assert connector.budget().throttled >= 1
        lists = [entry for entry in served.requests if entry.path == "/productVariants"]
        assert len(lists) >= 2, "refused once, then carried out"

    async def test_who_never_gets_its_points_says_so(self, store, connect) -> None:
        served = store(points=1000.0, rate=1)
        connector = connect(served)
        served.app.bucket.take = lambda _points: False
        try:
            with pytest.raises(RateLimited, match="uses up the app's points") as caught:
                await connector.choices("locations")
        finally:
            del served.app.bucket.take
        assert caught.value.code == "THROTTLED"

    async def test_a_page_that_costs_too_much_is_made_smaller(self, store, connect, gather, goods, monkeypatch) -> None:
        monkeypatch.setattr(sandbox, "HIGHEST", 200.0)
        served = store()
        found = await gather(connect(served))
        assert {one.id for one in found if not one.id.startswith("product-")} == served.state.tables["variants"].keys()
        sizes = [one["first"] for one in goods(served).asked("productVariants")]
        assert sizes[:4] == [100, 50, 25, 25]


class TestOrders:
    async def test_sales_with_all_their_lines(self, store, connect) -> None:
        served = store()
        orders = [one async for page in connect(served).read_orders(LONG_AGO) for one in page]
        rows = served.state.tables["orders"]
        assert {one.id for one in orders} == rows.keys()
        for one in orders:
            row = rows[one.id]
            assert one.number == row["name"].removeprefix("#")
            assert one.at == datetime.fromisoformat(row["createdAt"])
            assert one.customer_id == row["customer"]
            assert one.customer.email == served.state.tables["customers"][row["customer"]]["email"]
            assert [(line.product_id, line.quantity) for line in one.lines] == [
                (line["variant"], Decimal(line["currentQuantity"])) for line in row["lines"]
            ]

    async def test_numbers_are_as_shopify_shows_them_where_accounting_has_them_so(self, store, connect) -> None:
        orders = [one async for page in connect(store(), order_number="name").read_orders(LONG_AGO) for one in page]
        assert orders
        assert all(one.number.startswith("#") for one in orders)

    async def test_what_was_cancelled_is_a_test_or_void_is_no_sale(self, store, connect) -> None:
        served = store()
        table = served.state.tables["orders"]
        one, two, three, four = list(table)[:4]
        served.state.put("orders", one, {**table[one], "cancelledAt": "2026-09-02T00:00:00Z"})
        served.state.put("orders", two, {**table[two], "test": True})
        served.state.put("orders", three, {**table[three], "displayFinancialStatus": "VOIDED"})
        found = {one.id async for page in connect(served).read_orders(LONG_AGO) for one in page}
        assert found == table.keys() - {one, two, three}
        only = {o.id async for page in connect(served, order_statuses="authorized").read_orders(LONG_AGO) for o in page}
        assert only == {id for id in found if table[id]["displayFinancialStatus"] == "AUTHORIZED"}
        assert four in found

    async def test_the_lines_of_a_large_order_are_all_read(self, store, connect, goods) -> None:
        served = store()
        ids = goods(served).ids()[:47]
        lines = [order_line(9_000 + at, id, "", "x", at + 1) for at, id in enumerate(ids)]
        customer = next(iter(served.state.tables["customers"]))
        served.state.put("orders", "990001", order_row(990_001, "processing", "2026-09-03T00:00:00Z", customer, lines))
        orders = [one async for page in connect(served).read_orders(LONG_AGO) for one in page]
        (large,) = [one for one in orders if one.id == "990001"]
        assert [line.product_id for line in large.lines] == ids

    async def test_units_that_were_refunded_do_not_count(self, store, connect) -> None:
        served = store()
        id, row = next(iter(served.state.tables["orders"].items()))
        lines = [{**row["lines"][0], "currentQuantity": 0}, *row["lines"][1:]]
        served.state.put("orders", id, {**row, "lines": lines})
        orders = {one.id: one async for page in connect(served).read_orders(LONG_AGO) for one in page}
        assert orders[id].lines[0].quantity == 0

    async def test_an_app_that_may_not_see_customers_reads_orders_without_buyers(self, store, connect) -> None:
        served = store()
        served.app.permissions.discard("read_customers")
        orders = [one async for page in connect(served).read_orders(LONG_AGO) for one in page]
        assert len(orders) == len(served.state.tables["orders"])
        assert {one.customer for one in orders} == {None}

    async def test_only_orders_since_then(self, store, connect, goods) -> None:
        served = store()
        since = datetime.now(UTC) - timedelta(minutes=1)
        sold = served.app.events.sell([{"variant": goods(served).ids()[0], "quantity": 2}])
        orders = [one async for page in connect(served).read_orders(since) for one in page]
        assert [one.id for one in orders] == [sold["id"]]

    async def test_what_changed_counts_or_does_not_any_more(self, store, connect) -> None:
        served = store()
        now = datetime.now(UTC)
        stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        table = served.state.tables["orders"]
        one, two = list(table)[:2]
        served.state.put("orders", one, {**table[one], "updatedAt": stamp})
        served.state.put("orders", two, {**table[two], "updatedAt": stamp, "cancelledAt": stamp})
        pages = [page async for page in connect(served).read_order_changes(now - timedelta(minutes=1))]
        assert [order.id for page in pages for order in page.orders] == [one]
        assert [id for page in pages for id in page.gone] == [two]


class TestChanges:
    async def test_a_sale_an_edit_and_nothing_else(self, store, connect, goods) -> None:
        served = store()
        connector, mine = connect(served), goods(served)
        since = datetime.now(UTC)
        assert [one async for page in connector.read_changes(Kind.PRODUCTS, since) for one in page.records] == []
        plain, choice = mine.ids(choices=False)[0], mine.ids(choices=True)[0]
        served.app.events.sell([{"variant": plain, "quantity": 2}])
        served.app.events.meanwhile(method="GET", path="/products", edit={choice: {"cost": "7.77"}})
        changed = [one async for page in connector.read_changes(Kind.PRODUCTS, since) for one in page.records]
        sisters = {id for id in mine.ids() if mine.row(id)["product"] == mine.row(choice)["product"]}
        assert {one.id for one in changed} == {plain, *sisters, f"product-{mine.row(choice)['product']}"}
        assert len({one.id for one in changed}) == len(changed)
        found = {one.id: one for one in changed}
        assert found[plain].quantity == Decimal(mine.units(plain))
        assert found[choice].costs[0].amount == Decimal("7.77")

    async def test_customers_that_changed(self, store, connect, gather) -> None:
        served = store()
        connector = connect(served)
        assert {one.id for one in await gather(connector, Kind.CUSTOMERS)} == served.state.tables["customers"].keys()
        id, row = next(iter(served.state.tables["customers"].items()))
        now = datetime.now(UTC)
        served.state.put("customers", id, {**row, "updatedAt": now.strftime("%Y-%m-%dT%H:%M:%SZ")})
        pages = [page async for page in connector.read_changes(Kind.CUSTOMERS, now)]
        assert [one.id for page in pages for one in page.records] == [id]
        (one,) = (await connector.read_some(Kind.CUSTOMERS, [id, "424242"])).values()
        assert (one.first_name, one.email) == (row["firstName"], row["email"])

    async def test_a_kind_that_a_store_has_not_is_refused(self, store, connect, gather) -> None:
        with pytest.raises(UsageError, match="no list of fees"):
            await gather(connect(store()), Kind.FEES)


NEEDED = {
    "read_products": lambda c, gather, _: gather(c),
    "read_inventory": lambda c, gather, _: gather(c),
    "read_locations": lambda c, gather, _: gather(c),
    "read_customers": lambda c, gather, _: gather(c, Kind.CUSTOMERS),
    "read_orders": lambda c, *_: _first(c.read_orders(LONG_AGO)),
    "write_products": lambda c, _, mine: c.write([mine.write(mine.ids()[0], price="9.99")]),
    "write_inventory": lambda c, _, mine: c.write([mine.write(mine.ids()[0], quantity="999")]),
}


async def _first(pages):
    return [page async for page in pages]


class TestAccess:
    @pytest.mark.parametrize("scope", sorted(NEEDED))
    async def test_a_missing_scope_is_named_where_it_is_needed_and_by_the_test(
        self, store, connect, gather, goods, scope
    ) -> None:
        served = store()
        assert served.app.all_permissions == NEEDED.keys()
        assert (await connect(served).check()).ok
        served.app.permissions.discard(scope)
        before = {name: dict(table) for name, table in served.state.tables.items()}
        with pytest.raises(PermissionMissing) as caught:
            await NEEDED[scope](connect(served), gather, goods(served))
        assert caught.value.permission == scope
        assert caught.value.request_id
        report = await connect(served).check()
        named = [item for item in report.items if not item.ok and f'"{scope}"' in item.message]
        assert named
        assert report.ok is (scope == "read_customers")
        assert {name: dict(table) for name, table in served.state.tables.items()} == before

    async def test_the_test_changes_nothing_and_names_the_store(self, store, connect) -> None:
        served = store()
        before = {name: dict(table) for name, table in served.state.tables.items()}
        report = await connect(served).check()
        assert report.ok
        assert report.account == "Sandbox store (sandbox.myshopify.com), USD"
        assert {name: dict(table) for name, table in served.state.tables.items()} == before

    async def test_another_api_version_than_the_one_asked_for_is_told(self, store, connect, monkeypatch) -> None:
        monkeypatch.setattr("connectors.shopify.check.VERSION", "2025-10")
        report = await connect(store()).check()
        assert report.ok
        assert not report.items[0].ok
        assert "answered as API version 2026-07" in report.items[0].message

    async def test_a_wrong_token_is_told_and_never_shown(self, store, connect, gather) -> None:
        wrong = "shpat_" + "0" * 32
        with pytest.raises(AuthenticationError) as caught:
            await gather(connect(store(), access_token=wrong))
        assert caught.value.status == 401
        assert "Invalid API key or access token" in str(caught.value)
        assert wrong not in str(caught.value)
        (item,) = (await connect(store(), access_token=wrong).check()).items
        assert not item.ok

    async def test_an_apps_credentials_open_the_store_until_its_token_ends(self, store, connect, gather) -> None:
        served = store()
        app = served.app.apps
        connector = connect(
            served, client_id=app.client_id, client_secret="ref:access_token", access_token=app.client_secret
        )
        assert await gather(connector, Kind.CUSTOMERS)
        app.forget()
        assert await gather(connector, Kind.CUSTOMERS)
