"""Creating items: with accounts, dates and a marker; never twice, never in silence."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.errors import Unreachable
from engine.model import Customer, Kind, Sku
from engine.ports import Draft, Result

ITEM = "/v3/company/*/item"


def draft(**changes) -> Draft:
    values = {
        "key": "k1",
        "kind": Kind.PRODUCTS,
        "source_id": "501",
        "name": "Merrow Kettle",
        "description": "Holds 1.8 litres",
        "price": Decimal("39.90"),
        "cost": Decimal("17.05"),
        "sku": Sku("KET-9001"),
        "marker": "crosswalk:k1",
        "maintain_stock": True,
    }
    return Draft(**{**values, **changes})


async def test_an_inventory_item_starts_empty_with_its_accounts_and_date(company, connect) -> None:
    served = company()
    outcome = await connect(served, inventory_start_date="2026-10-01").create(draft(category="Kitchen"))
    assert outcome.result is Result.APPLIED
    row = served.state.get("item", outcome.id)
    assert (row["Type"], row["QtyOnHand"], row["InvStartDate"], row["Sku"]) == (
        "Inventory",
        0,
        "2026-10-01",
        "KET-9001",
    )
    accounts = [row[name]["value"] for name in ("IncomeAccountRef", "ExpenseAccountRef", "AssetAccountRef")]
    assert accounts == ["79", "80", "81"]
    assert (row["UnitPrice"], row["PurchaseCost"]) == (39.9, 17.05)
    assert row["PurchaseDesc"] == "Holds 1.8 litres [crosswalk:k1]"
    assert row["ParentRef"]["value"] == "1"


async def test_a_non_inventory_item_has_no_stock(company, connect) -> None:
    served = company()
    outcome = await connect(served, asset_account="").create(draft(maintain_stock=False, sku=None))
    row = served.state.get("item", outcome.id)
    assert (row["Type"], "QtyOnHand" in row, "AssetAccountRef" in row) == ("NonInventory", False, False)


@pytest.mark.parametrize("fault", ["reset_after", "timeout_after", "html_after"])
async def test_a_lost_answer_is_unknown_and_settled_by_the_marker(company, connect, fault) -> None:
    served = company()
    served.app.faults.add(fault, method="POST", path=ITEM)
    connector = connect(served, timeout_seconds="0.3")
    assert (await connector.create(draft())).result is Result.UNKNOWN
    (found,) = await connector.find_marker(Kind.PRODUCTS, "crosswalk:k1", "Merrow Kettle")
    assert found.name == "Merrow Kettle"
    again = await connector.create(draft())  # the same request: answered, not carried out again
    assert again.id == found.id
    assert sum(row["Name"] == "Merrow Kettle" for row in served.state.rows("item")) == 1


async def test_a_create_that_never_arrived_leaves_no_marker(company, connect) -> None:
    served = company()
    served.app.faults.add("reset", method="POST", path=ITEM)
    connector = connect(served)
    assert (await connector.create(draft())).result is Result.UNKNOWN
    assert await connector.find_marker(Kind.PRODUCTS, "crosswalk:k1", "Merrow Kettle") == []
    assert await connector.find_marker(Kind.CUSTOMERS, "crosswalk:k1", "Merrow Kettle") == []


async def test_somebody_elses_item_of_this_name_is_not_ours(company, connect) -> None:
    served = company()
    connector = connect(served)
    first = await connector.create(draft())
    refused = await connector.create(draft(key="k2", marker="crosswalk:k2"))
    assert (refused.result, refused.code) == (Result.REJECTED, "6240")
    assert f"item {first.id} has it" in refused.message
    assert "map it instead" in refused.message
    assert await connector.find_marker(Kind.PRODUCTS, "crosswalk:k2", "Merrow Kettle") == []


async def test_an_inactive_item_of_this_name_is_named_as_such(company, connect) -> None:
    served = company()
    name = "Discontinued lamp"
    outcome = await connect(served).create(draft(name=name))
    assert outcome.result is Result.REJECTED
    assert "has it and is inactive" in outcome.message


@pytest.mark.parametrize(
    ("changes", "options", "told"),
    [
        ({"name": " "}, {}, "a name is required"),
        ({"name": "a:b"}, {}, "no colon, tab or line break"),
        ({"name": "n" * 101}, {}, "at most 100 characters, this one has 101"),
        ({"sku": Sku("s" * 101)}, {}, "an SKU in QuickBooks has at most 100"),
        ({"category": "Nowhere"}, {}, 'no category "Nowhere"'),
        ({}, {"income_account": ""}, "set the option income_account"),
        ({}, {"asset_account": "Nothing"}, 'no active account named "Nothing"'),
        ({"kind": Kind.CUSTOMERS, "customer": Customer("1", "x")}, {}, "only products can be created"),
    ],
)
async def test_an_incomplete_draft_is_refused_before_anything_is_sent(company, connect, changes, options, told) -> None:
    served = company()
    outcome = await connect(served, **options).create(draft(**changes))
    assert (outcome.result, outcome.code) == (Result.REJECTED, "incomplete")
    assert told in outcome.message
    assert not [entry for entry in served.requests if entry.path.endswith("/item")]


async def test_a_server_that_cannot_be_reached_raises(company, connect) -> None:
    with pytest.raises(Unreachable):
        await connect(company(), base_url="http://127.0.0.1:9").create(draft())


async def test_a_long_description_keeps_the_marker(company, connect) -> None:
    served = company()
    outcome = await connect(served).create(draft(description="x" * 5000))
    row = served.state.get("item", outcome.id)
    assert (len(row["Description"]), len(row["PurchaseDesc"])) == (4000, 1000)
    assert row["PurchaseDesc"].endswith(" [crosswalk:k1]")


async def test_there_is_no_external_id(company, connect) -> None:
    outcome = await connect(company()).set_external_id(Kind.CUSTOMERS, "1", "x")
    assert (outcome.result, outcome.code) == (Result.REJECTED, "not_supported")
