"""A sync's writes: prices of one book and SKUs, one outcome each, whatever happens on the way; and creating a product."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.errors import Unreachable
from engine.model import Kind, Sku
from engine.ports import Draft, Result

DATA = "/services/data/v67.0"
MANY = f"{DATA}/composite/sobjects"


def results(outcomes) -> list[str]:
    return [one.result.value for one in outcomes]


class TestPrices:
    async def test_a_full_batch_is_one_request_and_changes_nothing_else(
        self, org, connect, row_of, write_of, whole, changes
    ) -> None:
        """No product sync changes a name, a description, or anything but the prices and codes it was given."""
        served = org()
        before = whole(served)
        rows = [row_of(served, nth) for nth in range(40)]
        writes = [write_of(served, row, price="1234.56") for row in rows]
        outcomes = await connect(served).write(writes)
        assert set(results(outcomes)) == {"applied"}
        assert [one.key for one in outcomes] == [one.key for one in writes]
        assert len(changes(served)) == 1
        after = whole(served)
        moved = {id for id, row in after["PricebookEntry"].items() if row != before["PricebookEntry"][id]}
        assert len(moved) == 40
        for id in moved:
            assert after["PricebookEntry"][id] == before["PricebookEntry"][id] | {"UnitPrice": 1234.56}
        assert {name: rows for name, rows in after.items() if name != "PricebookEntry"} == {
            name: rows for name, rows in before.items() if name != "PricebookEntry"
        }

    async def test_price_and_sku_in_one_write(self, org, connect, row_of, write_of, entry_of, whole) -> None:
        served = org()
        row, before = row_of(served), whole(served)
        outcomes = await connect(served).write([write_of(served, row, price="3.50", sku="NEW-1")])
        assert results(outcomes) == ["applied", "applied"]
        assert entry_of(served, row["Id"])["UnitPrice"] == 3.5
        now = whole(served)["Product2"]
        assert now.pop(row["Id"]) == before["Product2"].pop(row["Id"]) | {"ProductCode": "NEW-1"}
        assert now == before["Product2"]

    async def test_what_moved_is_stale_and_its_product_is_left_alone(
        self, org, connect, row_of, write_of, whole, changes
    ) -> None:
        served = org()
        first, second, third = (row_of(served, nth) for nth in range(3))
        before = whole(served)
        outcomes = await connect(served).write(
            [
                write_of(served, first, before="0.07", price="9"),
                write_of(served, second, sku="NEW-2", price="9.00"),
                write_of(served, third, sku=third["ProductCode"]),
            ]
        )
        assert results(outcomes) == ["stale", "applied", "applied", "unchanged"]
        assert outcomes[0].found not in {None, "0.07"}
        assert len(changes(served)) == 2
        now = whole(served)
        assert {id for id, row in now["Product2"].items() if row != before["Product2"][id]} == {second["Id"]}

    async def test_a_moved_price_keeps_the_sku_from_being_written(
        self, org, connect, row_of, write_of, entry_of, whole, changes
    ) -> None:
        served = org()
        row = row_of(served)
        write = write_of(served, row, price="9", sku="NEW-1")
        served.app.records.update("PricebookEntry", entry_of(served, row["Id"])["Id"], {"UnitPrice": 1.11})
        before = whole(served)
        outcomes = await connect(served).write([write])
        assert [(one.result.value, one.found) for one in outcomes] == [("stale", "1.11"), ("not_sent", None)]
        assert changes(served) == []
        assert whole(served) == before

    async def test_a_missing_entry_is_made_standard_first(
        self, org, connect, row_of, write_of, entry_of, changes
    ) -> None:
        served = org()
        row = next(
            one
            for one in served.state.rows("Product2")
            if one["IsActive"] and not entry_of(served, one["Id"]) and not entry_of(served, one["Id"], "Web sale")
        )
        write = write_of(served, row, price="8.25")
        assert write.fields[0].before is None
        (outcome,) = await connect(served, price_book="Web sale").write([write])
        assert outcome.result is Result.APPLIED
        assert entry_of(served, row["Id"])["UnitPrice"] == entry_of(served, row["Id"], "Web sale")["UnitPrice"] == 8.25
        books = [entry.body["records"][0]["Pricebook2Id"] for entry in changes(served)]
        names = {one["Id"]: one["Name"] for one in served.state.rows("Pricebook2")}
        assert [names[id] for id in books] == ["Standard Price Book", "Web sale"]

    async def test_an_inactive_entry_is_refused_with_what_to_do(self, org, connect, write_of, changes) -> None:
        served = org()
        entry = next(one for one in served.state.rows("PricebookEntry") if not one["IsActive"])
        row = served.state.get("Product2", entry["Product2Id"])
        (outcome,) = await connect(served).write([write_of(served, row, price="8")])
        assert outcome.result is Result.REJECTED
        assert "Reconcile the products to make it active" in outcome.message
        assert changes(served) == []

    async def test_what_may_not_be_written_is_refused_before_anything_is_sent(
        self, org, connect, row_of, write_of, changes
    ) -> None:
        served = org()
        gone, archived, inactive, counted = (row_of(served, nth) for nth in range(4))
        writes = [write_of(served, row, price="8") for row in (gone, archived, inactive)]
        writes.append(write_of(served, counted, quantity="8"))
        served.app.records.delete("Product2", gone["Id"])
        served.state.put("Product2", archived["Id"], archived | {"IsArchived": True})
        served.app.records.update("Product2", inactive["Id"], {"IsActive": False})
        outcomes = await connect(served).write(writes)
        assert set(results(outcomes)) == {"rejected"}
        words = ["not in Salesforce any more", "archived", "inactive in Salesforce", "keeps no quantity"]
        assert [word in one.message for word, one in zip(words, outcomes, strict=True)] == [True] * 4
        assert changes(served) == []

    async def test_one_bad_record_does_not_stop_the_others(self, org, connect, row_of, write_of, entry_of) -> None:
        served = org()
        rows = [row_of(served, nth) for nth in range(3)]
        prices = ("5", "99999999999999999", "6")
        outcomes = await connect(served).write(
            [write_of(served, row, price=price) for row, price in zip(rows, prices, strict=True)]
        )
        assert results(outcomes) == ["applied", "rejected", "applied"]
        assert outcomes[1].code == "NUMBER_OUTSIDE_VALID_RANGE"
        assert entry_of(served, rows[2]["Id"])["UnitPrice"] == 6.0

    async def test_several_currencies_need_to_say_which(self, org, connect, row_of, write_of, entry_of) -> None:
        served = org(several_currencies=True)
        row = row_of(served)
        entry = entry_of(served, row["Id"])
        euro = entry | {"Id": "01u5g000000EURO1AA", "CurrencyIsoCode": "EUR", "UnitPrice": 7.25}
        served.state.put("PricebookEntry", euro["Id"], euro)
        plain = write_of(served, row, before="7.25", price="8")
        connector = connect(served)
        (outcome,) = await connector.write([plain])
        assert (outcome.result, "prices in EUR, USD" in outcome.message) == (Result.REJECTED, True)
        (outcome,) = await connector.write([replace(plain, currency="EUR")])
        assert outcome.result is Result.APPLIED
        assert served.state.get("PricebookEntry", euro["Id"])["UnitPrice"] == 8.0
        assert served.state.get("PricebookEntry", entry["Id"]) == entry


class TestLocks:
    async def test_a_locked_record_is_written_when_it_is_free(self, org, connect, row_of, write_of, entry_of) -> None:
        served = org()
        row = row_of(served)
        served.app.records.locks = {entry_of(served, row["Id"])["Id"]: 2}
        (outcome,) = await connect(served).write([write_of(served, row, price="8")])
        assert outcome.result is Result.APPLIED

    async def test_a_record_that_stays_locked_is_refused(self, org, connect, row_of, write_of, entry_of) -> None:
        served = org()
        row = row_of(served)
        served.app.records.locks = {entry_of(served, row["Id"])["Id"]: 99}
        (outcome,) = await connect(served).write([write_of(served, row, price="8")])
        assert (outcome.result, outcome.code) == (Result.REJECTED, "UNABLE_TO_LOCK_ROW")
        assert "tried several times" in outcome.message

    async def test_whoever_held_it_and_changed_it_is_not_overwritten(
        self, org, connect, row_of, write_of, entry_of, monkeypatch
    ) -> None:
        served = org()
        row = row_of(served)
        id = entry_of(served, row["Id"])["Id"]
        served.app.records.locks = {id: 1}
        connector, write = connect(served), write_of(served, row, price="8")

        async def meanwhile(_attempt: int) -> None:
            served.app.records.update("PricebookEntry", id, {"UnitPrice": 55.0})

        monkeypatch.setattr(connector._api, "wait", meanwhile)
        (outcome,) = await connector.write([write])
        assert outcome.result is Result.STALE
        assert served.state.get("PricebookEntry", id)["UnitPrice"] == 55.0


class TestLostAnswers:
    @pytest.mark.parametrize(
        ("kind", "result", "stored"),
        [
            ("error", "unknown", False),
            ("error_after", "unknown", True),
            ("reset", "unknown", False),
            ("reset_after", "unknown", True),
            ("timeout_after", "unknown", True),
            ("html_after", "unknown", True),
            ("cut_after", "unknown", True),
            ("short_page", "unknown", True),
            ("no_store", "applied", False),
        ],
    )
    async def test_it_is_not_known_and_not_sent_twice(
        self, org, connect, row_of, write_of, entry_of, changes, kind, result, stored
    ) -> None:
        served = org()
        row = row_of(served)
        served.app.faults.add(kind, method="PATCH", path=MANY)
        (outcome,) = await connect(served, timeout_seconds="0.5").write([write_of(served, row, price="8.75")])
        assert outcome.result == result
        assert len(changes(served)) == 1
        assert (entry_of(served, row["Id"])["UnitPrice"] == 8.75) is stored

    async def test_it_raises_when_nothing_can_have_been_sent(self, org, connect, row_of, write_of, changes) -> None:
        served = org()
        served.app.faults.add("error", method="GET", path=f"{DATA}/query*", times=0)
        with pytest.raises(Unreachable):
            await connect(served).write([write_of(served, row_of(served), price="8")])
        assert changes(served) == []


class TestCreating:
    def draft(self, **values) -> Draft:
        given = {
            "key": "k1", "kind": Kind.PRODUCTS, "source_id": "s1", "name": "Brass Hook", "price": Decimal("4.20"),
            "sku": Sku("HOOK-1"), "marker": "crosswalk:abc:k1", "description": "A hook",
        }  # fmt: skip
        return Draft(**{**given, **values})

    async def test_product_and_prices_are_one_request_and_the_marker_finds_it(self, org, connect, entry_of) -> None:
        served = org()
        connector = connect(served, price_book="Web sale")
        outcome = await connector.create(self.draft())
        assert outcome.result is Result.APPLIED
        assert sum(entry.method == "POST" and entry.changed for entry in served.requests) == 1
        assert entry_of(served, outcome.id)["UnitPrice"] == entry_of(served, outcome.id, "Web sale")["UnitPrice"] == 4.2
        (found,) = await connector.find_marker(Kind.PRODUCTS, "crosswalk:abc:k1", "Brass Hook")
        assert (found.id, found.description, found.skus[0].value) == (outcome.id, "A hook", "HOOK-1")
        assert await connector.find_marker(Kind.PRODUCTS, "crosswalk:abc:k2", "Brass Hook") == []

    async def test_a_field_of_its_own_keeps_the_description_clean(self, org, connect) -> None:
        served = org()
        connector = connect(served, marker_field="StockKeepingUnit")
        outcome = await connector.create(self.draft())
        row = served.state.get("Product2", outcome.id)
        assert (row["Description"], row["StockKeepingUnit"]) == ("A hook", "crosswalk:abc:k1")
        assert len(await connector.find_marker(Kind.PRODUCTS, "crosswalk:abc:k1", "Brass Hook")) == 1

    @pytest.mark.parametrize("fault", ["timeout_after", "reset_after", "error_after", "html_after"])
    async def test_a_lost_answer_is_unknown_and_the_marker_settles_it(self, org, connect, fault) -> None:
        served = org()
        served.app.faults.add(fault, method="POST", path=f"{DATA}/composite")
        connector = connect(served, timeout_seconds="0.5")
        outcome = await connector.create(self.draft())
        assert outcome.result is Result.UNKNOWN
        assert len(await connector.find_marker(Kind.PRODUCTS, "crosswalk:abc:k1", "Brass Hook")) == 1

    async def test_a_refused_price_takes_the_product_back(self, org, connect, whole) -> None:
        served = org()
        before = whole(served)
        served.app.records.refusing = {"PricebookEntry": "No prices today"}
        outcome = await connect(served).create(self.draft())
        assert (outcome.result, outcome.code) == (Result.REJECTED, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
        assert "No prices today" in outcome.message
        assert whole(served) == before

    async def test_what_cannot_be_is_told_before_anything_is_sent(self, org, connect, changes) -> None:
        served = org()
        connector = connect(served)
        for wrong, words in (
            ({"name": " "}, "a name is required"),
            ({"name": "x" * 256}, "at most 255 characters"),
            ({"kind": Kind.CUSTOMERS}, "only products"),
        ):
            outcome = await connector.create(self.draft(**wrong))
            assert (outcome.result, words in outcome.message) == (Result.REJECTED, True)
        assert changes(served) == []
        assert await connector.choices("categories") == ["None", "Kitchen", "Office", "Garden"]
        assert "Web sale" in await connector.choices("price books")
        assert (await connector.set_external_id(Kind.PRODUCTS, "x", "y")).result is Result.REJECTED
