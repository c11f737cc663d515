from __future__ import annotations

from decimal import Decimal

import pytest

from tui.screens.fee_form import edit_fee
from tui.widgets.forms import Form


@pytest.fixture
def editing(host, connected, eventually):
    async def start(pilot, app, fee=None):
        async def run():
            app.result = await edit_fee(app, "acme", fee)
            app.finished.set()

        app.run_worker(run(), exit_on_error=True)
        await eventually(pilot, lambda: len(app.screen_stack) > 1 and len(app.screen.query("FormRow")) > 0)
        await pilot.pause()
        return app.screen.query_one(Form)

    return host(connected), start


async def test_a_fee_with_a_typed_amount(editing, connected, golden):
    app, start = editing
    async with app.run_test(size=(80, 24)) as pilot:
        form = await start(pilot, app)
        golden("fee_form", app)
        form.row("name").value = "Onboarding"
        form.row("amount").value = "49.90"
        await pilot.press("ctrl+s")
        await app.finished.wait()
    fee = next(fee for fee in connected.fees("acme") if fee.name == "Onboarding")
    assert (fee.type, fee.amount, fee.currency) == ("setup", Decimal("49.90"), "USD")


async def test_an_amount_is_needed_unless_it_is_read(editing, connected, painted):
    app, start = editing
    async with app.run_test(size=(80, 24)) as pilot:
        form = await start(pilot, app)
        form.row("name").value = "Onboarding"
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert "or choose to read it from a product" in painted(app)


async def test_an_amount_that_follows_a_products_price(editing, connected, painted, eventually):
    app, start = editing
    async with app.run_test(size=(80, 24)) as pilot:
        form = await start(pilot, app)
        form.row("name").value = "Backup fee"
        form.row("type").value = "recurring"
        form.row("from").value = "read"
        await pilot.press("ctrl+s")
        await eventually(pilot, lambda: "Whose price?" in painted(app) and "Mailbox" in painted(app))
        await pilot.press(*"backup")
        await eventually(pilot, lambda: "Mailbox" not in painted(app))
        await pilot.press("enter")
        await app.finished.wait()
    fee = next(fee for fee in connected.fees("acme") if fee.name == "Backup fee")
    assert (fee.source_product_id, fee.amount) == ("p1", Decimal("12.50"))


async def test_a_name_in_use_is_refused_and_nothing_is_lost(editing, connected, painted, eventually):
    app, start = editing
    async with app.run_test(size=(80, 24)) as pilot:
        form = await start(pilot, app)
        form.row("name").value = "Cancellation Fee"
        form.row("amount").value = "5"
        await pilot.press("ctrl+s")
        await eventually(pilot, lambda: "exists already" in painted(app))
        assert form.values()["amount"] == "5"


async def test_a_fee_is_changed(editing, connected):
    fee = connected.add_fee("acme", "Setup", "setup", Decimal(10), "USD")
    app, start = editing
    async with app.run_test(size=(80, 24)) as pilot:
        form = await start(pilot, app, fee)
        assert form.values()["amount"] == "10"
        form.row("amount").value = "12"
        await pilot.press("ctrl+s")
        await app.finished.wait()
    assert next(one for one in connected.fees("acme") if one.id == fee.id).amount == 12
