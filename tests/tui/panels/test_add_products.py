from __future__ import annotations

from decimal import Decimal

import pytest

from engine.model import Kind, Sku
from engine.ports import Draft
from tui.screens.add_products import BatchPage, add_products
from tui.widgets.forms import Form
from tui.widgets.product_form import FormChoices, draft_of, errors_of, one_fields, template_fields, template_of

EVERYTHING = FormChoices(
    frozenset({"description", "vendor", "upc", "category", "taxable", "maintain_stock"}),
    ("Acme", "Fabrikam"),
    ("Backup",),
)
DRAFT = Draft(
    "k", Kind.PRODUCTS, "p4", "Mailbox 50 GB", "A mailbox", Decimal("4.00"), Decimal(2), "USD", Sku("MB-50", "Acme")
)


def test_the_form_gives_back_the_draft_it_was_filled_from():
    values = {field.name: field.value for field in one_fields(DRAFT, EVERYTHING)}
    assert draft_of(DRAFT, values) == DRAFT


def test_a_back_office_without_a_field_has_none_in_the_form():
    names = [field.name for field in one_fields(DRAFT, FormChoices(frozenset()))]
    assert names == ["name", "price", "cost", "sku"]
    assert {field.name for field in template_fields(FormChoices(frozenset()))} == {"name", "price", "cost"}


def test_a_code_can_be_taken_away():
    values = {field.name: field.value for field in one_fields(DRAFT, EVERYTHING)}
    assert draft_of(DRAFT, {**values, "sku": "", "vendor": "", "cost": ""}).sku is None
    assert draft_of(DRAFT, {**values, "cost": ""}).cost is None


def test_an_sku_and_its_vendor_go_together():
    assert errors_of({"sku": "", "vendor": "Acme"}) == {"sku": "needed for a vendor's SKU"}
    assert "vendor" in errors_of({"sku": "X", "vendor": ""})
    assert errors_of({"sku": "X"}) == {}
    assert template_of({"name": "", "category": "Backup"}) == {"category": "Backup"}


@pytest.fixture
def adding(host, connected, eventually):
    async def start(pilot, app, ids):
        async def run():
            app.result = await add_products(app, "acme", ids)
            app.finished.set()

        app.run_worker(run(), exit_on_error=True)
        await eventually(pilot, lambda: len(app.screen_stack) > 1)
        await pilot.pause()

    return host(connected), start


async def test_one_product_by_a_prefilled_form(adding, connected, golden, painted, eventually):
    app, start = adding
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot, app, ["p4"])
        golden("add_product", app)
        app.screen.query_one(Form).row("price").value = "4.50"
        await pilot.press("ctrl+s")
        await eventually(pilot, lambda: "1 applied" in painted(app))
        await pilot.press("escape")
        await app.finished.wait()
    assert app.result is True
    row = next(row for row in connected.snapshot("acme", Kind.PRODUCTS).rows if row.id == "p4")
    assert row.right == "Mailbox 50 GB"


async def test_what_may_exist_already_is_asked_about(adding, painted, eventually):
    app, start = adding
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot, app, ["p4"])
        app.screen.query_one(Form).row("name").value = "Seat basic"
        await pilot.press("ctrl+s")
        await eventually(pilot, lambda: "It may exist already" in painted(app))
        await pilot.press("n")
        await eventually(pilot, lambda: "nothing was created" in painted(app))
        assert app.screen.query_one(Form).values()["name"] == "Seat basic"


async def test_many_products_with_a_template(adding, connected, painted, eventually):
    app, start = adding
    async with app.run_test(size=(160, 50)) as pilot:
        await start(pilot, app, ["p1", "p2", "p4"])
        page = app.screen
        assert isinstance(page, BatchPage)
        assert "has a product of this name: b2" in painted(app)
        ready = [draft.source_id for draft in page.ready()]
        assert "p4" in ready
        assert "p2" not in ready
        await pilot.press("t")
        await eventually(pilot, lambda: "each product's own value" in painted(app))
        app.screen.query_one(Form).row("name").value = "New {name}"
        await pilot.press("ctrl+s")
        await eventually(pilot, lambda: "New Mailbox 50 GB" in painted(app))
        await pilot.press("end", "space")
        assert "left out" in painted(app)
        assert page.ready() == []
        await pilot.press("end", "space")
        await pilot.press("s")
        await eventually(pilot, lambda: "They are created in the back office" in painted(app))
        await pilot.press("y")
        await eventually(pilot, lambda: "applied" in painted(app))
        await pilot.press("escape")
        await app.finished.wait()
    assert app.result is True


async def test_leaving_creates_nothing(adding, connected, files):
    app, start = adding
    before = (files / "erp.csv").read_text()
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot, app, ["p4"])
        await pilot.press("escape")
        await app.finished.wait()
    assert app.result is False
    assert (files / "erp.csv").read_text() == before
