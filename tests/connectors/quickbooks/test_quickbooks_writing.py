"""Writing items and quantities: guarded, in batches, never twice, and nothing but the fields that are meant."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from engine.errors import AuthenticationError, Unreachable
from engine.model import Field, Kind
from engine.ports import FieldWrite, RecordWrite, Result

ITEM, BATCH, ADJUSTMENT = "/v3/company/*/item", "/v3/company/*/batch", "/v3/company/*/inventoryadjustment"


def results(outcomes: list[Any]) -> dict[str, str]:
    return {outcome.field.value: outcome.result.value for outcome in outcomes}


def bodies(served: Any, path: str) -> list[dict[str, Any]]:
    return [entry.body for entry in served.requests if entry.method == "POST" and entry.path.endswith(path)]


def stock(served: Any, row: dict[str, Any]) -> float:
    return served.state.get("item", row["Id"])["QtyOnHand"]


def taking_back(served, write_of, row, outcome) -> RecordWrite:
    """The write that undoes a quantity: from what the item has now to what ``row`` had."""
    now = served.state.get("item", row["Id"])
    write = write_of(now, key=f"undo:{row['Id']}", quantity=str(row["QtyOnHand"]))
    return replace(write, fields=(replace(write.fields[0], takes_back=outcome.id),))


def sell(served: Any, row: dict[str, Any], units: int) -> None:
    detail = {"ItemRef": {"value": row["Id"]}, "Qty": units}
    line = {"DetailType": "SalesItemLineDetail", "Amount": 1, "SalesItemLineDetail": detail}
    served.app.objects.save("SalesReceipt", {"CustomerRef": {"value": "1"}, "Line": [line]})


def stocked_rows(served: Any) -> list[dict[str, Any]]:
    return [row for row in served.state.rows("item") if row["Type"] == "Inventory" and row["Active"]]


class TestItems:
    async def test_a_sparse_update_with_the_token_and_what_it_may_demand(
        self, company, connect, stocked, write_of
    ) -> None:
        served = company()
        row = stocked(served)
        outcomes = await connect(served).write([write_of(row, price="12.345", cost="7", sku="NEW-SKU")])
        assert results(outcomes) == {"price": "applied", "cost": "applied", "sku": "applied"}
        assert bodies(served, "/item") == [
            {
                "sparse": True,
                "Id": row["Id"],
                "SyncToken": "0",
                "Name": row["Name"],
                "Type": "Inventory",
                "UnitPrice": 12.345,
                "PurchaseCost": 7,
                "Sku": "NEW-SKU",
            }
        ]
        assert outcomes[0].request_id.startswith("1-sbx-")

    async def test_nothing_else_of_the_item_changes(self, company, connect, stocked, write_of) -> None:
        served = company()
        before = stocked(served)
        await connect(served).write([write_of(before, price="1", cost="2", sku="S")])
        await connect(served).write([write_of(before, key="second", quantity="3")])
        after = served.state.get("item", before["Id"])
        changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
        assert changed == {"UnitPrice", "PurchaseCost", "Sku", "QtyOnHand", "SyncToken", "MetaData"}

    async def test_many_items_are_one_batch(self, company, connect, write_of) -> None:
        served = company()
        rows = stocked_rows(served)[:25]
        outcomes = await connect(served).write([write_of(row, price="5") for row in rows])
        assert [outcome.result for outcome in outcomes] == [Result.APPLIED] * 25
        assert [outcome.key for outcome in outcomes] == [f"run:{row['Id']}" for row in rows]
        assert len(bodies(served, "/batch")) == 1
        assert not bodies(served, "/item")

    async def test_an_entry_that_fails_fails_alone(self, company, connect, write_of) -> None:
        served = company()
        one, two, three = stocked_rows(served)[:3]
        too_long = "X" * 101
        writes = [write_of(one, price="5"), write_of(two, sku=too_long), write_of(three, price="6")]
        outcomes = await connect(served).write(writes)
        assert [outcome.result.value for outcome in outcomes] == ["applied", "rejected", "applied"]
        assert outcomes[1].code == "2050"
        assert "Max length of Sku is 100" in outcomes[1].message

    async def test_a_moved_value_is_stale_and_the_rest_of_its_record_stays(
        self, company, connect, stocked, write_of
    ) -> None:
        served = company()
        row = stocked(served)
        write = write_of(row, price="9", cost="8")
        served.state.put("item", row["Id"], {**row, "UnitPrice": 77.5})
        outcomes = await connect(served).write([write])
        assert results(outcomes) == {"price": "stale", "cost": "not_sent"}
        assert outcomes[0].found == "77.5"
        assert not bodies(served, "/item")

    async def test_what_is_there_already_is_unchanged(self, company, connect, stocked, write_of) -> None:
        served = company()
        row = stocked(served)
        price = f"{row['UnitPrice']:g}"
        outcomes = await connect(served).write([write_of(row, before="1", price=price, sku=row["Sku"])])
        assert results(outcomes) == {"price": "unchanged", "sku": "unchanged"}

    async def test_an_item_that_is_gone_inactive_or_a_bundle_is_refused(
        self, company, connect, stocked, write_of
    ) -> None:
        served = company()
        row = stocked(served)
        bundle = next(one for one in served.state.rows("item") if one["Type"] == "Group")
        served.state.put("item", row["Id"], {**row, "Active": False})
        writes = [write_of(row, price="9"), write_of({**row, "Id": "987654"}, price="9"), write_of(bundle, price="9")]
        outcomes = await connect(served).write(writes)
        assert [outcome.result for outcome in outcomes] == [Result.REJECTED] * 3
        told = " ".join(outcome.message for outcome in outcomes)
        assert "is inactive in QuickBooks" in told
        assert "is not in QuickBooks any more" in told
        assert "is never written" in told

    async def test_price_and_quantity_are_never_one_write(self, company, connect, stocked, write_of) -> None:
        served = company()
        outcomes = await connect(served).write([write_of(stocked(served), price="9", quantity="1")])
        assert results(outcomes) == {"price": "rejected", "quantity": "rejected"}
        assert "a price or a quantity in one sync" in outcomes[0].message


class TestStaleToken:
    async def during(self, served: Any, path: str, write: Any, meanwhile: Any) -> Any:
        """Hold the request to ``path``, do something, let it go on."""
        served.app.faults.add("hold", method="POST", path=path)
        ending = path.rpartition("/")[2]

        def asked(log: Any) -> int:
            return sum(entry.path.endswith(ending) for entry in log)

        before = asked(served.requests)
        task = asyncio.create_task(write)
        await asyncio.to_thread(served.wait_for, lambda log: asked(log) > before)
        meanwhile()
        served.app.release()
        return await task

    async def test_somebody_changed_something_else_so_it_is_written_with_the_new_token(
        self, company, connect, stocked, write_of
    ) -> None:
        served = company()
        row = stocked(served)

        def meanwhile() -> None:
            body = {"sparse": True, "Id": row["Id"], "SyncToken": "0", "Description": "Their words"}
            served.app.objects.save("Item", body)

        writing = connect(served).write([write_of(row, price="9")])
        outcomes = await self.during(served, ITEM, writing, meanwhile)
        assert results(outcomes) == {"price": "applied"}
        after = served.state.get("item", row["Id"])
        assert (after["UnitPrice"], after["Description"], after["SyncToken"]) == (9, "Their words", "2")

    async def test_somebody_changed_the_same_field_so_theirs_stays(self, company, connect, write_of) -> None:
        served = company()
        one, two = stocked_rows(served)[:2]

        def meanwhile() -> None:
            served.app.objects.save("Item", {"sparse": True, "Id": one["Id"], "SyncToken": "0", "UnitPrice": 55})

        writing = connect(served).write([write_of(one, price="9", cost="8"), write_of(two, price="9")])
        outcomes = await self.during(served, BATCH, writing, meanwhile)
        assert [outcome.result.value for outcome in outcomes] == ["stale", "not_sent", "applied"]
        assert outcomes[0].found == "55"
        assert served.state.get("item", one["Id"])["UnitPrice"] == 55

    async def test_a_list_that_shows_an_old_token_is_seen_through(self, company, connect, stocked, write_of) -> None:
        served = company()
        row = stocked(served)
        served.app.objects.save("Item", {"sparse": True, "Id": row["Id"], "SyncToken": "0", "Description": "Newer"})
        served.app.faults.add("stale_read", path="/v3/company/*/query")
        assert results(await connect(served).write([write_of(row, price="9")])) == {"price": "applied"}


class TestLostAnswers:
    @pytest.mark.parametrize("fault", ["reset_after", "error_after", "html_after", "cut_after", "timeout_after"])
    async def test_an_update_ends_unknown_and_a_second_attempt_finds_it(
        self, company, connect, write_of, fault
    ) -> None:
        served = company()
        rows = stocked_rows(served)[:2]
        served.app.faults.add(fault, method="POST", path=BATCH)
        connector = connect(served, timeout_seconds="0.3")
        writes = [write_of(row, price="5.5") for row in rows]
        assert [outcome.result for outcome in await connector.write(writes)] == [Result.UNKNOWN] * 2
        assert [outcome.result for outcome in await connector.write(writes)] == [Result.UNCHANGED] * 2
        assert [served.state.get("item", row["Id"])["SyncToken"] for row in rows] == ["1", "1"]

    @pytest.mark.parametrize("fault", ["reset_after", "error_after", "html_after", "cut_after", "timeout_after"])
    async def test_an_adjustment_is_never_made_twice(self, company, connect, stocked, write_of, fault) -> None:
        served = company()
        row = stocked(served)
        served.app.faults.add(fault, method="POST", path=ADJUSTMENT)
        connector = connect(served, timeout_seconds="0.3")
        write = write_of(row, quantity=str(row["QtyOnHand"] + 5))
        assert results(await connector.write([write])) == {"quantity": "unknown"}
        sell(served, row, 5)  # back at the old value: reading the quantity alone would send it again
        (outcome,) = await connector.write([write])
        assert outcome.result is Result.APPLIED
        assert [one["Id"] for one in served.state.rows("inventoryadjustment")] == [outcome.id]
        assert stock(served, row) == row["QtyOnHand"]

    async def test_another_process_does_not_make_it_twice_either(self, company, connect, stocked, write_of) -> None:
        served = company()
        row = stocked(served)
        served.app.faults.add("reset_after", method="POST", path=ADJUSTMENT)
        write = write_of(row, quantity=str(row["QtyOnHand"] + 5))
        await connect(served).write([write])
        sell(served, row, 5)
        assert results(await connect(served).write([write])) == {"quantity": "applied"}
        assert len(bodies(served, "/inventoryadjustment")) == 1

    async def test_where_numbers_cannot_be_asked_for_the_request_id_protects(
        self, company, connect, stocked, write_of, caplog
    ) -> None:
        served = company(by_number=False)
        row = stocked(served)
        served.app.faults.add("reset_after", method="POST", path=ADJUSTMENT)
        connector = connect(served)
        write = write_of(row, quantity=str(row["QtyOnHand"] + 5))
        assert results(await connector.write([write])) == {"quantity": "unknown"}
        sell(served, row, 5)
        assert results(await connector.write([write])) == {"quantity": "applied"}
        assert len(bodies(served, "/inventoryadjustment")) == 2
        assert len(served.state.rows("inventoryadjustment")) == 1
        assert stock(served, row) == row["QtyOnHand"]
        assert "cannot be looked up by DocNumber" in caplog.text

    async def test_a_request_that_was_never_carried_out_is_sent_again(
        self, company, connect, stocked, write_of
    ) -> None:
        served = company()
        row = stocked(served)
        served.app.faults.add("reset", method="POST", path=ADJUSTMENT)
        connector = connect(served)
        write = write_of(row, quantity=str(row["QtyOnHand"] + 5))
        assert results(await connector.write([write])) == {"quantity": "unknown"}
        assert results(await connector.write([write])) == {"quantity": "applied"}
        assert stock(served, row) == row["QtyOnHand"] + 5

    async def test_a_read_that_fails_before_anything_was_sent_raises(self, company, connect, stocked, write_of) -> None:
        served = company()
        served.app.faults.add("error", path="/v3/company/*/query", times=0)
        with pytest.raises(Unreachable):
            await connect(served).write([write_of(stocked(served), price="9")])

    async def test_a_grant_lost_in_the_middle_keeps_what_is_known(self, company, connect, write_of) -> None:
        served = company()
        rows = stocked_rows(served)[:4]
        connector = connect(served)
        served.app.faults.add("hold_after", method="POST", path=ADJUSTMENT, times=1)
        writing = asyncio.create_task(connector.write([write_of(row, quantity="500") for row in rows]))
        await asyncio.to_thread(served.wait_for, lambda log: sum(bool(entry.touched) for entry in log) >= 4)
        served.app.release()
        assert all(outcome.result is Result.APPLIED for outcome in await writing)
        served.app.oauth.disconnect()
        with pytest.raises(AuthenticationError, match="Reconnect needed"):
            await connector.write([write_of(rows[0], key="later", quantity="1")])


class TestQuantities:
    async def test_an_adjustment_by_the_difference_that_names_its_write(
        self, company, connect, stocked, write_of
    ) -> None:
        served = company()
        row = stocked(served)
        (outcome,) = await connect(served).write([write_of(row, quantity=str(row["QtyOnHand"] - 3))])
        (made,) = served.state.rows("inventoryadjustment")
        assert outcome.id == made["Id"]
        assert made["AdjustAccountRef"]["value"] == "91"
        assert made["PrivateNote"] == f"Crosswalk run:{row['Id']}"
        assert len(made["DocNumber"]) == 21
        (line,) = made["Line"]
        assert line["ItemAdjustmentLineDetail"] == {"ItemRef": {"value": row["Id"]}, "QtyDiff": -3}
        assert stock(served, row) == row["QtyOnHand"] - 3

    async def test_a_sale_between_reading_and_writing_is_not_lost(self, company, connect, stocked, write_of) -> None:
        served = company()
        row = stocked(served)
        sold = lambda: sell(served, row, 2)  # noqa: E731 - one word for what happens meanwhile
        writing = connect(served).write([write_of(row, quantity=str(row["QtyOnHand"] + 10))])
        await TestStaleToken().during(served, ADJUSTMENT, writing, sold)
        assert stock(served, row) == row["QtyOnHand"] + 10 - 2

    async def test_stock_that_moved_before_is_stale(self, company, connect, stocked, write_of) -> None:
        served = company()
        row = stocked(served)
        sell(served, row, 1)
        outcomes = await connect(served).write([write_of(row, quantity="99")])
        assert results(outcomes) == {"quantity": "stale"}
        assert not served.state.rows("inventoryadjustment")

    async def test_an_undo_deletes_the_adjustment_and_loses_no_sale(self, company, connect, stocked, write_of) -> None:
        served = company()
        row = stocked(served)
        connector = connect(served)
        (outcome,) = await connector.write([write_of(row, quantity="77")])
        back = taking_back(served, write_of, row, outcome)
        sold = lambda: sell(served, row, 4)  # noqa: E731 - one word for what happens meanwhile
        (undone,) = await TestStaleToken().during(served, ADJUSTMENT, connector.write([back]), sold)
        assert (undone.result, undone.field, undone.id) == (Result.APPLIED, Field.QUANTITY, ""), undone
        assert not served.state.rows("inventoryadjustment")
        assert stock(served, row) == row["QtyOnHand"] - 4

    async def test_an_adjustment_that_is_gone_is_not_taken_back_twice(
        self, company, connect, stocked, write_of
    ) -> None:
        served = company()
        row = stocked(served)
        connector = connect(served)
        (outcome,) = await connector.write([write_of(row, quantity="77")])
        back = taking_back(served, write_of, row, outcome)
        served.state.remove("inventoryadjustment", outcome.id)
        (undone,) = await connector.write([back])
        assert undone.result is Result.STALE
        assert f"adjustment {outcome.id} is not in QuickBooks any more" in undone.message
        assert not served.state.rows("inventoryadjustment")
        assert stock(served, row) == 77

    async def test_an_adjustment_that_a_bookkeeper_changed_is_not_deleted(
        self, company, connect, stocked, write_of
    ) -> None:
        served = company()
        row = stocked(served)
        connector = connect(served)
        (outcome,) = await connector.write([write_of(row, quantity="77")])
        back = taking_back(served, write_of, row, outcome)
        made = served.state.get("inventoryadjustment", outcome.id)
        (line,) = made["Line"]
        detail = {**line["ItemAdjustmentLineDetail"], "QtyDiff": 1}
        changed = {**made, "SyncToken": "3", "Line": [{**line, "ItemAdjustmentLineDetail": detail}]}
        served.state.put("inventoryadjustment", outcome.id, changed)
        (undone,) = await connector.write([back])
        assert (undone.result, stock(served, row)) == (Result.APPLIED, row["QtyOnHand"])
        assert {one["Id"] for one in served.state.rows("inventoryadjustment")} == {outcome.id, undone.id}

    async def test_cost_and_quantity_together_and_the_item_first(self, company, connect, stocked, write_of) -> None:
        served = company()
        row = stocked(served)
        outcomes = await connect(served).write([write_of(row, cost="1.25", quantity="7")])
        assert results(outcomes) == {"cost": "applied", "quantity": "applied"}
        assert (served.state.get("item", row["Id"])["PurchaseCost"], stock(served, row)) == (1.25, 7)

    async def test_no_account_no_adjustment(self, company, connect, stocked, write_of) -> None:
        served = company()
        row = stocked(served)
        for account, told in (
            ("", "set the option adjustment_account"),
            ("Nowhere", 'no active account named "Nowhere"'),
        ):
            (outcome,) = await connect(served, adjustment_account=account).write([write_of(row, quantity="7")])
            assert outcome.result is Result.REJECTED
            assert told in outcome.message

    async def test_what_is_not_counted_has_no_quantity(self, company, connect, write_of) -> None:
        served = company()
        service = next(row for row in served.state.rows("item") if row["Type"] == "Service")
        write = RecordWrite("k", Kind.PRODUCTS, service["Id"], "x", (FieldWrite(Field.QUANTITY, None, "3"),))
        (outcome,) = await connect(served).write([write])
        assert outcome.result is Result.REJECTED
        assert "keeps no quantity of this Service item" in outcome.message

    async def test_by_the_items_own_number_where_there_are_no_adjustments(
        self, company, connect, stocked, write_of
    ) -> None:
        served = company(adjusts=False)
        row = stocked(served)
        connector = connect(served, quantity_by="item")
        assert not connector.capabilities.delta_quantity
        (outcome,) = await connector.write([write_of(row, quantity="41")])
        assert outcome.result is Result.APPLIED
        (body,) = bodies(served, "/item")
        assert (body["QtyOnHand"], len(body["InvStartDate"])) == (41, 10)
        assert stock(served, row) == 41

    async def test_an_edition_without_adjustments_refuses_in_its_own_words(
        self, company, connect, stocked, write_of
    ) -> None:
        served = company(adjusts=False)
        (outcome,) = await connect(served).write([write_of(stocked(served), quantity="41")])
        assert (outcome.result, outcome.code) == (Result.REJECTED, "6000")


class TestIdempotency:
    async def test_every_write_has_a_request_id_and_equal_writes_have_equal_ones(
        self, company, connect, write_of
    ) -> None:
        served = company()
        rows = stocked_rows(served)[:2]
        connector = connect(served)
        await connector.write([write_of(row, price="5") for row in rows])
        await connector.write([write_of(rows[0], key="other", quantity="4")])
        posts = [entry.query for entry in served.requests if entry.method == "POST" and entry.path.startswith("/v3")]
        ids = [dict(part.split("=") for part in query.split("&"))["requestid"] for query in posts]
        assert len(ids) == len(set(ids)) == 2
        assert all(0 < len(one) <= 50 for one in ids)
        assert json.dumps(ids)


class TestPace:
    async def test_the_limits_of_a_second_and_of_batches_are_kept(self, company, connect, write_of) -> None:
        served = company(rate=60)
        connector = connect(served)
        rows = stocked_rows(served)[:6]
        for start in range(0, 6, 2):
            await connector.write([write_of(row, price="5") for row in rows[start : start + 2]])
        assert connector.budget().throttled == 0
        assert all(entry.status == 200 for entry in served.requests)
