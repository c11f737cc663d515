"""Writing to a store without compare-and-set: one true outcome per field, names untouched, no sale lost unseen."""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connectors.woocommerce.merge import merge
from connectors.woocommerce.records import Parent
from engine.errors import ConnectorError, PermissionMissing, Unreachable
from engine.model import Field, Kind, Sku
from engine.ports import Draft, FieldWrite, RecordWrite, Result

LOST = ["timeout_after", "reset_after", "cut_after", "error_after", "html_after", "timeout", "reset", "error", "html"]
SYNCED = {"regular_price", "price", "on_sale", "stock_quantity", "stock_status", "sku", "cogs", "cogs_overrides_parent"}
CLOCK = {"date_modified", "date_modified_gmt"}


def results(outcomes) -> dict[str, Result]:
    return {one.field.value: one.result for one in outcomes}


def stored(served, row: dict[str, Any]) -> dict[str, Any]:
    return served.state.get("variations" if row["type"] == "variation" else "products", str(row["id"]))


class TestFields:
    @pytest.mark.parametrize("type", ["simple", "variation"])
    @pytest.mark.parametrize("quantity", ["delta", "absolute"])
    async def test_all_four_fields_and_nothing_else(
        self, store, connect, row_of, write_of, type, quantity, posts
    ) -> None:
        served = store()
        row = row_of(served, type)
        write = write_of(row, price="123.45", cost="67.8", quantity="41", sku="NEW-1")
        outcomes = await connect(served, cost="core", quantity=quantity).write([write])
        assert results(outcomes) == dict.fromkeys(("price", "cost", "quantity", "sku"), Result.APPLIED)
        assert all(one.request_id for one in outcomes)
        now = stored(served, row)
        assert (now["regular_price"], now["cogs"], now["stock_quantity"], now["sku"]) == ("123.45", 67.8, 41, "NEW-1")
        assert {name for name in row if now[name] != row[name]} <= SYNCED | CLOCK
        (sent,) = [item for entry in posts(served) for item in entry.body["update"]]
        wanted = {"id", "regular_price", "sku", "cost_of_goods_sold"}
        assert set(sent) == wanted | {"inventory_delta" if quantity == "delta" else "stock_quantity"}

    async def test_no_name_or_description_ever_changes(self, store, connect, write_of, posts) -> None:
        served = store()
        tables = {name: dict(served.state.tables[name]) for name in ("products", "variations")}
        rows = [row for table in tables.values() for row in table.values() if row["type"] in {"simple", "variation"}]
        writes = [write_of(row, key=str(row["id"]), price="5555.5", quantity="9", sku=f"S{row['id']}") for row in rows]
        outcomes = await connect(served).write(writes)
        assert {one.result for one in outcomes} <= {Result.APPLIED, Result.UNCHANGED}
        for name, table in tables.items():
            for id, row in table.items():
                now = served.state.get(name, id)
                assert {column for column in row if now[column] != row[column]} <= SYNCED | CLOCK
        assert all(
            set(item) <= {"id", "regular_price", "sku", "inventory_delta"}
            for e in posts(served)
            for item in e.body["update"]
        )

    @pytest.mark.parametrize("above", ["0", "-1"])
    async def test_a_price_that_would_delete_the_sale_price_is_refused(
        self, store, connect, write_of, posts, above
    ) -> None:
        """WooCommerce deletes a sale price that is not below the regular price; no undo would bring it back."""
        served = store()
        row = next(row for row in served.state.rows("products") if row["on_sale"])
        price = str(Decimal(row["sale_price"]) + Decimal(above))
        (outcome,) = await connect(served).write([write_of(row, price=price)])
        assert outcome.result is Result.REJECTED
        assert "would delete its sale price" in outcome.message
        assert stored(served, row)["sale_price"] == row["sale_price"]
        assert posts(served) == []
        url = f"{served.options['base_url']}/products/{row['id']}"
        key = (served.credentials["consumer_key"], served.credentials["consumer_secret"])
        async with httpx.AsyncClient(auth=key, trust_env=False) as client:
            (await client.put(url, json={"regular_price": price})).raise_for_status()
        assert stored(served, row)["sale_price"] == "", "what the store does to who writes it all the same"

    async def test_a_sale_price_is_left_alone_and_told(self, store, connect, write_of) -> None:
        served = store()
        row = next(row for row in served.state.rows("products") if row["on_sale"])
        (outcome,) = await connect(served).write([write_of(row, price="1000")])
        assert outcome.result is Result.APPLIED
        assert "a sale price of" in outcome.message
        assert stored(served, row)["sale_price"] == row["sale_price"]

    async def test_equal_values_send_nothing(self, store, connect, row_of, write_of, posts) -> None:
        served = store()
        row = row_of(served)
        same = write_of(row, price=f"{row['regular_price']}00", quantity=str(row["stock_quantity"]), sku=row["sku"])
        assert set(results(await connect(served).write([same])).values()) == {Result.UNCHANGED}
        assert posts(served) == []

    async def test_a_moved_value_is_stale_and_the_rest_of_the_record_waits(
        self, store, connect, row_of, write_of, posts
    ) -> None:
        served = store()
        row = row_of(served)
        served.state.put("products", str(row["id"]), {**row, "regular_price": "77.00"})
        outcomes = await connect(served).write([write_of(row, price="9", quantity="3")])
        assert results(outcomes) == {"price": Result.STALE, "quantity": Result.NOT_SENT}
        assert outcomes[0].found == "77"
        assert posts(served) == []

    async def test_what_cannot_be_written_is_said_before_anything_is_sent(
        self, store, connect, row_of, write_of, posts
    ) -> None:
        served = store()
        row, base = row_of(served), row_of(served, "variable")
        plain = {**row_of(served, nth=1), "manage_stock": False, "stock_quantity": None}
        served.state.put("products", str(plain["id"]), plain)
        writes = [
            write_of(row, "half", quantity="2.5"),
            write_of(row, "negative", price="-1"),
            write_of(base, "base", price="1"),
            write_of(plain, "stock", quantity="4"),
            RecordWrite("gone", Kind.PRODUCTS, "99999", "Gone", (FieldWrite(Field.PRICE, "1", "2"),)),
            RecordWrite("kind", Kind.CUSTOMERS, "1", "Ada", (FieldWrite(Field.PRICE, "1", "2"),)),
        ]
        outcomes = await connect(served).write(writes)
        assert [(one.key, one.result) for one in outcomes] == [(write.key, Result.REJECTED) for write in writes]
        words = (
            "whole units",
            "negative",
            "parent of others",
            "manage stock",
            "not in WooCommerce any more",
            "only products",
        )
        assert all(word in one.message for word, one in zip(words, outcomes, strict=True))
        assert posts(served) == []

    def test_a_cost_that_adds_to_its_parents_becomes_one_number(self) -> None:
        goods = {
            "values": [{"defined_value": 2, "effective_value": 5}],
            "total_value": 5,
            "defined_value_overrides_parent": False,
        }
        row = {"id": 1, "type": "variation", "cost_of_goods_sold": goods}
        write = RecordWrite("k", Kind.PRODUCTS, "1", "x", (FieldWrite(Field.COST, "5", "6.1"),))
        merged = merge(row, write, Parent("2", "P", "", active=True), delta=True, cost=True)
        assert merged.body == {
            "cost_of_goods_sold": {
                "values": [{"defined_value": Decimal("6.1")}],
                "defined_value_overrides_parent": True,
            }
        }


class TestBatches:
    async def test_a_batch_is_few_requests_and_outcomes_keep_their_order(self, store, connect, write_of, posts) -> None:
        served = store()
        rows = [row for row in served.state.rows("products") if row["type"] == "simple"]
        rows += served.state.rows("variations")
        rows = rows[::2] + rows[1::2]
        outcomes = await connect(served).write([write_of(row, key=f"k{n}", price="8000") for n, row in enumerate(rows)])
        assert [one.key for one in outcomes] == [f"k{n}" for n in range(len(rows))]
        assert {one.result for one in outcomes} <= {Result.APPLIED, Result.UNCHANGED}
        parents = {row["parent_id"] for row in rows if row["parent_id"]}
        assert len(posts(served)) == 1 + len(parents)

    async def test_a_duplicate_sku_inside_a_200_is_that_records_own_refusal(
        self, store, connect, row_of, write_of
    ) -> None:
        served = store()
        row, other, third = row_of(served), row_of(served, "variation"), row_of(served, nth=2)
        outcomes = await connect(served).write(
            [write_of(row, "a", sku=other["sku"], price="3"), write_of(third, "b", price="4")]
        )
        assert [one.result for one in outcomes] == [Result.REJECTED, Result.REJECTED, Result.APPLIED]
        parent = served.state.get("products", str(other["parent_id"]))
        assert f'taken by "{parent["name"]} - {other["name"]}" ({other["id"]})' in outcomes[0].message
        assert outcomes[0].code == "product_invalid_sku"
        assert stored(served, row) == row
        assert stored(served, third)["regular_price"] == "4"

    @pytest.mark.parametrize("limit", [1, 3, 50])
    async def test_a_batch_too_large_for_the_store_is_split(self, store, connect, write_of, posts, limit) -> None:
        served = store(batch_limit=limit)
        rows = [row for row in served.state.rows("products") if row["type"] == "simple"][:12]
        outcomes = await connect(served).write([write_of(row, key=str(row["id"]), price="8500") for row in rows])
        assert {one.result for one in outcomes} == {Result.APPLIED}
        good = [entry for entry in posts(served) if entry.status == 200]
        assert sorted(item["id"] for entry in good for item in entry.body["update"]) == sorted(
            row["id"] for row in rows
        )

    async def test_an_answer_that_leaves_a_record_out_is_unknown(self, store, connect, row_of, write_of) -> None:
        served = store()
        served.app.faults.add("short_page", method="POST")
        outcomes = await connect(served).write([write_of(row_of(served, nth=n), f"k{n}", price="8") for n in range(3)])
        assert [one.result for one in outcomes] == [Result.APPLIED, Result.APPLIED, Result.UNKNOWN]

    async def test_two_writes_of_one_product_in_a_batch(self, store, connect, row_of, write_of) -> None:
        served = store()
        row = row_of(served)
        outcomes = await connect(served).write([write_of(row, "a", price="8"), write_of(row, "b", quantity="3")])
        assert [one.result for one in outcomes] == [Result.APPLIED, Result.NOT_SENT]


class TestRace:
    """Units are sold while we write. What must never happen: a sale is overwritten and the row says all is well."""

    @pytest.mark.parametrize("type", ["simple", "variation"])
    async def test_a_sale_after_the_plan_is_stale(self, store, connect, row_of, write_of, type) -> None:
        served = store()
        row = row_of(served, type)
        write = write_of(row, quantity="40")
        served.app.sell([{"product_id": row["id"], "quantity": 2}])
        (outcome,) = await connect(served).write([write])
        assert (outcome.result, outcome.found) == (Result.STALE, str(row["stock_quantity"] - 2))

    @pytest.mark.parametrize("type", ["simple", "variation"])
    async def test_a_sale_between_reading_and_writing_is_kept_and_seen(
        self, store, connect, row_of, write_of, type
    ) -> None:
        served = store()
        row = row_of(served, type)
        served.app.meanwhile(method="POST", path="*/batch", sell={str(row["id"]): 3})
        (outcome,) = await connect(served).write([write_of(row, quantity="40")])
        assert outcome.result is Result.UNVERIFIED
        assert "quantity 37 instead of 40" in outcome.message
        assert stored(served, row)["stock_quantity"] == 37

    async def test_a_store_that_ignores_differences_is_noticed(self, store, connect, row_of, write_of) -> None:
        served = store(takes_delta=False)
        row = row_of(served)
        (outcome,) = await connect(served).write([write_of(row, quantity="40")])
        assert outcome.result is Result.UNVERIFIED
        assert stored(served, row)["stock_quantity"] == row["stock_quantity"]
        (outcome,) = await connect(served, quantity="absolute").write([write_of(row, quantity="40")])
        assert outcome.result is Result.APPLIED

    async def test_a_200_that_stores_nothing_is_seen_by_reading_back(self, store, connect, row_of, write_of) -> None:
        served = store()
        row = row_of(served)
        served.app.faults.add("no_store", method="POST")
        connector = connect(served)
        assert results(await connector.write([write_of(row, price="9")])) == {"price": Result.APPLIED}
        fresh = (await connector.read_some(Kind.PRODUCTS, [str(row["id"])]))[str(row["id"])]
        assert fresh.prices[0].amount == Decimal(row["regular_price"])


class TestFaults:
    @pytest.mark.parametrize("fault", LOST)
    async def test_a_batch_without_an_answer_is_unknown_and_sent_once(
        self, store, connect, row_of, write_of, posts, fault
    ) -> None:
        served = store()
        served.app.faults.add(fault, method="POST", times=0)
        connector = connect(served, timeout_seconds="0.4")
        writes = [write_of(row_of(served, nth=n), f"k{n}", quantity="33") for n in range(2)]
        outcomes = await connector.write(writes)
        assert {one.result for one in outcomes} == {Result.UNKNOWN}
        assert all("It may have been carried out" in one.message for one in outcomes)
        assert len(posts(served)) == 1

    async def test_an_error_after_the_first_group_loses_nothing_that_is_known(
        self, store, connect, row_of, write_of
    ) -> None:
        served = store()
        simple, variation = row_of(served), row_of(served, "variation")
        served.app.faults.add("permission", method="POST", path="/products/*/variations/batch", permission="write")
        outcomes = await connect(served).write([write_of(variation, "v", price="2"), write_of(simple, "s", price="3")])
        assert [(one.key, one.result) for one in outcomes] == [("v", Result.NOT_SENT), ("s", Result.APPLIED)]

    async def test_what_certainly_was_not_sent_is_an_error(self, store, connect, row_of, write_of) -> None:
        served = store()
        write = write_of(row_of(served), price="9")
        served.app.permissions.discard("write")
        with pytest.raises(PermissionMissing, match="Read/Write"):
            await connect(served).write([write])
        served.app.reset()
        with pytest.raises(Unreachable):
            await connect(served, base_url="http://127.0.0.1:9").write([write])
        served.app.maintenance = True
        with pytest.raises(Unreachable, match="503"):
            await connect(served).write([write])

    async def test_a_429_is_waited_for_and_sent_again(self, store, connect, row_of, write_of, posts) -> None:
        served = store()
        served.app.faults.add("rate_limit", method="POST")
        connector = connect(served)
        assert results(await connector.write([write_of(row_of(served), price="9")])) == {"price": Result.APPLIED}
        assert [entry.status for entry in posts(served)] == [429, 200]
        assert connector.budget().throttled == 1

    @pytest.mark.parametrize("fault", [*LOST, "permission", "no_store"])
    @pytest.mark.parametrize("method", ["GET", "POST"])
    async def test_no_secret_is_logged_or_told(self, store, connect, row_of, write_of, caplog, fault, method) -> None:
        caplog.set_level(logging.DEBUG)
        served = store()
        served.app.faults.add(fault, method=method)
        try:
            connector = connect(served, timeout_seconds="0.3")
            told = repr(await connector.write([write_of(row_of(served), price="9")]))
        except ConnectorError as error:
            told = f"{error} {error!r} {vars(error)}"
        assert served.app.consumer_key not in told + caplog.text
        assert served.app.consumer_secret not in told + caplog.text


def draft(**more: Any) -> Draft:
    values = {"price": Decimal("10.10"), "cost": Decimal("7.5"), "sku": Sku("MPN-1"), "marker": "crosswalk:k9", **more}
    return Draft("k9", Kind.PRODUCTS, "m1", "Desk lamp", **values)


class TestCreating:
    async def test_a_simple_product_with_its_marker(self, store, connect, posts) -> None:
        served = store()
        connector = connect(served, cost="core")
        category = (await connector.choices("categories"))[0]
        outcome = await connector.create(draft(description="Bright", category=category, maintain_stock=True))
        assert outcome.result is Result.APPLIED
        row = served.state.get("products", outcome.id)
        assert (row["name"], row["type"], row["sku"], row["regular_price"]) == ("Desk lamp", "simple", "MPN-1", "10.1")
        assert (row["manage_stock"], row["cogs"], row["categories"][0]["name"]) == (True, 7.5, category)
        found = await connector.find_marker(Kind.PRODUCTS, "crosswalk:k9", "Desk lamp")
        assert [one.id for one in found] == [outcome.id]

    @pytest.mark.parametrize("fault", LOST)
    async def test_without_an_answer_it_is_unknown_never_doubled_and_settled_by_its_marker(
        self, store, connect, posts, fault
    ) -> None:
        served = store()
        connector = connect(served, timeout_seconds="0.4")
        served.app.faults.add(fault, method="POST", times=0)
        assert (await connector.create(draft())).result is Result.UNKNOWN
        served.app.faults.clear()
        found = await connector.find_marker(Kind.PRODUCTS, "crosswalk:k9", "Desk lamp")
        assert len(found) == (1 if fault.endswith("_after") else 0)
        assert len(posts(served)) == 1

    async def test_an_old_marker_is_found_by_name(self, store, connect) -> None:
        served = store()
        connector = connect(served)
        outcome = await connector.create(draft())
        for nth in range(110):
            row = served.state.get("products", outcome.id)
            served.state.put("products", str(900_000 + nth), {**row, "id": 900_000 + nth, "meta_data": [], "sku": ""})
        found = await connector.find_marker(Kind.PRODUCTS, "crosswalk:k9", "Desk lamp")
        assert [one.id for one in found] == [outcome.id]

    async def test_a_taken_sku_names_who_has_it(self, store, connect, row_of) -> None:
        served = store()
        other = row_of(served)
        outcome = await connect(served).create(draft(sku=Sku(other["sku"])))
        assert (outcome.result, outcome.code) == (Result.REJECTED, "product_invalid_sku")
        assert f'is taken by "{other["name"]}"' in outcome.message

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            (draft(currency="EUR"), "the store sells in USD"),
            (draft(category="Nowhere"), 'no category "Nowhere"'),
            (Draft("k", Kind.PRODUCTS, "1", " "), "a name is required"),
            (Draft("k", Kind.CUSTOMERS, "1", "x"), "only products"),
        ],
    )
    async def test_a_wrong_draft_is_refused_before_anything_is_sent(self, store, connect, posts, wrong, words) -> None:
        served = store()
        outcome = await connect(served).create(wrong)
        assert outcome.result is Result.REJECTED
        assert words in outcome.message
        assert posts(served) == []

    async def test_external_ids_have_no_place(self, store, connect) -> None:
        assert (await connect(store()).set_external_id(Kind.PRODUCTS, "1", "2")).result is Result.REJECTED
