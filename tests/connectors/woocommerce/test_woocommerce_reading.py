"""Reading a store: products, variations and parents, drift while paging, what changed, orders, customers, rights."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from connectors.sandbox.wire import Reply
from connectors.woocommerce import CONNECTOR
from connectors.woocommerce.settings import settings_of
from engine.errors import AuthenticationError, ConnectorError, IncompleteRead, PermissionMissing, UsageError
from engine.model import Field, Kind
from engine.ports import ConnectionContext, Result

AGES_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def lists(served, path: str) -> list[str]:
    return [entry.query for entry in served.requests if entry.path == path and "include" not in entry.query]


class TestCatalogue:
    @pytest.mark.parametrize("all_variations", [True, False])
    @pytest.mark.parametrize("size", ["100", "7", "2"])
    async def test_every_product_and_variation_is_read_once(self, store, connect, gather, size, all_variations) -> None:
        served = store(all_variations=all_variations)
        found = await gather(connect(served, page_size=size))
        expected = [*served.state.tables["products"], *served.state.tables["variations"]]
        assert sorted(one.id for one in found) == sorted(expected)

    async def test_a_product_is_what_the_store_says(self, store, connect, gather) -> None:
        served = store()
        by_id = {one.id: one for one in await gather(connect(served))}
        for id, row in served.state.tables["products"].items():
            one = by_id[id]
            assert (one.name, one.active, one.parent_id) == (row["name"], row["status"] == "publish", "")
            assert one.is_base is (row["type"] in {"variable", "grouped"})
            assert one.version == row["date_modified_gmt"]
            assert [sku.value for sku in one.skus] == ([row["sku"]] if row["sku"] else [])
        for id, row in served.state.tables["variations"].items():
            one, parent = by_id[id], served.state.get("products", str(row["parent_id"]))
            assert one.parent_id == str(row["parent_id"])
            assert one.name == f"{parent['name']} - {row['name']}"
            assert one.prices[0].amount == Decimal(row["regular_price"])
            assert one.costs[0].amount == Decimal(str(row["cogs"]))
            assert one.quantity == row["stock_quantity"]
            assert one.active is (parent["status"] == "publish")
            assert not one.is_base

    async def test_a_sale_price_is_shown_and_is_not_the_price(self, store, connect, gather) -> None:
        served = store()
        on_sale = next(row for row in served.state.rows("products") if row["on_sale"])
        one = (await connect(served).read_some(Kind.PRODUCTS, [str(on_sale["id"])]))[str(on_sale["id"])]
        assert [(price.type, price.amount, price.currency) for price in one.prices] == [
            ("recurring", Decimal(on_sale["regular_price"]), "USD"),
            ("sale", Decimal(on_sale["sale_price"]), "USD"),
        ]

    async def test_a_variation_without_its_own_sku_or_stock_takes_nothing_from_its_parent(
        self, store, connect, row_of
    ) -> None:
        served = store()
        row = row_of(served, "variation")
        parent = served.state.get("products", str(row["parent_id"]))
        served.state.put(
            "products", str(parent["id"]), {**parent, "sku": "P-1", "manage_stock": True, "stock_quantity": 5}
        )
        served.state.put("variations", str(row["id"]), {**row, "sku": "", "manage_stock": False})
        async with httpx.AsyncClient(auth=tuple(served.credentials.values()), trust_env=False) as client:
            shown = (await client.get(f"{served.url}/products/{parent['id']}/variations/{row['id']}")).json()
        assert (shown["sku"], shown["manage_stock"], shown["stock_quantity"]) == ("P-1", "parent", 5)
        one = (await connect(served).read_some(Kind.PRODUCTS, [str(row["id"])]))[str(row["id"])]
        assert (one.skus, one.quantity) == ((), None)

    async def test_a_price_that_is_no_amount_is_that_products_own_trouble(
        self, store, connect, gather, write_of, row_of, posts
    ) -> None:
        """Imports and plugins write prices past WooCommerce, which tells them as they are."""
        served = store()
        row, other = row_of(served), row_of(served, nth=1)
        served.state.put("products", str(row["id"]), {**row, "regular_price": "12,50", "sale_price": "none"})
        connector = connect(served)
        found = {one.id: one for one in await gather(connector)}
        assert found[str(row["id"])].prices == ()
        assert "'12,50' is no amount; correct it in WooCommerce" in found[str(row["id"])].notes
        assert found[str(other["id"])].prices
        writes = [write_of({**row, "regular_price": ""}, "k1", price="9"), write_of(other, "k2", price="9.5")]
        refused, written = await connector.write(writes)
        assert (refused.result, written.result) == (Result.REJECTED, Result.APPLIED)
        assert "'12,50'" in refused.message
        assert served.state.get("products", str(row["id"]))["regular_price"] == "12,50"

    async def test_without_the_feature_there_are_no_costs(self, store, connect, gather) -> None:
        connector = connect(store(cogs=False))
        assert all(one.costs == () for one in await gather(connector))
        assert Field.COST not in connector.capabilities.writes_fields | connector.capabilities.reads_fields

    async def test_costs_are_offered_once_the_store_said_so(self, store, connect, gather) -> None:
        served = store()
        asking, told, never = connect(served), connect(served, cost="core"), connect(served, cost="none")
        assert Field.COST not in asking.capabilities.writes_fields
        assert Field.COST in told.capabilities.writes_fields
        assert any(one.costs for one in await gather(asking))
        assert Field.COST in asking.capabilities.writes_fields
        assert not any(one.costs for one in await gather(never))

    @pytest.mark.parametrize("all_variations", [True, False])
    async def test_some_by_id_in_any_mixture(self, store, connect, gather, all_variations) -> None:
        served = store(all_variations=all_variations)
        everything = {one.id: one for one in await gather(connect(served))}
        ids = list(everything)[::3]
        found = await connect(served).read_some(Kind.PRODUCTS, [*ids, "99999"])  # a connector that has read nothing yet
        assert list(found) == ids
        assert found == {id: everything[id] for id in ids}

    async def test_the_trash_is_inactive_and_not_listed(self, store, connect, gather, row_of) -> None:
        served = store()
        row = row_of(served)
        served.state.put("products", str(row["id"]), {**row, "status": "trash"})
        connector = connect(served)
        assert str(row["id"]) not in {one.id for one in await gather(connector)}
        assert not (await connector.read_some(Kind.PRODUCTS, [str(row["id"])]))[str(row["id"])].active


class TestDrift:
    @pytest.mark.parametrize(
        "event", [{"insert": 1}, {"delete": 1}, {"insert": 1, "delete": 1}, {"insert": 2, "delete": 1}]
    )
    async def test_a_list_that_moves_once_is_read_again(self, store, connect, gather, event) -> None:
        served = store()
        last = list(served.state.tables["products"])[-1]
        deleted = [last] if "delete" in event else []
        served.app.meanwhile(method="GET", path="/products", skip=1, insert=event.get("insert", 0), delete=deleted)
        found = await gather(connect(served, page_size="10"))
        assert {one.id for one in found} >= set(served.state.tables["products"])
        assert len({one.id for one in found}) == len(found)

    async def test_a_record_that_was_read_and_is_gone_makes_the_read_incomplete(self, store, connect, gather) -> None:
        served = store()
        first = next(iter(served.state.tables["products"]))
        served.app.meanwhile(method="GET", path="/products", skip=2, delete=[first], insert=1)
        with pytest.raises(IncompleteRead, match="disappeared while reading"):
            await gather(connect(served, page_size="10"))

    async def test_a_list_that_keeps_moving_is_incomplete(self, store, connect, gather) -> None:
        served = store()
        for skip in (1, 2, 3):
            served.app.meanwhile(method="GET", path="/products", skip=skip, insert=1)
        with pytest.raises(IncompleteRead, match="changed again"):
            await gather(connect(served, page_size="10"))

    @pytest.mark.parametrize("fault", ["short_page", "repeat_page"])
    async def test_a_hole_in_a_list_is_never_a_shorter_catalogue(self, store, connect, gather, fault) -> None:
        served = store()
        served.app.faults.add(fault, path="/products", skip=1, times=0)
        with pytest.raises(IncompleteRead):
            await gather(connect(served, page_size="10"))

    async def test_a_short_last_page_is_incomplete(self, store, connect, gather) -> None:
        served = store()
        served.app.faults.add("short_page", path="/customers", times=0)
        with pytest.raises(IncompleteRead):
            await gather(connect(served), Kind.CUSTOMERS)

    async def test_a_variation_the_one_list_leaves_out_is_looked_for_at_its_parent(
        self, store, connect, gather, row_of
    ) -> None:
        served = store()
        row = row_of(served, "variation")
        served.app.meanwhile(method="GET", path="/variations", edit={str(row["id"]): {"status": "trash"}})
        served.app.meanwhile(
            method="GET", path=f"/products/{row['parent_id']}/variations", edit={str(row["id"]): {"status": "publish"}}
        )
        assert str(row["id"]) in {one.id for one in await gather(connect(served))}


class TestChanges:
    async def collect(self, connector, since) -> tuple[dict, set]:
        records, gone = {}, set()
        async for page in connector.read_changes(Kind.PRODUCTS, since):
            assert not records.keys() & {one.id for one in page.records}
            records.update((one.id, one) for one in page.records)
            gone.update(page.gone)
        return records, gone

    @pytest.mark.parametrize("all_variations", [True, False])
    async def test_only_what_changed(self, store, connect, row_of, all_variations) -> None:
        served = store(all_variations=all_variations)
        simple, variation, trashed = row_of(served), row_of(served, "variation"), row_of(served, nth=1)
        for row, change in (
            (simple, {"regular_price": "7"}),
            (variation, {"stock_quantity": 3}),
            (trashed, {"status": "trash"}),
        ):
            served.app.meanwhile(edit={str(row["id"]): change})
        connector = connect(served)
        await connector.check()
        records, gone = await self.collect(connector, datetime.now(UTC))
        assert set(records) == {str(simple["id"]), str(variation["id"])}
        assert gone == {str(trashed["id"])}
        assert records[str(simple["id"])].prices[0].amount == 7
        assert records[str(variation["id"])].quantity == 3

    async def test_a_renamed_parent_brings_its_variations(self, store, connect, row_of) -> None:
        served = store()
        parent = row_of(served, "variable")
        served.app.meanwhile(edit={str(parent["id"]): {"name": "Renamed"}})
        records, _ = await self.collect(connect(served), datetime.now(UTC))
        assert set(records) == {str(parent["id"]), *map(str, parent["variations"])}
        assert all(one.name.startswith("Renamed") for one in records.values())

    async def test_a_sale_counts_as_a_change(self, store, connect, row_of) -> None:
        served = store()
        row = row_of(served)
        served.app.sell([{"product_id": row["id"], "quantity": 1}])
        records, _ = await self.collect(connect(served), datetime.now(UTC))
        assert records[str(row["id"])].quantity == row["stock_quantity"] - 1

    async def test_all_of_time_is_the_full_read(self, store, connect, gather) -> None:
        connector = connect(store())
        records, _ = await self.collect(connector, AGES_AGO)
        assert records == {one.id: one for one in await gather(connector)}

    async def test_an_old_store_and_customers_cannot_say(self, store, connect) -> None:
        with pytest.raises(IncompleteRead, match="read all"):
            await self.collect(connect(store(incremental=False)), AGES_AGO)
        with pytest.raises(IncompleteRead, match="read all"):
            [page async for page in connect(store()).read_changes(Kind.CUSTOMERS, AGES_AGO)]


class TestOrdersAndCustomers:
    @pytest.mark.parametrize("incremental", [True, False])
    async def test_orders_that_count_since_a_moment(self, store, connect, shop_world, incremental) -> None:
        served = store(incremental=incremental)
        middle = shop_world.orders[len(shop_world.orders) // 2].at
        found = [order async for page in connect(served, page_size="3").read_orders(middle) for order in page]
        expected = [order for order in shop_world.orders if order.at >= middle.replace(microsecond=0)]
        assert [order.number for order in found] == [order.number for order in expected]
        for order, truth in zip(found, expected, strict=True):
            assert [(line.product_id, line.quantity, line.sku) for line in order.lines] == [
                (str(line.variant), line.quantity, line.sku) for line in truth.lines
            ]

    async def test_the_statuses_that_count_are_a_setting(self, store, connect) -> None:
        served = store()
        found = [one async for page in connect(served, order_statuses="on-hold").read_orders(AGES_AGO) for one in page]
        assert {one.status for one in found} <= {"on-hold"}
        cancelled = served.app.sell([{"product_id": 100_000, "quantity": 1}], status="cancelled")
        found = [one async for page in connect(served).read_orders(AGES_AGO) for one in page]
        assert cancelled["number"] not in {one.number for one in found}

    async def test_units_that_were_refunded_and_put_back_are_not_sold(self, store, connect) -> None:
        served = store()
        lines = [{"product_id": 100_000, "quantity": 3}, {"product_id": 100_010, "quantity": 2}]
        order = served.app.sell(lines)
        stock = served.state.get("products", "100000")["stock_quantity"]
        connector, key = connect(served), (served.credentials["consumer_key"], served.credentials["consumer_secret"])

        async def left() -> list[int]:
            found = [one async for page in connector.read_orders(AGES_AGO) for one in page]
            return [int(line.quantity) for one in found if one.number == order["number"] for line in one.lines]

        def refund(line: int, units: int, **more: bool) -> None:
            body = {"line_items": [{"id": order["line_items"][line]["id"], "quantity": units}], **more}
            url = f"{served.options['base_url']}/orders/{order['id']}/refunds"
            httpx.post(url, json=body, auth=key, trust_env=False).raise_for_status()

        assert await left() == [3, 2]
        refund(0, 1)
        assert await left() == [2, 2]
        assert served.state.get("products", "100000")["stock_quantity"] == stock + 1
        refund(1, 1, api_restock=False)
        assert await left() == [2, 2], "thrown away: it is out of the stock, and accounting does not know it yet"
        refund(0, 2)
        assert await left() == [0, 2]

    async def test_customers_of_every_role(self, store, connect, gather) -> None:
        served = store()
        row = served.state.get("customers", "1")
        served.state.put(
            "customers", "1", {**row, "role": "wholesale", "first_name": "", "last_name": "", "billing": {}}
        )
        connector = connect(served, page_size="4")
        found = {one.id: one for one in await gather(connector, Kind.CUSTOMERS)}
        assert len(found) == len(served.state.tables["customers"])
        assert found["1"].name == row["email"]
        second = served.state.get("customers", "2")
        assert found["2"].name == f"{second['first_name']} {second['last_name']}"
        assert found["2"].city == second["billing"]["city"]
        assert await connector.read_some(Kind.CUSTOMERS, ["2", "777"]) == {"2": found["2"]}


class TestRights:
    async def test_a_good_key_passes_everything(self, store, connect, posts) -> None:
        served = store()
        before = dict(served.state.tables["products"])
        report = await connect(served, currency="usd").check()
        assert report.ok
        assert all(item.ok for item in report.items)
        assert served.state.tables["products"] == before

    async def test_a_read_only_key_lacks_a_named_permission(self, store, connect) -> None:
        served = store()
        served.app.permissions.discard("write")
        report = await connect(served).check()
        assert [item.name for item in report.items if not item.ok] == ["Write products"]
        assert "Read/Write" in next(item.message for item in report.items if not item.ok)

    async def test_a_write_only_key_cannot_read(self, store, connect, gather) -> None:
        served = store()
        served.app.permissions.discard("read")
        with pytest.raises(PermissionMissing, match="Read"):
            await gather(connect(served))

    async def test_a_wrong_secret_is_told(self, store, connect, gather) -> None:
        with pytest.raises(AuthenticationError, match="wrong or revoked") as caught:
            await gather(connect(store(), consumer_secret="cs_wrong_and_secret"))
        assert "cs_wrong_and_secret" not in str(caught.value)
        assert "Authorization header" not in str(caught.value)

    async def test_a_key_that_wordpress_never_sees_is_told_apart_from_a_wrong_one(self, store, connect) -> None:
        report = await connect(store(told_https=False)).check()
        (said,) = [item.message for item in report.items if not item.ok]
        assert "removes the Authorization header" in said
        assert "X-Forwarded-Proto" in said
        assert "wrong" not in said

    async def test_a_site_that_answers_nobody_without_a_key_is_asked_with_it(self, store, connect, gather) -> None:
        served = store(guarded=True)
        assert (await connect(served).check()).ok
        assert len(await gather(connect(served))) > len(served.state.tables["products"])

    async def test_order_statuses_that_a_plugin_added_are_told(self, store, connect) -> None:
        served = store(statuses=("shipped", "packed"))

        async def line(**options: str):
            report = await connect(served, **options).check()
            return next(item for item in report.items if item.name == "Order statuses")

        told = await line()
        assert (told.ok, told.message.partition(": ")[2]) == (True, "packed, shipped")
        assert (await line(order_statuses="processing,wc-shipped,packed")).message == ""
        wrong = await line(order_statuses="processing,complete")
        assert not wrong.ok
        assert "no order status complete" in wrong.message
        order = served.app.sell([{"product_id": 100_000, "quantity": 2}], status="shipped")
        connector = connect(served, order_statuses="wc-shipped")
        found = [one async for page in connector.read_orders(AGES_AGO) for one in page]
        assert [one.number for one in found] == [order["number"]]

    async def test_another_currency_fails_the_test_of_the_connection(self, store, connect) -> None:
        report = await connect(store(), currency="EUR").check()
        assert not report.ok
        assert "the store sells in USD" in report.items[-1].message

    @pytest.mark.parametrize("size", ["1", "101", "x", "2.5"])
    def test_bad_options(self, size) -> None:
        secret = {"consumer_key": "r", "consumer_secret": "r"}
        with pytest.raises(UsageError, match="page_size"):
            CONNECTOR.open(
                ConnectionContext("shop", {"base_url": "https://x.example", "page_size": size, **secret}, str)
            )

    def test_a_slow_host_is_given_time(self) -> None:
        secret = {"base_url": "https://x.example", "consumer_key": "r", "consumer_secret": "r"}
        assert settings_of(ConnectionContext("shop", secret, str)).where.timeout == 90
        assert settings_of(ConnectionContext("shop", {**secret, "timeout_seconds": "5"}, str)).where.timeout == 5
        assert {one.name: one.default for one in CONNECTOR.options}["timeout_seconds"] == "90"

    def test_basic_authentication_never_leaves_the_machine_unencrypted(self) -> None:
        options = {"base_url": "http://shop.example", "consumer_key": "r", "consumer_secret": "r"}
        with pytest.raises(UsageError, match="must be https: secrets would travel unencrypted"):
            CONNECTOR.open(ConnectionContext("shop", options, str))

    @pytest.mark.parametrize("tail", ["", "/", "/wp-json", "/wp-json/wc/v3", "/wp-json/wc/v3/"])
    async def test_the_api_is_found_from_the_stores_address(self, store, connect, tail) -> None:
        served = store()
        assert (await connect(served, base_url=served.origin + tail).check()).ok

    async def test_what_is_no_woocommerce_is_said(self, store, connect) -> None:
        served = store()
        served.app.faults.add("html", path="", times=0)
        report = await connect(served).check()
        assert not report.ok
        assert "Permalinks" in report.items[0].message

    async def test_the_maintenance_page(self, store, connect, gather) -> None:
        served = store()
        served.app.maintenance = True
        with pytest.raises(ConnectorError, match="503"):
            await gather(connect(served))

    async def test_a_503_that_names_a_moment_is_waited_for(self, store, connect, gather, monkeypatch) -> None:
        served = store()
        unavailable = Reply(503, b"<html></html>", (("content-type", "text/html"), ("retry-after", "1")))
        monkeypatch.setattr(served.app, "failure", lambda call, status: unavailable)
        served.app.faults.add("error", path="/products")
        connector = connect(served)
        assert await gather(connector)
        assert connector.budget().throttled == 1

    async def test_recent_orders_only(self, store, connect) -> None:
        served = store()
        order = served.app.sell([{"product_id": 100_000, "quantity": 2}])
        since = datetime.now(UTC) - timedelta(minutes=5)
        found = [one async for page in connect(served).read_orders(since) for one in page]
        assert [one.number for one in found] == [order["number"]]
