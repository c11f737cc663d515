from __future__ import annotations

import pytest

from engine.model import Kind
from tui.screens.import_customers import ImportCustomers


@pytest.fixture
def importing(host, connected, eventually):
    connected.set_integration("acme", {"customers.language": "en"})

    async def start(pilot, app, ids=None):
        page = ImportCustomers("acme", ids)
        app.open(page)
        await pilot.pause()
        await eventually(pilot, lambda: len(page.table.rows) > 0)
        await pilot.pause()
        return page

    return host(connected), start


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_missing_fields_are_named_and_complete_ones_come_first(importing, golden, size):
    app, start = importing
    async with app.run_test(size=size) as pilot:
        page = await start(pilot, app)
        assert [item.customer.name for item in page.table.rows] == ["Northwind", "Tailspin"]
        golden(f"import_customers_{size[0]}", app)


async def test_all_complete_ones_are_imported_and_mapped(importing, connected, painted, eventually):
    app, start = importing
    async with app.run_test(size=(80, 24)) as pilot:
        page = await start(pilot, app)
        await pilot.press("asterisk")
        assert len(page.table.marks) == 1
        await pilot.press("s")
        await eventually(pilot, lambda: "Import 1 customer" in painted(app))
        await pilot.press("y")
        await eventually(pilot, lambda: "1 applied" in painted(app))
        await pilot.press("escape")
        await app.finished.wait()
    assert app.result.totals.applied == 1
    names = [row.left for row in connected.snapshot("acme", Kind.CUSTOMERS).rows if row.right_id == "k2"]
    assert names == ["Northwind"]


async def test_an_incomplete_one_cannot_be_imported_and_says_why(importing, painted):
    app, start = importing
    async with app.run_test(size=(80, 24)) as pilot:
        page = await start(pilot, app)
        await pilot.press("down", "space")
        assert page.table.marks == set()
        assert "complete it in the back office" in painted(app).replace("\n", "")
        await pilot.press("s")
        await pilot.pause()
        assert "Incomplete profiles cannot be imported" in painted(app)


async def test_the_chosen_ones_are_marked_already(importing):
    app, start = importing
    async with app.run_test(size=(80, 24)) as pilot:
        page = await start(pilot, app, ["k2", "k3"])
        assert page.table.marks == {"k2"}
