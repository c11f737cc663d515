"""Pushing products with prices in several books: few calls, no second product, and a clear word for every part."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.crm import BookPrice, PushItem, TextValue
from engine.errors import Unreachable
from engine.ports import Result

DATA = "/services/data/v67.0"
MANY = f"{DATA}/composite/sobjects"
UPSERT = f"{MANY}/Product2/UC_Item_Id__c"


@pytest.fixture
def books(crm_world) -> dict[str, str]:
    return {book.name: book.id for book in crm_world.books}


@pytest.fixture
def item(books):
    """``item("A-1", sale="8")``: a new item with a standard price, and one in "Web sale"."""

    def make(code: str, price: str = "10", sale: str = "", **values: str) -> PushItem:
        given = {"name": f"Item {code}", "code": code, "description": f"About {code}", "active": "true", **values}
        prices = [BookPrice(books["Standard Price Book"], Decimal(price))]
        prices += [BookPrice(books["Web sale"], Decimal(sale))] if sale else []
        texts = tuple(TextValue(name, value) for name, value in given.items())
        return PushItem(f"key:{code}", f"source:{code}", code, texts, tuple(prices))

    return make


def made(served, code: str) -> list[dict]:
    return [row for row in served.state.rows("Product2") if row["ProductCode"] == code and not row["IsDeleted"]]


@pytest.mark.parametrize("key", ["UC_Item_Id__c", ""])
class TestNewItems:
    async def test_two_hundred_items_take_three_writes_and_one_more_per_book(
        self, org, connect, item, entry_of, changes, key
    ) -> None:
        served = org()
        connector = connect(served, external_id_field=key)
        await connector.price_books()
        items = [item(f"PUSH-{number:04d}", price="12.5", sale="10", UC_Stock__c="7") for number in range(200)]
        outcomes = await connector.push(items)
        assert {one.result for one in outcomes} == {Result.APPLIED}, outcomes[0]
        assert [one.key for one in outcomes] == [one.key for one in items]
        assert len(changes(served)) == 3
        assert sum(entry.path.startswith(f"{DATA}/query") for entry in served.requests) <= 1 + (2 if key else 1)
        for one, outcome in zip(items, outcomes, strict=True):
            (row,) = made(served, one.code)
            assert row["Id"] == outcome.product_id
            assert (row["Name"], row["IsActive"], row["UC_Stock__c"]) == (f"Item {one.code}", True, 7.0)
            assert row["UC_Item_Id__c"] == (one.code if key else None)
            standard, sale = entry_of(served, row["Id"]), entry_of(served, row["Id"], "Web sale")
            assert (standard["UnitPrice"], sale["UnitPrice"], standard["IsActive"]) == (12.5, 10.0, True)
            assert outcome.entries == {standard["Pricebook2Id"]: standard["Id"], sale["Pricebook2Id"]: sale["Id"]}

    @pytest.mark.parametrize("fault", ["timeout_after", "reset_after", "error_after", "cut_after", "short_page"])
    async def test_after_a_lost_answer_the_same_push_makes_no_second_product(
        self, org, connect, item, entry_of, key, fault
    ) -> None:
        served = org()
        served.app.faults.add(fault, method="PATCH" if key else "POST", path=UPSERT if key else MANY)
        connector = connect(served, external_id_field=key, timeout_seconds="0.5")
        items = [item("LOST-1", sale="8"), item("LOST-2")]
        outcomes = await connector.push(items)
        assert {one.result for one in outcomes} == {Result.UNKNOWN}
        again = await connector.push(items)
        assert {one.result for one in again} == {Result.APPLIED}
        assert [len(made(served, one.code)) for one in items] == [1, 1]
        assert entry_of(served, again[0].product_id, "Web sale")["UnitPrice"] == 8.0
        third = await connector.push(items)
        assert {one.result for one in third} == {Result.UNCHANGED}

    async def test_a_code_that_is_there_already_is_offered_and_not_touched(
        self, org, connect, item, row_of, whole, changes, key
    ) -> None:
        served = org()
        row, before = row_of(served), whole(served)
        twice = next(
            one for one in served.state.rows("Product2")
            if sum(other["ProductCode"] == one["ProductCode"] for other in served.state.rows("Product2")) == 2
        )  # fmt: skip
        outcomes = await connect(served, external_id_field=key).push(
            [item(f" {row['ProductCode'].lower()} "), item(twice["ProductCode"]), item("TWICE-1"), item("twice-1")]
        )
        assert [one.result for one in outcomes] == [Result.REJECTED, Result.REJECTED, Result.APPLIED, Result.REJECTED]
        assert outcomes[0].matches == (row["Id"],)
        assert (outcomes[0].code, "link it" in outcomes[0].message) == ("DUPLICATE_VALUE", True)
        assert len(outcomes[1].matches) == 2
        assert "comes twice in this push" in outcomes[3].message
        now = whole(served)
        assert {id: now["Product2"][id] for id in before["Product2"]} == before["Product2"]


class TestParts:
    async def test_a_refused_price_leaves_the_product_named(self, org, connect, item) -> None:
        served = org()
        served.app.records.refusing = {"PricebookEntry": "No prices today"}
        (outcome,) = await connect(served).push([item("PART-1")])
        assert outcome.result is Result.REJECTED
        assert outcome.product_id == made(served, "PART-1")[0]["Id"]
        assert "No prices today" in outcome.message

    async def test_one_bad_item_stops_no_other(self, org, connect, item) -> None:
        served = org()
        items = [
            item("GOOD-1"),
            item("BAD-1", UC_Material__c="Plastic"),
            item("BAD-2", UC_Barcode__c="9" * 31),
            item("BAD-3", Nothing__c="1"),
            item("BAD-4", Margin__c="1"),
            item("BAD-5", name=""),
            item("GOOD-2"),
        ]
        outcomes = await connect(served).push(items)
        assert [one.result.value for one in outcomes] == ["applied", *["rejected"] * 5, "applied"]
        words = [
            "bad value for restricted picklist", "has at most 30 characters", "there is no field Nothing__c",
            "cannot be written", "needs a name",
        ]  # fmt: skip
        for outcome, word in zip(outcomes[1:6], words, strict=True):
            assert word in outcome.message
        assert not any(made(served, f"BAD-{number}") for number in range(1, 6))

    async def test_a_custom_price_without_a_standard_one_is_refused_with_advice(
        self, org, connect, item, books
    ) -> None:
        served = org()
        plain = item("ONLY-1", sale="8")
        only = PushItem(plain.key, plain.source_id, plain.code, plain.values, plain.prices[1:])
        (outcome,) = await connect(served).push([only])
        assert (outcome.result, outcome.code) == (Result.REJECTED, "STANDARD_PRICE_NOT_DEFINED")
        assert "no price in the standard price book yet" in outcome.message

    async def test_a_duplicate_value_names_the_other_record(self, org, connect, item, row_of) -> None:
        served = org()
        other = row_of(served)
        served.app.records.update("Product2", other["Id"], {"UC_Item_Id__c": "DUP-1"})
        connector = connect(served, external_id_field="")
        (outcome,) = await connector.push([item("NEW-9", UC_Item_Id__c="dup-1")])
        assert (outcome.result, outcome.code) == (Result.REJECTED, "DUPLICATE_VALUE")
        assert outcome.matches == (other["Id"][:15],)

    async def test_the_limit_of_the_day_in_the_middle_names_what_was_made(self, org, connect, item) -> None:
        served = org(rate=1, limit=5)
        connector = connect(served)
        (outcome,) = await connector.push([item("LIMIT-1", sale="8")])
        assert (outcome.result, outcome.code) == (Result.NOT_SENT, "REQUEST_LIMIT_EXCEEDED")
        assert outcome.product_id == made(served, "LIMIT-1")[0]["Id"]

    async def test_it_raises_only_when_nothing_was_sent(self, org, connect, item, changes) -> None:
        served = org()
        served.app.faults.add("error", method="GET", path=f"{DATA}/query*", times=0)
        with pytest.raises(Unreachable):
            await connect(served).push([item("NONE-1")])
        assert changes(served) == []


class TestExistingItems:
    def update(self, row, values=(), prices=()) -> PushItem:
        return PushItem("k", "s", row["ProductCode"], tuple(values), tuple(prices), row["Id"])

    async def test_values_and_prices_that_differ_are_written_and_the_rest_is_left(
        self, org, connect, row_of, entry_of, books, whole
    ) -> None:
        served = org()
        row, before = row_of(served), whole(served)
        entry = entry_of(served, row["Id"])
        standard = BookPrice(
            books["Standard Price Book"], Decimal("3.33"), "USD", entry["Id"], Decimal(str(entry["UnitPrice"]))
        )
        values = (TextValue("name", "Renamed", row["Name"]), TextValue("UC_Cost__c", "2.5", ""))
        (outcome,) = await connect(served).push([self.update(row, values, (standard,))])
        assert outcome.result is Result.APPLIED
        now = whole(served)
        assert now["Product2"].pop(row["Id"]) == before["Product2"].pop(row["Id"]) | {
            "Name": "Renamed",
            "UC_Cost__c": 2.5,
        }
        assert now["PricebookEntry"].pop(entry["Id"])["UnitPrice"] == 3.33
        before["PricebookEntry"].pop(entry["Id"])
        assert now == before

    async def test_an_inactive_entry_is_made_active(self, org, connect, entry_of, books) -> None:
        served = org()
        entry = next(one for one in served.state.rows("PricebookEntry") if not one["IsActive"])
        row = served.state.get("Product2", entry["Product2Id"])
        amount = Decimal(str(entry["UnitPrice"]))
        price = BookPrice(entry["Pricebook2Id"], amount, "", entry["Id"], amount)
        (outcome,) = await connect(served).push([self.update(row, (), (price,))])
        assert outcome.result is Result.APPLIED
        assert served.state.get("PricebookEntry", entry["Id"])["IsActive"] is True

    async def test_what_moved_is_stale(self, org, connect, row_of, entry_of, books, changes) -> None:
        served = org()
        row = row_of(served)
        entry = entry_of(served, row["Id"])
        connector = connect(served)
        price = BookPrice(books["Standard Price Book"], Decimal(3), "", entry["Id"], Decimal("0.01"))
        (outcome,) = await connector.push([self.update(row, (), (price,))])
        assert outcome.result is Result.STALE
        unseen = BookPrice(books["Standard Price Book"], Decimal(3))
        (outcome,) = await connector.push([self.update(row, (), (unseen,))])
        assert outcome.result is Result.STALE
        (outcome,) = await connector.push([self.update(row, (TextValue("name", "New", "Old"),))])
        assert outcome.result is Result.STALE
        gone = {**row, "Id": "01t5g00000ZZZZZAAA"}
        (outcome,) = await connector.push([self.update(gone, (TextValue("name", "New"),))])
        assert outcome.result is Result.REJECTED
        assert changes(served) == []


async def test_codes_are_found_whatever_their_case_and_by_external_id(org, connect, row_of, crm_world) -> None:
    served = org()
    row = row_of(served)
    served.app.records.update("Product2", row_of(served, 1)["Id"], {"UC_Item_Id__c": "by-key", "IsActive": False})
    found = await connect(served).find_codes([f"  {row['ProductCode'].lower()}", "BY-KEY", "nobody", "it's"])
    assert {code: [one.id for one in products] for code, products in found.items()} == {
        row["ProductCode"].casefold(): [row["Id"]],
        "by-key": [row_of_inactive(served, "by-key")],
    }


def row_of_inactive(served, key: str) -> str:
    return next(row["Id"] for row in served.state.rows("Product2") if row["UC_Item_Id__c"] == key)


async def test_the_entries_of_some_products(org, connect, row_of) -> None:
    served = org()
    ids = [row_of(served, nth)["Id"] for nth in range(2)]
    found = await connect(served).entries_of([*ids, "no id at all"])
    wanted = {row["Id"] for row in served.state.rows("PricebookEntry") if row["Product2Id"] in ids}
    assert {one.id for one in found} == wanted
