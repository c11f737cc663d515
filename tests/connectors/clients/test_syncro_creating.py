"""Adding products to Syncro, settling a create that gave no answer, and every way in which Syncro says no."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connectors.syncro.errors import explain, permission
from engine.model import Kind, Sku
from engine.ports import Draft, Result


def puts(served) -> list[Any]:
    return [entry for entry in served.requests if entry.method in {"PUT", "POST"}]


def draft(vendor: str = "", **more: Any) -> Draft:
    sku = Sku("MPN-1", vendor) if vendor else None
    return Draft(
        "k9",
        Kind.PRODUCTS,
        "m1",
        "Seat, monthly",
        price=Decimal("10.10"),
        cost=Decimal("7.5"),
        sku=sku,
        marker="crosswalk:k9",
        **more,
    )


class TestCreating:
    async def test_a_product_with_all_its_fields(self, sandbox, connect, tiny) -> None:
        served = sandbox("syncro", tiny)
        connector = connect(served)
        vendor, category = tiny.syncro_vendors[0]["name"], (await connector.choices("categories"))[-1]
        outcome = await connector.create(
            draft(vendor, description="A seat", upc="0123", category=category, taxable=False)
        )
        assert (outcome.result, outcome.message) == (Result.APPLIED, "")
        stored = served.state.get("products", outcome.id)
        expected = {
            "name": "Seat, monthly",
            "description": "A seat",
            "price_retail": 10.1,
            "price_cost": 7.5,
            "upc_code": "0123",
            "category_path": category,
            "taxable": False,
            "maintain_stock": False,
            "notes": "crosswalk:k9",
        }
        assert {name: stored[name] for name in expected} == expected
        assert [(sku["vendor_name"], sku["sku"]) for sku in stored["product_skus"]] == [(vendor, "MPN-1")]

    async def test_a_missing_description_is_the_name(self, sandbox, connect, tiny) -> None:
        served = sandbox("syncro", tiny)
        outcome = await connect(served).create(draft())
        assert served.state.get("products", outcome.id)["description"] == "Seat, monthly"

    @pytest.mark.parametrize("fault", ["timeout_after", "reset_after", "cut_after", "error_after", "html_after"])
    async def test_a_create_without_an_answer_is_unknown_never_doubled_and_found_by_its_marker(
        self, sandbox, connect, tiny, fault
    ) -> None:
        served = sandbox("syncro", tiny)
        connector = connect(served, timeout_seconds="0.3")
        served.app.faults.add(fault, method="POST", times=0)
        outcome = await connector.create(draft(tiny.syncro_vendors[0]["name"]))
        assert outcome.result is Result.UNKNOWN
        served.app.faults.clear()
        found = await connector.find_marker(Kind.PRODUCTS, "crosswalk:k9", "Seat, monthly")
        assert [one.name for one in found] == ["Seat, monthly"]
        assert len(puts(served)) == 1

    @pytest.mark.parametrize("fault", ["timeout", "reset", "error", "html"])
    async def test_a_create_that_never_happened_leaves_no_marker(self, sandbox, connect, tiny, fault) -> None:
        served = sandbox("syncro", tiny)
        connector = connect(served, timeout_seconds="0.3")
        served.app.faults.add(fault, method="POST")
        assert (await connector.create(draft())).result is Result.UNKNOWN
        assert await connector.find_marker(Kind.PRODUCTS, "crosswalk:k9", "Seat, monthly") == []

    async def test_a_namesake_without_the_marker_is_not_ours(self, sandbox, connect, tiny) -> None:
        connector = connect(sandbox("syncro", tiny))
        await connector.create(draft())
        assert await connector.find_marker(Kind.PRODUCTS, "crosswalk:other", "Seat, monthly") == []
        assert await connector.find_marker(Kind.CUSTOMERS, "crosswalk:k9", "Seat, monthly") == []
        assert len(await connector.find_marker(Kind.FEES, "crosswalk:k9", "Seat, monthly")) == 1

    async def test_a_sku_that_failed_does_not_hide_the_product_that_was_made(self, sandbox, connect, tiny) -> None:
        served = sandbox("syncro", tiny)
        served.app.faults.add("error", method="POST", path="/products/*/product_skus", status=400)
        outcome = await connect(served).create(draft(tiny.syncro_vendors[0]["name"]))
        assert outcome.result is Result.APPLIED
        assert outcome.id
        assert "its SKU MPN-1 is not confirmed" in outcome.message

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            (draft("Nobody Inc"), 'no vendor named "Nobody Inc"'),
            (draft(category="Nowhere"), 'no category "Nowhere"'),
            (Draft("k", Kind.PRODUCTS, "1", " "), "a name is required"),
            (Draft("k", Kind.CUSTOMERS, "1", "x"), "only products"),
        ],
    )
    async def test_a_wrong_draft_is_refused_before_anything_is_sent(self, sandbox, connect, tiny, wrong, words) -> None:
        served = sandbox("syncro", tiny)
        outcome = await connect(served).create(wrong)
        assert outcome.result is Result.REJECTED
        assert words in outcome.message
        assert puts(served) == []

    async def test_external_ids_have_no_place(self, sandbox, connect, tiny) -> None:
        outcome = await connect(sandbox("syncro", tiny)).set_external_id(Kind.CUSTOMERS, "1", "2")
        assert outcome.result is Result.REJECTED


class TestWords:
    @pytest.mark.parametrize(
        ("data", "words"),
        [
            ({"error": "Not authorized."}, "Not authorized."),
            ({"error": ["a", "b"]}, "a; b"),
            ({"errors": "broken"}, "broken"),
            ({"errors": ["a", "b"]}, "a; b"),
            (
                {"errors": {"name": ["can't be blank"], "price": ["is odd", "is low"]}},
                "name: can't be blank; price: is odd; is low",
            ),
            (
                {"success": False, "message": ["Name can't be blank"], "params": {"name": "p4ssw0rd"}},
                "Name can't be blank",
            ),
            ({"message": "Not found"}, "Not found"),
            ({"name": ["has already been taken"]}, "name: has already been taken"),
            ("Retry later", "Retry later"),
            (["a", None, "b"], "a; b"),
            (None, ""),
            ({"product": {"id": 1}}, ""),
            ({"status": 500, "error": "Internal Server Error"}, "Internal Server Error"),
        ],
    )
    def test_every_shape_of_an_error_is_read(self, data, words) -> None:
        assert explain(data).message == words

    @pytest.mark.parametrize(
        ("method", "path", "name"),
        [
            ("GET", "/customers", "Customers - List/Search"),
            ("GET", "/customers/12", "Customers - View Detail"),
            ("GET", "/products", "Products - List/Search"),
            ("GET", "/products/12", "Products - List/Search"),
            ("GET", "/products/categories", "Products - List/Search"),
            ("GET", "/products/12/product_skus", "Products - List/Search"),
            ("POST", "/products", "Products - Create"),
            ("PUT", "/products/12", "Products - Edit"),
            ("POST", "/products/12/product_skus", "Products - Edit"),
            ("PUT", "/products/12/product_skus/3", "Products - Edit"),
            ("GET", "/vendors", "Vendors - List"),
            ("GET", "/vendors/4", "Vendors - View Details"),
            ("POST", "/vendors", "Vendors - New"),
            ("DELETE", "/customers/1", "Customers - Delete"),
        ],
    )
    def test_every_request_knows_its_permission(self, method, path, name) -> None:
        assert permission(method, path) == name
