from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model import Kind
from engine.views import CustomerReadiness
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


@pytest.fixture
def with_a_twin(connected):
    """Another back-office customer is complete, and looks like one that the storefront has."""
    (complete,) = [one for one in connected.customer_readiness("acme") if not one.missing]
    twin = replace(complete.customer, id="k9", name="Contoso GmbH")
    known = CustomerReadiness(twin, (), ("Contoso Ltd (c1): same name",))
    connected.customer_readiness = lambda *_what: [known, complete]
    return connected


async def test_a_customer_that_the_storefront_seems_to_have_is_last_and_never_marked_with_all(
    with_a_twin, importing, painted
):
    app, start = importing
    async with app.run_test(size=(80, 24)) as pilot:
        page = await start(pilot, app)
        assert [item.customer.id for item in page.table.rows] == ["k2", "k9"]
        assert "1 of them the storefront seems to have" in " ".join(painted(app).split())
        await pilot.press("asterisk")
        assert page.table.marks == {"k2"}
        await pilot.press("asterisk")
        assert page.table.marks == set()
        await pilot.press("down")
        await pilot.pause()
        assert "Contoso GmbH looks like Contoso Ltd (c1): same name" in " ".join(painted(app).split())


async def test_importing_it_all_the_same_says_whom_it_looks_like(with_a_twin, importing, painted, eventually):
    app, start = importing
    async with app.run_test(size=(80, 24)) as pilot:
        await start(pilot, app)
        await pilot.press("down", "s")
        await eventually(pilot, lambda: "may have them already" in painted(app))
        await pilot.press("n")
        await eventually(pilot, lambda: "may have them already" not in painted(app))
    assert app.result is None
