"""Writing to Syncro: read, compare, merge, put back whole; one true outcome per field whatever happens."""

from __future__ import annotations

import asyncio
import json
import logging
from decimal import Decimal
from typing import Any

import pytest

from connectors.syncro import CONNECTOR
from engine.errors import ConnectorError, PermissionMissing, RateLimited, Unreachable
from engine.model import Field, Kind, canonical
from engine.ports import ConnectionContext, FieldWrite, RecordWrite, Result

BOOLEANS = ("maintain_stock", "disabled", "taxable", "serialized")


def write_of(row: dict[str, Any], slot: str = "upc", key: str = "k", **after: str) -> RecordWrite:
    """A write of these fields whose ``before`` is what the row holds."""
    held = {
        "price": canonical(Decimal(str(row["price_retail"]))),
        "cost": canonical(Decimal(str(row["price_cost"]))),
        "sku": row["upc_code"]
        if slot == "upc"
        else next((sku["sku"] for sku in row["product_skus"] if f"vendor:{sku['vendor_name']}" == slot), None),
    }
    fields = tuple(FieldWrite(Field(name), held[name], value) for name, value in after.items())
    return RecordWrite(key, Kind.PRODUCTS, str(row["id"]), row["name"], fields, sku_slot=slot)


def results(outcomes) -> dict[str, Result]:
    return {outcome.field.value: outcome.result for outcome in outcomes}


def puts(served) -> list[Any]:
    return [entry for entry in served.requests if entry.method in {"PUT", "POST"}]


@pytest.fixture
def with_sku(tiny) -> dict[str, Any]:
    return next(row for row in tiny.syncro_products if row["product_skus"])


@pytest.fixture
def without_sku(tiny) -> dict[str, Any]:
    return next(row for row in tiny.syncro_products if not row["product_skus"])


@pytest.fixture
async def writer(script):
    """A connector to the scripted server."""
    opened = []

    def open_one():
        known = {"base_url": script.url, "token": "ref", "rate_per_minute": "100000"}
        opened.append(CONNECTOR.open(ConnectionContext("psa", known, lambda reference: "a-secret-token")))
        return opened[-1]

    yield open_one
    for connector in opened:
        await connector.close()


class TestMerging:
    async def test_only_what_was_asked_for_changes(self, sandbox, connect, world) -> None:
        served = sandbox("syncro", world, resets=BOOLEANS)
        connector = connect(served)
        for row in world.syncro_products[:40]:
            slot = f"vendor:{row['product_skus'][0]['vendor_name']}" if row["product_skus"] else "upc"
            outcomes = await connector.write([write_of(row, slot, price="123.45", cost="67.8", sku="NEW-1")])
            assert results(outcomes) == dict.fromkeys(("price", "cost", "sku"), Result.APPLIED)
            assert all(outcome.request_id for outcome in outcomes)
            stored = served.state.get("products", str(row["id"]))
            expected = {**row, "price_retail": 123.45, "price_cost": 67.8}
            if slot == "upc":
                expected["upc_code"] = "NEW-1"
            else:
                expected["product_skus"] = [{**row["product_skus"][0], "sku": "NEW-1"}, *row["product_skus"][1:]]
            assert stored == expected

    async def test_a_put_carries_name_description_and_every_boolean_as_read(self, script, say, writer) -> None:
        row = {
            "id": 1,
            "name": " Odd  name\u00a0",
            "description": "line\r\nline",
            "price_retail": 1.5,
            "maintain_stock": True,
            "taxable": False,
            "some_new_flag": True,
            "notes": "kept by leaving it out",
        }
        script.fallback = lambda seen: say({"product": row})
        change = FieldWrite(Field.PRICE, "1.5", "2.10")
        await writer().write([RecordWrite("k", Kind.PRODUCTS, "1", "x", (change,))])
        assert script.seen[1].json == {
            "name": row["name"],
            "description": row["description"],
            "maintain_stock": True,
            "taxable": False,
            "some_new_flag": True,
            "price_retail": 2.1,
        }
        assert b'"price_retail":2.10' in script.seen[1].body

    async def test_values_are_compared_as_numbers(self, script, say, writer) -> None:
        script.fallback = lambda seen: say(
            {"product": {"id": 1, "name": "P", "description": "d", "price_retail": "10.50"}}
        )
        same = FieldWrite(Field.PRICE, "3", "10.5")
        moved = FieldWrite(Field.COST, None, "4")
        outcomes = await writer().write([RecordWrite("k", Kind.PRODUCTS, "1", "x", (same, moved))])
        assert results(outcomes) == {"price": Result.UNCHANGED, "cost": Result.APPLIED}

    async def test_nothing_to_do_sends_nothing(self, sandbox, connect, with_sku, tiny) -> None:
        served = sandbox("syncro", tiny)
        price = canonical(Decimal(str(with_sku["price_retail"])))
        outcomes = await connect(served).write([write_of(with_sku, price=price)])
        assert results(outcomes) == {"price": Result.UNCHANGED}
        assert outcomes[0].found == price
        assert puts(served) == []

    async def test_outcomes_come_in_the_order_of_the_fields(self, sandbox, connect, with_sku, tiny) -> None:
        slot = f"vendor:{with_sku['product_skus'][0]['vendor_name']}"
        write = write_of(with_sku, slot, sku="S", price="5", cost="4")
        outcomes = await connect(sandbox("syncro", tiny)).write([write])
        assert [outcome.field for outcome in outcomes] == [Field.SKU, Field.PRICE, Field.COST]
        assert {outcome.key for outcome in outcomes} == {"k"}


class TestStale:
    async def test_a_moved_value_stops_the_whole_record_and_says_what_is_there(
        self, sandbox, connect, with_sku, tiny
    ) -> None:
        served = sandbox("syncro", tiny)
        write = write_of(with_sku, price="99", cost="1")
        served.state.put("products", write.id, {**with_sku, "price_cost": 77.7})
        before = served.state.get("products", write.id)
        outcomes = await connect(served).write([write])
        assert results(outcomes) == {"price": Result.NOT_SENT, "cost": Result.STALE}
        assert outcomes[1].found == "77.7"
        assert "is 77.7 now" in outcomes[1].message
        assert served.state.get("products", write.id) == before
        assert puts(served) == []

    async def test_a_value_that_moved_to_what_was_wanted_is_unchanged(self, sandbox, connect, with_sku, tiny) -> None:
        served = sandbox("syncro", tiny)
        write = write_of(with_sku, price="99")
        served.state.put("products", write.id, {**with_sku, "price_retail": 99.0})
        assert results(await connect(served).write([write])) == {"price": Result.UNCHANGED}

    async def test_expecting_an_empty_field(self, sandbox, connect, tiny) -> None:
        served = sandbox("syncro", tiny)
        row = {**tiny.syncro_products[0], "upc_code": "somebody's"}
        served.state.put("products", str(row["id"]), row)
        write = RecordWrite(
            "k", Kind.PRODUCTS, str(row["id"]), "x", (FieldWrite(Field.SKU, None, "ours"),), sku_slot="upc"
        )
        outcome = (await connect(served).write([write]))[0]
        assert (outcome.result, outcome.found) == (Result.STALE, "somebody's")

    async def test_a_product_that_is_gone(self, sandbox, connect, with_sku, tiny) -> None:
        served = sandbox("syncro", tiny)
        write = write_of({**with_sku, "id": 1}, price="9", cost="8")
        outcomes = await connect(served).write([write])
        assert results(outcomes) == {"price": Result.REJECTED, "cost": Result.REJECTED}
        assert "is not in Syncro any more; nothing was written" in outcomes[0].message


class TestSkus:
    async def test_a_first_sku_of_a_vendor_is_added(self, sandbox, connect, without_sku, tiny) -> None:
        served = sandbox("syncro", tiny)
        vendor = tiny.syncro_vendors[0]["name"]
        assert results(await connect(served).write([write_of(without_sku, f"vendor:{vendor}", sku="MPN-1")])) == {
            "sku": Result.APPLIED
        }
        skus = served.state.get("products", str(without_sku["id"]))["product_skus"]
        assert [(sku["vendor_name"], sku["sku"]) for sku in skus] == [(vendor, "MPN-1")]

    async def test_other_vendors_skus_stay(self, sandbox, connect, with_sku, tiny) -> None:
        served = sandbox("syncro", tiny)
        own = with_sku["product_skus"][0]
        other = next(vendor["name"] for vendor in tiny.syncro_vendors if vendor["name"] != own["vendor_name"])
        await connect(served).write([write_of(with_sku, f"vendor:{other}", sku="X")])
        skus = served.state.get("products", str(with_sku["id"]))["product_skus"]
        assert skus[0] == own
        assert (skus[-1]["vendor_name"], skus[-1]["sku"]) == (other, "X")

    async def test_of_two_skus_of_a_vendor_the_expected_one_is_changed(self, sandbox, connect, with_sku, tiny) -> None:
        served = sandbox("syncro", tiny)
        first = with_sku["product_skus"][0]
        second = {**first, "id": 9999, "sku": "SECOND"}
        served.state.put("products", str(with_sku["id"]), {**with_sku, "product_skus": [first, second]})
        change = FieldWrite(Field.SKU, "SECOND", "THIRD")
        slot = f"vendor:{first['vendor_name']}"
        write = RecordWrite("k", Kind.PRODUCTS, str(with_sku["id"]), "x", (change,), sku_slot=slot)
        assert results(await connect(served).write([write])) == {"sku": Result.APPLIED}
        skus = served.state.get("products", str(with_sku["id"]))["product_skus"]
        assert [sku["sku"] for sku in skus] == [first["sku"], "THIRD"]

    async def test_a_vendor_syncro_does_not_know(self, sandbox, connect, without_sku, tiny) -> None:
        served = sandbox("syncro", tiny)
        outcomes = await connect(served).write([write_of(without_sku, "vendor:Nobody Inc", price="9", sku="X")])
        assert results(outcomes) == {"price": Result.APPLIED, "sku": Result.REJECTED}
        assert 'no vendor named "Nobody Inc"' in outcomes[1].message

    async def test_a_vendor_added_meanwhile_is_found(self, sandbox, connect, without_sku, tiny) -> None:
        served = sandbox("syncro", tiny)
        connector = connect(served)
        await connector.choices("vendors")
        served.state.put("vendors", "777", {**tiny.syncro_vendors[0], "id": 777, "name": "Late Corp"})
        assert results(await connector.write([write_of(without_sku, "vendor:late corp", sku="X")])) == {
            "sku": Result.APPLIED
        }

    async def test_a_sku_that_cannot_be_removed_or_has_no_place(self, sandbox, connect, with_sku, tiny) -> None:
        served = sandbox("syncro", tiny)
        connector = connect(served)
        slot = f"vendor:{with_sku['product_skus'][0]['vendor_name']}"
        removal = (await connector.write([write_of(with_sku, slot, sku="")]))[0]
        assert (removal.result, "no way to remove" in removal.message) == (Result.REJECTED, True)
        placeless = (await connector.write([write_of(with_sku, "sku", sku="X")]))[0]
        assert (placeless.result, "no SKU of its own" in placeless.message) == (Result.REJECTED, True)
        assert puts(served) == []

    async def test_a_refused_sku_leaves_the_prices_applied(self, sandbox, connect, with_sku, tiny) -> None:
        """The product's PUT goes through, its SKU's PUT does not: each field says what happened to it."""
        served = sandbox("syncro", tiny)
        slot = f"vendor:{with_sku['product_skus'][0]['vendor_name']}"
        served.app.faults.add("error", method="PUT", path="/products/*/product_skus/*", status=400)
        outcomes = await connect(served).write([write_of(with_sku, slot, price="9", cost="8", sku="X")])
        assert results(outcomes) == {"price": Result.APPLIED, "cost": Result.APPLIED, "sku": Result.REJECTED}
        stored = served.state.get("products", str(with_sku["id"]))
        assert (stored["price_retail"], stored["product_skus"]) == (9.0, with_sku["product_skus"])

    async def test_a_permission_lost_between_the_two_is_told_for_the_sku_alone(
        self, sandbox, connect, with_sku, tiny
    ) -> None:
        served = sandbox("syncro", tiny)
        slot = f"vendor:{with_sku['product_skus'][0]['vendor_name']}"
        served.app.faults.add("permission", method="PUT", path="/products/*/product_skus/*")
        outcomes = await connect(served).write([write_of(with_sku, slot, price="9", sku="X")])
        assert results(outcomes) == {"price": Result.APPLIED, "sku": Result.NOT_SENT}
        assert "Products - Edit" in outcomes[1].message


LOST = ["timeout_after", "reset_after", "cut_after", "error_after", "html_after", "timeout", "reset", "error", "html"]


class TestFaults:
    @pytest.mark.parametrize("fault", LOST)
    async def test_a_write_without_an_answer_is_unknown_and_sent_once(
        self, sandbox, connect, with_sku, tiny, fault
    ) -> None:
        served = sandbox("syncro", tiny)
        slot = f"vendor:{with_sku['product_skus'][0]['vendor_name']}"
        served.app.faults.add(fault, method="PUT", times=0)
        connector = connect(served, timeout_seconds="0.3")
        outcomes = await connector.write([write_of(with_sku, slot, price="9", sku="X")])
        assert results(outcomes) == {"price": Result.UNKNOWN, "sku": Result.NOT_SENT}
        assert "It may have been carried out" in outcomes[0].message
        assert len(puts(served)) == 1

    @pytest.mark.parametrize("fault", LOST)
    async def test_a_read_before_the_write_is_simply_repeated(self, sandbox, connect, with_sku, tiny, fault) -> None:
        served = sandbox("syncro", tiny)
        served.app.faults.add(fault, method="GET", path="/products/*")
        connector = connect(served, timeout_seconds="0.3")
        write = write_of(with_sku, price="9")
        if fault.startswith("html"):
            with pytest.raises(ConnectorError, match="HTML page"):
                await connector.write([write])
            assert puts(served) == []
        else:
            assert results(await connector.write([write])) == {"price": Result.APPLIED}

    async def test_a_429_on_a_write_was_not_carried_out_and_is_tried_again(
        self, sandbox, connect, with_sku, tiny
    ) -> None:
        served = sandbox("syncro", tiny)
        served.app.faults.add("rate_limit", method="PUT")
        outcomes = await connect(served, backoff_seconds="0.05").write([write_of(with_sku, price="9")])
        assert results(outcomes) == {"price": Result.APPLIED}
        assert len(puts(served)) == 2

    async def test_what_certainly_was_not_sent_is_an_error_not_an_outcome(
        self, sandbox, connect, with_sku, tiny
    ) -> None:
        served = sandbox("syncro", tiny)
        served.app.faults.add("rate_limit", method="PUT", times=0)
        with pytest.raises(RateLimited):
            await connect(served, backoff_seconds="0.01").write([write_of(with_sku, price="9")])
        with pytest.raises(Unreachable):
            await connect(served, base_url="http://127.0.0.1:9").write([write_of(with_sku, price="9")])

    async def test_a_missing_permission_stops_everything_before_anything(
        self, sandbox, connect, with_sku, tiny
    ) -> None:
        served = sandbox("syncro", tiny)
        served.app.permissions.discard("Products - Edit")
        with pytest.raises(PermissionMissing, match='"Products - Edit"'):
            await connect(served).write([write_of(with_sku, price="9")])

    async def test_in_a_batch_what_was_done_is_not_lost(self, sandbox, connect, tiny) -> None:
        served = sandbox("syncro", tiny)
        rows = tiny.syncro_products[:3]
        served.app.faults.add("permission", method="PUT", skip=1)
        writes = [write_of(row, key=f"k{n}", price="9") for n, row in enumerate(rows)]
        outcomes = await connect(served).write(writes)
        assert [(one.key, one.result) for one in outcomes] == [
            ("k0", Result.APPLIED),
            ("k1", Result.NOT_SENT),
            ("k2", Result.NOT_SENT),
        ]

    async def test_a_200_that_stores_nothing_is_seen_by_reading_back(self, sandbox, connect, with_sku, tiny) -> None:
        served = sandbox("syncro", tiny)
        served.app.faults.add("no_store", method="PUT")
        connector = connect(served)
        write = write_of(with_sku, price="9")
        assert results(await connector.write([write])) == {"price": Result.APPLIED}
        fresh = (await connector.read_some(Kind.PRODUCTS, [write.id]))[write.id]
        assert fresh.prices[0].amount == Decimal(str(with_sku["price_retail"]))

    async def test_what_syncro_refuses_is_told_in_its_words(self, sandbox, connect, with_sku, tiny) -> None:
        served = sandbox("syncro", tiny)
        served.state.put("products", str(with_sku["id"]), {**with_sku, "description": ""})
        outcome = (await connect(served).write([write_of(with_sku, price="9")]))[0]
        assert outcome.result is Result.REJECTED
        assert "Description can't be blank" in outcome.message
        assert outcome.code == "422"

    @pytest.mark.parametrize("fault", [*LOST, "rate_limit", "permission", "no_store", "stale_read"])
    @pytest.mark.parametrize("method", ["GET", "PUT"])
    async def test_no_secret_is_logged_or_told(self, sandbox, connect, with_sku, tiny, caplog, fault, method) -> None:
        caplog.set_level(logging.DEBUG)
        served = sandbox("syncro", tiny)
        served.app.faults.add(fault, method=method)
        told = ""
        try:
            connector = connect(served, timeout_seconds="0.2", backoff_seconds="0.01")
            told = repr(await connector.write([write_of(with_sku, price="9")]))
        except ConnectorError as error:
            told = f"{error} {error!r} {vars(error)}"
        assert told
        assert served.app.token not in told + caplog.text


class TestConcurrency:
    async def test_many_products_at_once(self, sandbox, connect, world) -> None:
        served = sandbox("syncro", world, latency_ms=5)
        connector = connect(served)
        vendor = world.syncro_vendors[0]["name"]
        rows = [row for row in world.syncro_products if not row["product_skus"]][:5] + world.syncro_products[:20]
        writes = {
            row["id"]: write_of(row, f"vendor:{vendor}", key=str(row["id"]), price="7.77", sku="C-1") for row in rows
        }
        outcomes = await asyncio.gather(*(connector.write([write]) for write in writes.values()))
        assert all(results(one) == {"price": Result.APPLIED, "sku": Result.APPLIED} for one in outcomes)
        assert all(served.state.get("products", str(id))["price_retail"] == 7.77 for id in writes)
        assert (
            sum(1 for entry in served.requests if entry.path == "/vendors") == 3
        )  # read once (to its end), not per write

    async def test_two_writes_of_one_product_do_not_undo_each_other(self, sandbox, connect, with_sku, tiny) -> None:
        served = sandbox("syncro", tiny, latency_ms=20)
        connector = connect(served)
        await asyncio.gather(
            connector.write([write_of(with_sku, price="9")]), connector.write([write_of(with_sku, sku="UPC-1")])
        )
        methods = [entry.method for entry in served.requests]
        assert methods == ["GET", "PUT", "GET", "PUT"]


class TestRefusals:
    @pytest.mark.parametrize("status", [200, 422])
    async def test_a_failure_with_either_status_is_a_refusal(self, script, say, writer, status) -> None:
        product = {"id": 1, "name": "P", "description": "d", "price_retail": 1}
        script.plan = [
            say({"product": product}),
            say({"success": False, "message": ["No"], "params": {"x": "p4ssw0rd"}}, status),
        ]
        change = FieldWrite(Field.PRICE, "1", "2")
        outcome = (await writer().write([RecordWrite("k", Kind.PRODUCTS, "1", "x", (change,))]))[0]
        assert outcome.result is Result.REJECTED
        assert "No" in outcome.message
        assert "p4ssw0rd" not in json.dumps(outcome.message)
