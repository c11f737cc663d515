"""The pure parts: points, both places of errors, ids, and what one write comes to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connectors.http import Redactor
from connectors.shopify import errors, records
from connectors.shopify.errors import problem, required_access, user_errors
from connectors.shopify.jobs import Job
from connectors.shopify.merge import Merge, Units, differs, merge
from connectors.shopify.operations import SET_QUANTITIES, UPDATE_VARIANTS, VARIANTS, Operation
from connectors.shopify.pace import Cost, CostPace, cost_of
from connectors.shopify.quantities import key_of
from connectors.shopify.settings import settings_of
from engine.errors import ConnectorError, PermissionMissing, ProtocolError, Rejected, Unreachable, UsageError
from engine.model import Field, Kind
from engine.ports import ConnectionContext, FieldWrite, RecordWrite, Result


class Time:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds


def node(**changes: Any) -> dict[str, Any]:
    level = {"isActive": True, "quantities": [{"name": "available", "quantity": 7}, {"name": "on_hand", "quantity": 9}]}
    item = {
        "id": "gid://shopify/InventoryItem/30",
        "tracked": True,
        "unitCost": {"amount": "4.5", "currencyCode": "CAD"},
        "inventoryLevel": level,
    }
    row = {
        "id": "gid://shopify/ProductVariant/20",
        "title": "Red / L",
        "sku": "S-1",
        "barcode": "4006381333931",
        "price": "12.50",
        "compareAtPrice": "15.00",
        "updatedAt": "2026-07-01T10:00:00Z",
        "requiresComponents": False,
        "product": {"id": "gid://shopify/Product/10", "title": "Shirt", "status": "ACTIVE", "updatedAt": ""},
        "inventoryItem": item,
    }
    return {**row, **changes}


def item_with(**changes: Any) -> dict[str, Any]:
    return {"inventoryItem": {**node()["inventoryItem"], **changes}}


def write(**fields: tuple[str | None, str]) -> RecordWrite:
    changes = tuple(FieldWrite(Field(name), *values) for name, values in fields.items())
    return RecordWrite("run-1:storefront:products:20", Kind.PRODUCTS, "20", "Shirt", changes)


ALL_FIELDS = {"price": ("12.5", "13"), "cost": ("4.5", "5.25"), "quantity": ("7", "3"), "sku": ("S-1", "S-2")}


class TestPoints:
    async def test_a_request_that_does_not_fit_waits_for_its_points(self) -> None:
        time = Time()
        pace = CostPace(clock=time.clock, sleep=time.sleep)
        pace.learn(Cost(100, 100, maximum=1000, available=150, restore=50))
        async with pace.spend(400):
            assert time.slept == [5.0]
            pace.learn(Cost(400, 100, maximum=1000, available=300, restore=50))
        async with pace.spend(400):
            assert time.slept == [5.0, 2.0], "what the store said last counts, not what was reckoned"

    async def test_a_request_without_an_answer_counts_as_carried_out(self) -> None:
        time = Time()
        pace = CostPace(clock=time.clock, sleep=time.sleep)
        pace.learn(Cost(1, 1, maximum=1000, available=1000, restore=100))
        async with pace.spend(900):
            pass
        assert pace.budget().used == 900

    async def test_points_in_flight_are_not_spent_twice(self) -> None:
        time = Time()
        pace = CostPace(clock=time.clock, sleep=time.sleep)
        pace.learn(Cost(1, 1, maximum=1000, available=1000, restore=100))
        async with pace.spend(600):
            assert time.slept == []
            assert pace.wait(600) == pytest.approx(2.0)

    async def test_a_request_larger_than_the_bucket_waits_for_a_full_one_only(self) -> None:
        time = Time()
        pace = CostPace(clock=time.clock, sleep=time.sleep)
        pace.learn(Cost(1, 1, maximum=1000, available=500, restore=100))
        async with pace.spend(5000):
            assert time.slept == [5.0]

    async def test_nothing_waits_before_the_store_has_told(self) -> None:
        time = Time()
        pace = CostPace(clock=time.clock, sleep=time.sleep)
        async with pace.spend(900):
            assert time.slept == []
        assert pace.budget().limit is None

    def test_the_budget_is_the_stores_own_and_fills_again(self) -> None:
        time = Time()
        pace = CostPace(clock=time.clock, sleep=time.sleep)
        pace.learn(Cost(100, 20, maximum=2000, available=400, restore=100))
        told = pace.budget()
        assert (told.limit, told.window, told.used, told.unit) == (2000, 20, 1600, "points")
        time.now += 4
        assert pace.budget().used == 1200
        time.now += 60
        assert pace.budget().used == 0

    def test_a_refusal_pauses_everybody_for_what_is_lacking(self) -> None:
        time = Time()
        pace = CostPace(clock=time.clock, sleep=time.sleep)
        pace.learn(Cost(500, None, maximum=1000, available=100, restore=50))
        assert pace.throttled(500) == pytest.approx(8.0)
        told = pace.budget()
        assert (told.throttled, told.waiting_seconds) == (1, pytest.approx(8.0))

    def test_a_refusal_without_numbers_waits_longer_each_time(self) -> None:
        pace = CostPace()
        assert [pace.throttled(100, times) for times in (1, 2, 3)] == [1.0, 2.0, 4.0]

    @pytest.mark.parametrize(
        "extensions",
        [None, {}, {"cost": None}, {"cost": {"throttleStatus": {"maximumAvailable": 0, "restoreRate": 50}}}],
    )
    def test_an_answer_without_its_cost_teaches_nothing(self, extensions: Any) -> None:
        assert cost_of({"data": {}, "extensions": extensions}) is None

    def test_a_throttled_answer_has_no_actual_cost(self) -> None:
        status = {"maximumAvailable": Decimal("1000.0"), "currentlyAvailable": 666, "restoreRate": Decimal("50.0")}
        cost = {"requestedQueryCost": 752, "actualQueryCost": None, "throttleStatus": status}
        assert cost_of({"extensions": {"cost": cost}}) == Cost(752.0, None, 1000.0, 666.0, 50.0)


def found(operation: Operation, document: Any) -> ConnectorError | None:
    return problem(operation, document, connection="shop", request_id="r-1", redactor=Redactor("hunter22"))


class TestErrors:
    def test_data_without_errors_is_no_problem(self) -> None:
        assert found(VARIANTS, {"data": {"productVariants": {"nodes": []}}}) is None

    @pytest.mark.parametrize(
        "error",
        [
            {"requiredAccess": "`read_inventory` access scope."},
            {"message": "Access denied for productVariants field. Required access: `read_inventory` access scope."},
        ],
    )
    def test_a_missing_scope_is_named_as_the_store_names_it(self, error: dict[str, str]) -> None:
        extensions = {"code": "ACCESS_DENIED", **({k: v for k, v in error.items() if k != "message"})}
        listed = [{"message": error.get("message", "Access denied."), "extensions": extensions, "path": ["x"]}]
        told = found(VARIANTS, {"data": {"productVariants": None}, "errors": listed})
        assert isinstance(told, PermissionMissing)
        assert told.permission == "read_inventory"
        assert 'access scope "read_inventory" is missing' in str(told)
        assert told.request_id == "r-1"

    def test_a_missing_scope_that_nobody_names_is_the_operations_own(self) -> None:
        told = found(SET_QUANTITIES, {"errors": [{"message": "no", "extensions": {"code": "ACCESS_DENIED"}}]})
        assert isinstance(told, PermissionMissing)
        assert told.permission == "write_inventory"

    def test_a_failure_inside_the_store_leaves_a_write_open_and_a_read_not(self) -> None:
        document = {"data": None, "errors": [{"message": "oops", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}
        written, read = found(UPDATE_VARIANTS, document), found(VARIANTS, document)
        assert isinstance(written, Unreachable)
        assert isinstance(read, Unreachable)
        assert (written.maybe_sent, read.maybe_sent) == (True, False)

    def test_a_write_that_answers_with_data_and_an_unknown_error_is_open(self) -> None:
        told = found(UPDATE_VARIANTS, {"data": {"productVariantsBulkUpdate": None}, "errors": [{"message": "hm"}]})
        assert isinstance(told, Unreachable)
        assert told.maybe_sent

    def test_a_document_that_is_not_valid_was_not_carried_out(self) -> None:
        told = found(UPDATE_VARIANTS, {"errors": [{"message": "Field 'x' doesn't exist", "path": ["query"]}]})
        assert isinstance(told, Rejected)
        assert "Nothing was written" in str(told)

    @pytest.mark.parametrize("document", [None, [], {}, {"data": None}, {"data": {}}, {"data": {"shop": {}}}])
    def test_an_answer_without_the_data_asked_for_is_an_error(self, document: Any) -> None:
        told = found(VARIANTS, document)
        assert isinstance(told, ProtocolError)
        assert not told.maybe_sent

    def test_secrets_are_masked_in_what_the_store_says(self) -> None:
        told = found(VARIANTS, {"errors": [{"message": "token hunter22 is bad"}]})
        assert "hunter22" not in str(told)

    def test_http_errors_are_told_in_the_stores_words(self) -> None:
        assert errors.explain({"errors": "[API] Invalid API key"}).message == "[API] Invalid API key"
        assert errors.explain({"errors": [{"message": "a"}, {"message": "b"}]}).message == "a; b"
        assert errors.explain("nonsense").message == ""
        assert required_access("nonsense") == ""

    def test_user_errors_say_which_record_and_field(self) -> None:
        listed = [
            {"field": ["variants", "2", "inventoryItem", "cost"], "message": "too much", "code": "INVALID_INPUT"},
            {"field": ["productId"], "message": "gone", "code": "PRODUCT_DOES_NOT_EXIST"},
            {"field": None, "message": "whatever"},
        ]
        told = [(one.index, one.field, one.code) for one in user_errors({"userErrors": listed}, "variants")]
        assert told == [(2, "cost", "INVALID_INPUT"), (None, "productId", "PRODUCT_DOES_NOT_EXIST"), (None, "", "")]


class TestRecords:
    def test_a_choice_is_named_by_product_and_options(self) -> None:
        made = records.variant(node(), "CAD", "available", "https://s")
        assert (made.id, made.name, made.parent_id, made.active) == ("20", "Shirt - Red / L", "product-10", True)
        assert [(one.amount, one.currency, one.type) for one in made.prices] == [
            (Decimal("12.50"), "CAD", "recurring"),
            (Decimal("15.00"), "CAD", "compare_at"),
        ]
        assert (made.costs[0].amount, made.quantity, made.skus[0].value) == (Decimal("4.5"), Decimal(7), "S-1")
        assert made.notes == "on sale, compared at 15"

    def test_a_plain_product_has_its_own_name_and_no_parent(self) -> None:
        plain = node(title="Default Title")
        made = records.variant(plain, "CAD", "on_hand", "https://s")
        assert (made.name, made.parent_id, made.quantity, made.is_base) == ("Shirt", "", Decimal(9), False)

    def test_a_bundle_is_never_synced(self) -> None:
        assert records.variant(node(requiresComponents=True), "CAD", "available", "https://s").is_base

    @pytest.mark.parametrize("level", [None, {"isActive": False, "quantities": []}])
    def test_what_is_not_stocked_at_the_location_has_no_quantity(self, level: Any) -> None:
        assert records.quantity_of(node(**item_with(inventoryLevel=level)), "available") is None

    @pytest.mark.parametrize(
        "changes", [{"price": "free"}, {"id": "x"}, {"inventoryItem": None}, item_with(unitCost={"amount": None})]
    )
    def test_what_cannot_be_read_is_an_error(self, changes: Any) -> None:
        with pytest.raises(ValueError, match=r"."):
            records.variant(node(**changes), "CAD", "available", "https://s")

    def test_parents_and_variants_have_ids_of_their_own(self) -> None:
        assert records.base(node()["product"], "https://s").id == "product-10"
        assert (records.product_id("product-10"), records.product_id("10"), records.product_id("product-x")) == (
            "10",
            "",
            "",
        )


class TestMerge:
    def test_all_four_fields_go_where_shopify_keeps_them(self) -> None:
        merged = merge(node(), write(**ALL_FIELDS), "available", counts=True)
        assert merged.body == {"price": "13", "inventoryItem": {"cost": "5.25", "sku": "S-2"}}
        assert merged.units == Units("gid://shopify/InventoryItem/30", 7, 3)
        assert merged.settled == {}

    def test_a_moved_value_is_stale_and_an_equal_one_is_not_sent(self) -> None:
        merged = merge(node(), write(price=("12", "13"), sku=("S-0", "S-1")), "available", counts=True)
        assert merged.stale
        assert {name.value: one.result for name, one in merged.settled.items()} == {
            "price": Result.STALE,
            "sku": Result.UNCHANGED,
        }
        assert merged.settled[Field.PRICE].found == "12.5"
        assert merged.body == {}

    @pytest.mark.parametrize(
        ("changes", "after", "counts", "words"),
        [
            ({}, "2.5", True, "whole units"),
            ({}, "2000000000", True, "beyond what Shopify counts"),
            ({}, "many", True, "no amount"),
            ({}, "3", False, "no inventory location"),
            (item_with(tracked=False), "3", True, "not tracked"),
            (item_with(inventoryLevel=None), "3", True, "not stocked"),
            ({"requiresComponents": True}, "3", True, "bundle"),
        ],
    )
    def test_a_quantity_that_cannot_be_written_says_why(
        self, changes: Any, after: str, counts: bool, words: str
    ) -> None:
        merged = merge(node(**changes), write(quantity=("7", after)), "available", counts=counts)
        assert merged.settled[Field.QUANTITY].result is Result.REJECTED
        assert words in merged.settled[Field.QUANTITY].message
        assert merged.units is None

    def test_an_sku_can_be_taken_away_again(self) -> None:
        merged = merge(node(), write(sku=("S-1", "")), "available", counts=True)
        assert merged.body == {"inventoryItem": {"sku": ""}}
        answer = {"price": "1", "inventoryItem": {"sku": "", "unitCost": None}}
        assert differs(answer, Field.SKU, merged.expected[Field.SKU]) is None
        assert differs(answer, Field.COST, "5") == "empty"


def job(key: str, after: int, before: int = 7) -> Job:
    one = RecordWrite(key, Kind.PRODUCTS, "20", "Shirt", ())
    return Job(0, one, "gid://shopify/Product/10", Merge(units=Units("gid://shopify/InventoryItem/30", before, after)))


class TestKeys:
    """A request repeated after a crash has the same key; anything else has another."""

    def test_the_same_intents_have_the_same_key(self) -> None:
        assert key_of([job("run-1:a", 3)], "L") == key_of([job("run-1:a", 3)], "L")

    def test_another_run_value_location_or_attempt_has_another(self) -> None:
        keys = {
            key_of([job("run-1:a", 3)], "L"),
            key_of([job("run-2:a", 3)], "L"),
            key_of([job("run-1:a", 4)], "L"),
            key_of([job("run-1:a", 3, before=6)], "L"),
            key_of([job("run-1:a", 3)], "M"),
            key_of([job("run-1:a", 3)], "L", 2),
            key_of([job("run-1:a", 3), job("run-1:b", 3)], "L"),
        }
        assert len(keys) == 7


class TestOptions:
    @pytest.mark.parametrize("address", ["https://s.myshopify.com", "https://s.myshopify.com/admin/api/2025-01/"])
    def test_the_version_is_the_connectors_own(self, address: str) -> None:
        context = ConnectionContext("shop", {"base_url": address, "access_token": "env:T"}, str)
        assert settings_of(context).where.base_url == "https://s.myshopify.com/admin/api/2026-07"

    @pytest.mark.parametrize(
        ("name", "value"),
        [("quantity", "some"), ("page_size", "0"), ("page_size", "251"), ("order_number", "x"), ("access_token", "")],
    )
    def test_a_wrong_option_is_named(self, name: str, value: str) -> None:
        options = {"base_url": "https://s.myshopify.com", "access_token": "env:T", name: value}
        with pytest.raises(UsageError, match=name):
            settings_of(ConnectionContext("shop", options, str))
