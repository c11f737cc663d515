"""Writing to a store: one true outcome per field, quantities compared and set by the store, names untouched."""

from __future__ import annotations

import pytest
import stamina

from connectors.sandbox.shopify_seed import BUNDLE, FLOOR, GIFT
from engine.errors import ConnectorError, PermissionMissing
from engine.model import Field, Kind
from engine.ports import Draft, FieldWrite, RecordWrite, Result

SETS, UPDATES = "/inventorySetQuantities", "/productVariantsBulkUpdate"
LOST_AFTER = ["timeout_after", "reset_after", "cut_after", "error_after", "html_after"]
LOST_BEFORE = ["timeout", "reset", "error", "html"]
QUICK = {"timeout_seconds": "0.5"}


def results(outcomes) -> dict[str, Result]:
    return {one.field.value: one.result for one in outcomes}


def everything(served) -> dict[str, dict]:
    return {name: dict(table) for name, table in served.state.tables.items() if name != "keys"}


class TestFields:
    @pytest.mark.parametrize("choices", [True, False])
    async def test_all_four_fields_where_shopify_keeps_them_and_nothing_else(
        self, store, connect, goods, choices
    ) -> None:
        served = store()
        mine = goods(served)
        id = mine.ids(choices=choices)[0]
        before = everything(served)
        outcomes = await connect(served).write(
            [mine.write(id, price="123.45", cost="67.8", quantity="41", sku="NEW-1")]
        )
        assert results(outcomes) == dict.fromkeys(("price", "cost", "quantity", "sku"), Result.APPLIED)
        assert all(one.request_id for one in outcomes)
        row, item = mine.row(id), served.state.tables["items"][mine.row(id)["item"]]
        assert (row["price"], row["sku"], item["cost"], mine.units(id)) == ("123.45", "NEW-1", "67.80", 41)
        changed = {
            (table, key, column)
            for table, rows in everything(served).items()
            for key, now in rows.items()
            for column in now
            if now[column] != before[table].get(key, {}).get(column) and column != "updatedAt"
        }
        level = f"{item['id']}-{served.options['location']}"
        assert changed == {
            ("variants", id, "price"),
            ("variants", id, "sku"),
            ("items", item["id"], "cost"),
            ("levels", level, "available"),
        }

    async def test_no_name_or_description_is_ever_sent(self, store, connect, goods) -> None:
        served = store()
        mine = goods(served)
        writes = [mine.write(id, price="5.55", cost="1.11", quantity="9", sku=f"S{id}") for id in mine.ids()]
        outcomes = await connect(served).write(writes)
        assert {one.result for one in outcomes} <= {Result.APPLIED, Result.UNCHANGED}
        for asked in mine.asked("productVariantsBulkUpdate"):
            assert set(asked) == {"product", "variants"}
            for variant in asked["variants"]:
                assert set(variant) <= {"id", "price", "inventoryItem"}
                assert set(variant["inventoryItem"]) <= {"cost", "sku"}
        for asked in mine.asked("inventorySetQuantities"):
            assert set(asked["input"]) == {"name", "reason", "referenceDocumentUri", "quantities"}

    async def test_the_run_shows_in_shopifys_history_of_the_inventory(self, store, connect, goods) -> None:
        served = store()
        mine = goods(served)
        await connect(served).write([mine.write(mine.ids()[0], quantity="9")])
        (asked,) = mine.asked("inventorySetQuantities")
        assert asked["input"]["referenceDocumentUri"] == "gid://crosswalk/Run/run-7"
        assert asked["input"]["reason"] == "correction"

    async def test_equal_values_send_nothing(self, store, connect, goods) -> None:
        served = store()
        mine = goods(served)
        id = mine.ids()[0]
        same = mine.write(id, price=f"{mine.row(id)['price']}00", quantity=str(mine.units(id)), sku=mine.row(id)["sku"])
        assert set(results(await connect(served).write([same])).values()) == {Result.UNCHANGED}
        assert mine.posts() == []

    async def test_an_sku_is_taken_away_and_given_back(self, store, connect, goods) -> None:
        served = store()
        mine = goods(served)
        id = mine.ids()[0]
        had, connector = mine.row(id)["sku"], connect(served)
        (outcome,) = await connector.write([mine.write(id, sku="")])
        assert (outcome.result, mine.row(id)["sku"]) == (Result.APPLIED, None)
        (outcome,) = await connector.write([mine.write(id, sku=had)])
        assert (outcome.result, mine.row(id)["sku"]) == (Result.APPLIED, had)

    async def test_the_number_on_hand_is_set_where_that_counts(self, store, connect, goods) -> None:
        served = store()
        mine = goods(served)
        id = next(id for id in mine.ids() if mine.units(id) != mine.units(id, name="on_hand"))
        before = str(mine.units(id, name="on_hand"))
        write = RecordWrite("run-7:x", Kind.PRODUCTS, id, "x", (FieldWrite(Field.QUANTITY, before, "500"),))
        (outcome,) = await connect(served, quantity="on_hand").write([write])
        assert outcome.result is Result.APPLIED
        assert mine.units(id, name="on_hand") == 500

    async def test_the_chosen_locations_units_only_are_set(self, store, connect, goods) -> None:
        served = store()
        mine = goods(served)
        floor = {row["item"] for row in served.state.rows("levels") if row["location"] == FLOOR}
        id = next(id for id in mine.ids() if mine.row(id)["item"] in floor)
        main, there = mine.units(id), str(mine.units(id, FLOOR))
        write = RecordWrite("run-7:x", Kind.PRODUCTS, id, "x", (FieldWrite(Field.QUANTITY, there, "77"),))
        (outcome,) = await connect(served, location=FLOOR).write([write])
        assert (outcome.result, mine.units(id, FLOOR), mine.units(id)) == (Result.APPLIED, 77, main)

    async def test_what_cannot_be_written_is_said_before_anything_is_sent(self, store, connect, goods) -> None:
        served = store()
        mine = goods(served)
        id, other = mine.ids()[:2]
        choice = mine.ids(choices=True)[0]
        served.state.remove("levels", f"{mine.row(other)['item']}-{served.options['location']}")

        def quantity(id: str, after: str = "3", before: str | None = None) -> RecordWrite:
            return RecordWrite(id, Kind.PRODUCTS, id, f"record {id}", (FieldWrite(Field.QUANTITY, before, after),))

        writes = [
            mine.write(id, quantity="2.5"),
            mine.write(id, price="-1"),
            quantity(str(BUNDLE)),
            quantity(str(GIFT)),
            quantity(other),
            quantity(f"product-{mine.row(choice)['product']}"),
            quantity("424242"),
            RecordWrite("kind", Kind.CUSTOMERS, "1", "Ada", (FieldWrite(Field.PRICE, "1", "2"),)),
        ]
        words = (
            "whole units",
            "negative",
            "bundle",
            "not tracked",
            "not stocked at",
            "parent of variants",
            "not in Shopify any more",
            "only products",
        )
        outcomes = await connect(served).write(writes)
        assert [(one.key, one.result) for one in outcomes] == [(write.key, Result.REJECTED) for write in writes]
        assert all(word in one.message for word, one in zip(words, outcomes, strict=True))
        assert mine.posts() == []

    async def test_without_a_location_quantities_are_left_alone(self, store, connect, goods) -> None:
        served = store()
        mine = goods(served)
        outcomes = await connect(served, location="none").write([mine.write(mine.ids()[0], price="9", quantity="3")])
        assert results(outcomes) == {"price": Result.APPLIED, "quantity": Result.REJECTED}
        assert mine.posts() == [UPDATES]

    async def test_nothing_is_created(self, store, connect, goods) -> None:
        connector = connect(store())
        assert connector.capabilities.creates == frozenset()
        made = await connector.create(Draft("k", Kind.PRODUCTS, "s", "New"))
        assert (made.result, made.code) == (Result.REJECTED, "not_supported")
        assert await connector.find_marker(Kind.PRODUCTS, "m", "New") == []
        assert (await connector.set_external_id(Kind.PRODUCTS, "1", "x")).result is Result.REJECTED


class TestBatches:
    async def test_a_batch_is_few_requests_and_outcomes_keep_their_order(self, store, connect, goods) -> None:
        served = store()
        mine = goods(served)
        ids = mine.ids()[::2] + mine.ids()[1::2]
        outcomes = await connect(served).write([mine.write(id, price="8", quantity="812") for id in ids])
        assert [(one.key, one.field) for one in outcomes] == [
            (f"run-7:storefront:products:{id}", field) for id in ids for field in (Field.PRICE, Field.QUANTITY)
        ]
        assert {one.result for one in outcomes} == {Result.APPLIED}
        products = {mine.row(id)["product"] for id in ids}
        assert mine.posts().count(SETS) == 1
        assert mine.posts().count(UPDATES) == len(products)

    async def test_a_variant_that_is_refused_names_its_record_and_field_and_keeps_no_other(
        self, store, connect, goods
    ) -> None:
        served = store()
        mine = goods(served)
        one, two = next(
            (ids[0], ids[1])
            for product in served.state.rows("products")
            if len(ids := [id for id in product["variants"] if id in mine.ids()]) > 1
        )
        before = mine.row(one)
        outcomes = await connect(served).write(
            [mine.write(one, price="3", sku="X" * 300), mine.write(two, price="4", cost="2")]
        )
        assert [one.result for one in outcomes] == [Result.REJECTED] * 2 + [Result.APPLIED] * 2
        name = served.state.tables["products"][before["product"]]["title"]
        price, sku = outcomes[:2]
        assert sku.message.startswith(f"{name} ({one}), sku: SKU is too long")
        assert sku.code == "TOO_LONG"
        assert "its sku was refused" in price.message
        assert mine.row(one) == before
        assert mine.row(two)["price"] == "4.00"

    async def test_quantities_that_are_refused_keep_no_other_from_being_set(self, store, connect, goods) -> None:
        served = store()
        mine = goods(served)
        ids = mine.ids()[:5]
        writes = [mine.write(id, quantity="-4" if at == 2 else "60") for at, id in enumerate(ids)]
        outcomes = await connect(served).write(writes)
        assert [one.result for one in outcomes] == [Result.APPLIED] * 2 + [Result.REJECTED] + [Result.APPLIED] * 2
        assert outcomes[2].code == "INVALID_QUANTITY_NEGATIVE"
        assert f"({ids[2]}), quantity: " in outcomes[2].message
        assert [mine.units(id) for id in ids[:2]] == [60, 60]
        keys = [asked["key"] for asked in mine.asked("inventorySetQuantities")]
        assert len(keys) == len(set(keys)) == 2, "another request has another key"

    async def test_two_writes_of_one_variant_in_a_batch(self, store, connect, goods) -> None:
        served = store()
        mine = goods(served)
        id = mine.ids()[0]
        outcomes = await connect(served).write([mine.write(id, price="8"), mine.write(id, quantity="3")])
        assert [one.result for one in outcomes] == [Result.APPLIED, Result.NOT_SENT]


class TestRace:
    """Units are sold and prices edited while we write. What was meant for another state of things is never stored."""

    async def test_a_sale_after_the_plan_is_stale_and_the_rest_of_the_record_waits(self, store, connect, goods) -> None:
        served = store()
        mine = goods(served)
        id = mine.ids()[0]
        write = mine.write(id, price="9", quantity="40")
        left = mine.units(id) - 2
        served.app.events.sell([{"variant": id, "quantity": 2}])
        outcomes = await connect(served).write([write])
        assert results(outcomes) == {"price": Result.NOT_SENT, "quantity": Result.STALE}
        assert outcomes[1].found == str(left)
        assert mine.posts() == []

    async def test_a_sale_between_reading_and_setting_is_refused_by_the_store(self, store, connect, goods) -> None:
        served = store()
        mine = goods(served)
        sold, *others = mine.ids()[:4]
        writes = [mine.write(id, price="9.75", quantity="4040") for id in (sold, *others)]
        left, price = mine.units(sold) - 3, mine.row(sold)["price"]
        served.app.events.meanwhile(method="POST", path=SETS, sell={sold: 3})
        outcomes = await connect(served).write(writes)
        told = {(one.key.rpartition(":")[2], one.field.value): one for one in outcomes}
        assert told[sold, "quantity"].result is Result.STALE
        assert told[sold, "quantity"].code == "CHANGE_FROM_QUANTITY_STALE"
        assert told[sold, "quantity"].found == str(left)
        assert told[sold, "price"].result is Result.NOT_SENT
        assert (mine.units(sold), mine.row(sold)["price"]) == (left, price)
        assert {told[id, name].result for id in others for name in ("price", "quantity")} == {Result.APPLIED}
        assert [mine.units(id) for id in others] == [4040] * 3

    async def test_every_quantity_says_what_it_is_changed_from(self, store, connect, goods) -> None:
        served = store()
        mine = goods(served)
        held = {mine.row(id)["item"]: mine.units(id) for id in mine.ids()}
        await connect(served).write([mine.write(id, quantity="77") for id in mine.ids()])
        sent = [one for asked in mine.asked("inventorySetQuantities") for one in asked["input"]["quantities"]]
        assert {one["inventoryItemId"].rpartition("/")[2]: one["changeFromQuantity"] for one in sent} == held

    async def test_somebody_who_set_the_same_number_was_only_faster(self, store, connect, goods) -> None:
        served = store()
        mine = goods(served)
        id = mine.ids()[0]
        served.app.events.meanwhile(method="POST", path=SETS, edit={id: {"available": 40}})
        outcomes = await connect(served).write([mine.write(id, price="9", quantity="40")])
        assert results(outcomes) == {"price": Result.APPLIED, "quantity": Result.UNCHANGED}

    async def test_an_edited_price_is_stale(self, store, connect, goods) -> None:
        served = store()
        mine = goods(served)
        id = mine.ids()[0]
        write = mine.write(id, price="9", cost="1", quantity="5")
        served.state.put("variants", id, {**mine.row(id), "price": "77.00"})
        outcomes = await connect(served).write([write])
        assert results(outcomes) == {"price": Result.STALE, "cost": Result.NOT_SENT, "quantity": Result.NOT_SENT}
        assert outcomes[0].found == "77"
        assert mine.posts() == []

    async def test_a_variant_removed_meanwhile_is_that_records_own_refusal(self, store, connect, goods) -> None:
        served = store()
        mine = goods(served)
        gone, other = mine.ids()[:2]
        writes = [mine.write(gone, price="9"), mine.write(other, price="9")]
        served.app.events.meanwhile(method="POST", path=UPDATES, delete=[gone])
        outcomes = await connect(served).write(writes)
        assert [one.result for one in outcomes] == [Result.REJECTED, Result.APPLIED]
        assert outcomes[0].code in {"PRODUCT_DOES_NOT_EXIST", "PRODUCT_VARIANT_DOES_NOT_EXIST"}


class TestLostAnswers:
    @pytest.mark.parametrize("fault", LOST_AFTER)
    async def test_a_quantity_whose_answer_was_lost_is_asked_for_with_its_key_and_counts_once(
        self, store, connect, goods, fault
    ) -> None:
        served = store()
        mine = goods(served)
        id = mine.ids()[0]
        served.app.faults.add(fault, method="POST", path=SETS)
        (outcome,) = await connect(served, **QUICK).write([mine.write(id, quantity="40")])
        assert (outcome.result, mine.units(id)) == (Result.APPLIED, 40)
        first, second = mine.asked("inventorySetQuantities")
        assert first == second, "the same request with the same key"

    @pytest.mark.parametrize("fault", LOST_BEFORE)
    async def test_a_quantity_that_never_arrived_is_sent_again_with_its_key(self, store, connect, goods, fault) -> None:
        served = store()
        mine = goods(served)
        id = mine.ids()[0]
        served.app.faults.add(fault, method="POST", path=SETS)
        (outcome,) = await connect(served, **QUICK).write([mine.write(id, quantity="40")])
        assert (outcome.result, mine.units(id)) == (Result.APPLIED, 40)
        keys = {asked["key"] for asked in mine.asked("inventorySetQuantities")}
        assert len(keys) == 1

    async def test_an_answer_that_is_lost_twice_is_unknown(self, store, connect, goods) -> None:
        served = store()
        mine = goods(served)
        served.app.faults.add("reset_after", method="POST", path=SETS, times=0)
        (outcome,) = await connect(served).write([mine.write(mine.ids()[0], quantity="40")])
        assert outcome.result is Result.UNKNOWN
        assert len(mine.asked("inventorySetQuantities")) == 2

    async def test_the_same_intent_after_a_crash_has_the_same_key_and_is_not_done_twice(
        self, store, connect, goods
    ) -> None:
        """The first process dies before it sees an answer; a sale follows; another process sends the intent again."""
        served = store()
        mine = goods(served)
        id = mine.ids()[0]
        write = mine.write(id, quantity="40")
        served.app.faults.add("reset_after", method="POST", path=SETS, times=0)
        await connect(served).write([write])
        served.app.faults.clear()
        served.app.events.sell([{"variant": id, "quantity": 40 - int(write.fields[0].before or 0)}])
        assert str(mine.units(id)) == write.fields[0].before, "as if nothing had been written"
        (outcome,) = await connect(served).write([write])
        assert len({asked["key"] for asked in mine.asked("inventorySetQuantities")}) == 1
        assert str(mine.units(id)) == write.fields[0].before, "the sold units are not put back"
        assert outcome.result in {Result.APPLIED, Result.UNVERIFIED}

    @pytest.mark.parametrize("fault", [*LOST_AFTER, *LOST_BEFORE])
    async def test_a_price_whose_answer_was_lost_is_never_sent_again(self, store, connect, goods, fault) -> None:
        served = store()
        mine = goods(served)
        id = mine.ids()[0]
        served.app.faults.add(fault, method="POST", path=UPDATES)
        (outcome,) = await connect(served, **QUICK).write([mine.write(id, price="9.75")])
        assert outcome.result is Result.UNKNOWN
        assert mine.posts() == [UPDATES]
        assert (mine.row(id)["price"] == "9.75") is (fault in LOST_AFTER)

    @pytest.mark.parametrize("path", [SETS, UPDATES])
    async def test_a_write_that_was_refused_for_its_rate_is_sent_again(self, store, connect, goods, path) -> None:
        served = store()
        mine = goods(served)
        served.app.faults.add("rate_limit", method="POST", path=path)
        with stamina.set_testing(True, attempts=3, cap=True):
            outcomes = await connect(served).write([mine.write(mine.ids()[0], price="9.75", quantity="40")])
        assert {one.result for one in outcomes} == {Result.APPLIED}
        assert mine.posts().count(path) == 2

    async def test_a_throttled_write_waits_for_its_points(self, store, connect, goods) -> None:
        served = store(points=2000.0, rate=1)
        mine, connector = goods(served), connect(served)
        await connector.check()
        write = mine.write(mine.ids()[0], price="9.75", quantity="40")
        served.app.log.clear()
        take, taken = served.app.bucket.take, []

        def once_empty(points: float) -> bool:
            taken.append(points)
            return len(taken) != 2 and take(points)

        served.app.bucket.take = once_empty
        try:
            outcomes = await connector.write([write])
        finally:
            del served.app.bucket.take
        assert {one.result for one in outcomes} == {Result.APPLIED}
        assert mine.posts() == [SETS, SETS, UPDATES]
        assert connector.budget().throttled == 1
        assert len({asked["key"] for asked in mine.asked("inventorySetQuantities")}) == 1

    async def test_what_is_only_said_to_be_stored_is_seen_by_reading(self, store, connect, goods) -> None:
        served = store()
        mine, connector = goods(served), connect(served)
        id = mine.ids()[0]
        served.app.faults.add("no_store", method="POST", path=UPDATES)
        (outcome,) = await connector.write([mine.write(id, price="9.75")])
        assert outcome.result is Result.APPLIED
        assert str((await connector.read_some(Kind.PRODUCTS, [id]))[id].prices[0].amount) == mine.row(id)["price"]


class TestAccess:
    async def test_a_scope_lost_before_anything_was_sent_is_raised(self, store, connect, goods) -> None:
        served = store()
        mine = goods(served)
        served.app.permissions.discard("write_inventory")
        before = everything(served)
        with pytest.raises(PermissionMissing) as caught:
            await connect(served).write([mine.write(mine.ids()[0], price="9", quantity="40")])
        assert caught.value.permission == "write_inventory"
        assert everything(served) == before

    async def test_a_scope_lost_on_the_way_leaves_true_outcomes(self, store, connect, goods) -> None:
        served = store()
        mine = goods(served)
        ids = mine.ids(choices=False)[:4]
        served.app.permissions.discard("write_products")
        outcomes = await connect(served).write([mine.write(id, price="9.75", quantity="4040") for id in ids])
        assert {one.result for one in outcomes if one.field is Field.QUANTITY} == {Result.APPLIED}
        prices = [one for one in outcomes if one.field is Field.PRICE]
        assert {one.result for one in prices} == {Result.NOT_SENT}
        assert all('"write_products" is missing' in one.message for one in prices)
        assert [mine.units(id) for id in ids] == [4040] * 4

    async def test_no_connection_at_all_is_raised(self, store, connect, goods) -> None:
        served = store()
        write = goods(served).write(goods(served).ids()[0], price="9")
        with pytest.raises(ConnectorError, match="cannot connect"):
            await connect(served, base_url="http://127.0.0.1:9").write([write])
