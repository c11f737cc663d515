"""The Customers tab: importing back-office customers into the storefront."""

from __future__ import annotations

from typing import Any


async def test_import_offers_all_customers_that_nothing_is_mapped_to(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws, tab="customers") as d:
        await d.press("I", until=lambda: d.top == "ImportCustomers" and bool(ws.verbs("customer_readiness")))
        assert ws.verbs("customer_readiness") == [("customer_readiness", None)]
        await d.settle(lambda: "Only there 0" in d.text)


async def test_import_takes_the_marked_back_office_rows(open_console: Any, fake: Any) -> None:
    ws = fake()
    async with open_console(ws, tab="customers") as d:
        await d.press("b", "space", "j", "space", "I")
        await d.settle(lambda: d.top == "ImportCustomers" and bool(ws.verbs("customer_readiness")))
        assert ws.verbs("customer_readiness") == [("customer_readiness", ("X0", "X2"))]


async def test_customers_have_no_sync_and_no_add(open_console: Any, fake: Any) -> None:
    async with open_console(fake(), tab="customers") as d:
        await d.press("full_stop")
        assert "Sync…" not in d.text
        assert "Add to" not in d.text
        assert "Import to market…" in d.text
