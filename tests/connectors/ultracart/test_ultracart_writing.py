"""Writing items: whole items with the expand they were read with, compared right before, and what moved besides is told."""

from __future__ import annotations

import copy
import json
import stat
from urllib.parse import parse_qsl

import pytest

from engine.crm import TextValue, TextWrite
from engine.errors import PermissionMissing, Unreachable
from engine.model import Field, Kind
from engine.ports import FieldWrite, RecordWrite, Result


def results(outcomes):
    return [(one.key, one.field, one.result) for one in outcomes]


def held(served, row):
    return served.state.get("items", str(row["merchant_item_oid"]))


def without_times(row):
    return {name: value for name, value in row.items() if name != "last_modified_dts"}


@pytest.mark.parametrize("nulls", [True, False])
async def test_price_cost_and_quantity_are_written_and_nothing_else_of_the_item_changes(
    account, connect, write_of, row_of, nulls
):
    served = account(nulls=nulls)
    row = row_of(served)

    outcomes = await connect(served).write([write_of(row, price="12.34", cost="5.5", quantity="77")])

    assert [one.result for one in outcomes] == [Result.APPLIED] * 3
    now = held(served, row)
    assert (now["pricing"]["cost"], now["pricing"]["cogs"]) == (12.34, 5.5)
    assert now["shipping"]["distribution_centers"][0]["inventory_level"] == 77
    expected = json.loads(json.dumps(without_times(row)))
    expected["pricing"] |= {"cost": 12.34, "cogs": 5.5}
    expected["shipping"]["distribution_centers"][0]["inventory_level"] = 77
    assert without_times(now) == expected


async def test_an_update_uses_the_expand_of_its_read(account, connect, write_of, row_of):
    served = account()

    await connect(served).write([write_of(row_of(served), price="12.34")])

    reads, updates = ([e for e in served.requests if e.method == method] for method in ("GET", "PUT"))
    assert [entry.path for entry in updates] == ["/item/items/batch"]
    assert "pricing.tiers" in str(reads[0].query)
    assert len({dict(parse_qsl(entry.query))["_expand"] for entry in (*reads, *updates)}) == 1


async def test_twenty_items_go_in_one_request(account, connect, write_of, puts):
    served = account()
    rows = served.state.rows("items")[:20]

    outcomes = await connect(served).write([write_of(row, key=str(at), price="9.99") for at, row in enumerate(rows)])

    assert results(outcomes) == [(str(at), Field.PRICE, Result.APPLIED) for at in range(20)]
    assert len(puts(served)) == 1


async def test_more_than_twenty_go_in_several_requests(account, connect, write_of, puts):
    served = account()
    rows = served.state.rows("items")[:27]

    outcomes = await connect(served).write([write_of(row, key=str(at), price="9.99") for at, row in enumerate(rows)])

    assert {one.result for one in outcomes} == {Result.APPLIED}
    assert [len(entry.body["items"]) for entry in puts(served)] == [20, 7]


async def test_a_value_that_moved_is_stale_and_the_items_other_fields_are_not_sent(
    account, connect, write_of, row_of, puts
):
    served = account()
    row = row_of(served)
    write = write_of(row, price="12.34", cost="5.5")
    moved = RecordWrite(
        "k", Kind.PRODUCTS, write.id, write.name, (FieldWrite(Field.PRICE, "1", "12.34"), write.fields[1])
    )

    outcomes = await connect(served).write([moved])

    assert [one.result for one in outcomes] == [Result.STALE, Result.NOT_SENT]
    assert outcomes[0].found == str(row["pricing"]["cost"]).rstrip("0").rstrip(".")
    assert puts(served) == []


async def test_what_holds_already_is_unchanged_and_nothing_is_sent(account, connect, write_of, row_of, puts):
    served = account()
    row = row_of(served)

    outcomes = await connect(served).write([write_of(row, price=str(row["pricing"]["cost"]))])

    assert [one.result for one in outcomes] == [Result.UNCHANGED]
    assert puts(served) == []


async def test_what_somebody_else_changes_in_the_same_moment_is_reported(account, connect, write_of, row_of):
    """UltraCart has no compare-and-set: a change between the read and the update is overwritten, or shows in the answer."""
    served = account()
    row = row_of(served)
    served.app.meanwhile(method="PUT", edit={str(row["merchant_item_oid"]): {"reviews": {"review_count": 7}}})

    (outcome,) = await connect(served).write([write_of(row, price="12.34")])

    assert outcome.result is Result.UNVERIFIED
    assert "reviews.review_count empty -> 7" in outcome.message
    assert held(served, row)["pricing"]["cost"] == 12.34


async def test_units_sold_while_a_price_is_written_stay_sold(account, connect, write_of, row_of, puts):
    """A price is read and written without the stock, so there is no stock to put back."""
    served = account()
    row = row_of(served)
    sold = copy.deepcopy(row["shipping"])
    sold["distribution_centers"][0]["inventory_level"] -= 2
    served.app.meanwhile(method="PUT", edit={str(row["merchant_item_oid"]): {"shipping": sold}})

    (outcome,) = await connect(served).write([write_of(row, price="12.34")])

    assert outcome.result is Result.APPLIED
    assert held(served, row)["pricing"]["cost"] == 12.34
    assert held(served, row)["shipping"] == sold
    (put,) = puts(served)
    assert "shipping" not in put.body["items"][0]


async def test_what_means_stock_is_written_apart_from_what_does_not(account, connect, write_of, row_of, puts):
    served = account()
    first, second = row_of(served), row_of(served, 1)
    level = first["shipping"]["distribution_centers"][0]["inventory_level"]

    done = await connect(served).write([write_of(first, quantity=str(level + 1)), write_of(second, price="12.34")])

    assert {one.result for one in done} == {Result.APPLIED}
    assert ["shipping" in put.body["items"][0] for put in puts(served)] == [False, True]
    assert held(served, second)["shipping"] == second["shipping"]


class TestReadingAgain:
    """What an update did to an item is seen in the item, not in the answer to the update."""

    async def test_a_batch_is_read_again_in_one_request(self, account, connect, write_of):
        served = account()
        rows = served.state.rows("items")[:20]
        await connect(served).write([write_of(row, key=str(at), price="9.99") for at, row in enumerate(rows)])
        paths = [(entry.method, entry.path) for entry in served.requests]
        assert paths[:20] == [("GET", f"/item/items/{row['merchant_item_oid']}") for row in rows]
        assert paths[20:] == [("PUT", "/item/items/batch"), ("GET", "/item/items")]
        assert "_since" in dict(parse_qsl(served.requests[-1].query))

    async def test_an_update_that_is_only_said_to_be_carried_out_is_noticed(self, account, connect, write_of, row_of):
        served = account()
        row = row_of(served)
        served.app.faults.add("no_store", method="PUT")
        (outcome,) = await connect(served).write([write_of(row, price="12.34")])
        assert outcome.result is Result.UNVERIFIED
        assert f"pricing.cost 12.34 -> {row['pricing']['cost']:g}" in outcome.message

    async def test_a_part_that_got_lost_is_told_and_what_it_was_is_kept(
        self, account, connect, write_of, row_of, tmp_path
    ):
        served = account()
        row = row_of(served)
        id = str(row["merchant_item_oid"])
        lost = {"content": {**row["content"], "extended_description": None}}
        served.app.meanwhile(method="GET", path="/item/items", edit={id: lost})
        (outcome,) = await connect(served).write([write_of(row, price="12.34")])
        assert outcome.result is Result.UNVERIFIED
        assert f"content.extended_description {row['content']['extended_description']} -> empty" in outcome.message
        (kept,) = (tmp_path / "images").iterdir()
        assert str(kept) in outcome.message
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        before = json.loads(kept.read_text())
        assert before["content"]["extended_description"] == row["content"]["extended_description"]
        assert before["pricing"]["cost"] == row["pricing"]["cost"]
        assert before["merchant_item_oid"] == row["merchant_item_oid"]

    async def test_nothing_is_kept_where_all_is_well(self, account, connect, write_of, row_of, tmp_path):
        served = account()
        assert (await connect(served).write([write_of(row_of(served), price="12.34")]))[0].result is Result.APPLIED
        assert not (tmp_path / "images").exists()

    async def test_a_list_that_is_behind_is_not_believed(self, account, connect, write_of, row_of, tmp_path):
        served = account()
        row = row_of(served)
        behind = {"last_modified_dts": "2099-01-01T00:00:00Z"}  # listed whatever is asked for, with its old price
        served.state.put("items", str(row["merchant_item_oid"]), {**row, **behind})
        served.app.faults.add("stale_read", path="/item/items", method="GET")
        (outcome,) = await connect(served).write([write_of(row, price="12.34")])
        assert [entry.path for entry in served.requests][-2:] == [
            "/item/items", f"/item/items/{row['merchant_item_oid']}",
        ]  # fmt: skip
        assert outcome.result is Result.APPLIED
        assert not (tmp_path / "images").exists()

    async def test_an_item_that_cannot_be_read_again_is_not_called_written(
        self, account, connect, write_of, row_of, puts
    ):
        served = account()
        row = row_of(served)
        served.app.faults.add("error", path="/item/items", method="GET", status=503, times=0)
        (outcome,) = await connect(served).write([write_of(row, price="12.34")])
        assert outcome.result is Result.UNVERIFIED
        assert "could not be read again" in outcome.message
        assert held(served, row)["pricing"]["cost"] == 12.34
        assert len(puts(served)) == 1

    async def test_an_item_that_is_gone_right_after_is_not_called_written(self, account, connect, write_of, row_of):
        served = account()
        row = row_of(served)
        path = f"/item/items/{row['merchant_item_oid']}"
        served.app.faults.add("short_page", path="/item/items", method="GET")
        served.app.faults.add("error", path=path, method="GET", status=404, skip=1)
        (outcome,) = await connect(served).write([write_of(row, price="12.34")])
        assert outcome.result is Result.UNVERIFIED
        assert "not there any more" in outcome.message


async def test_no_sku_is_written_and_odd_values_are_refused_field_by_field(account, connect, write_of, row_of):
    served = account()
    row = row_of(served)
    uncounted = next(one for one in served.state.rows("items") if not one["shipping"]["track_inventory"])

    outcomes = await connect(served).write(
        [
            write_of(row, key="a", sku="NEW", price="-1", cost="3"),
            write_of(uncounted, key="b", quantity="4"),
        ]
    )

    assert results(outcomes) == [
        ("a", Field.SKU, Result.REJECTED),
        ("a", Field.PRICE, Result.REJECTED),
        ("a", Field.COST, Result.APPLIED),
        ("b", Field.QUANTITY, Result.REJECTED),
    ]


async def test_without_a_distribution_center_quantities_are_not_written(account, connect, write_of, row_of):
    served = account()
    connector = connect(served, distribution_center="")

    (outcome,) = await connector.write([write_of(row_of(served), quantity="4")])

    assert Field.QUANTITY not in connector.capabilities.writes_fields
    assert (outcome.result, "distribution_center" in outcome.message) == (Result.REJECTED, True)


async def test_an_item_that_is_gone_is_rejected_and_the_others_are_written(account, connect, write_of):
    served = account()
    first, second = served.state.rows("items")[:2]
    writes = [write_of(first, key="a", price="9.99"), write_of(second, key="b", price="9.99")]
    served.state.remove("items", str(first["merchant_item_oid"]))

    outcomes = await connect(served).write(writes)

    assert results(outcomes) == [("a", Field.PRICE, Result.REJECTED), ("b", Field.PRICE, Result.APPLIED)]


@pytest.mark.parametrize("mild", [False, True])
async def test_a_refused_batch_is_sent_item_by_item(account, connect, write_of, mild):
    served = account(mild=mild)
    first, second = served.state.rows("items")[:2]
    bad = {**second, "merchant_item_id": "two#words"}  # the store refuses any update of it
    served.state.put("items", str(second["merchant_item_oid"]), bad)

    outcomes = await connect(served).write(
        [write_of(first, key="a", price="9.99"), write_of(bad, key="b", price="9.99")]
    )

    assert results(outcomes) == [("a", Field.PRICE, Result.APPLIED), ("b", Field.PRICE, Result.REJECTED)]
    assert str(second["merchant_item_oid"]) in outcomes[1].message
    assert "not allowed" in outcomes[1].message


@pytest.mark.parametrize("fault", ["reset_after", "error_after", "cut_after", "html_after"])
async def test_an_answer_that_is_lost_leaves_the_outcome_unknown(account, connect, write_of, row_of, puts, fault):
    served = account()
    row = row_of(served)
    served.app.faults.add(fault, method="PUT")

    (outcome,) = await connect(served).write([write_of(row, price="12.34")])

    assert outcome.result is Result.UNKNOWN
    assert held(served, row)["pricing"]["cost"] == 12.34
    assert len(puts(served)) == 1


async def test_an_update_that_certainly_was_not_carried_out_is_sent_again(account, connect, write_of, row_of):
    served = account()
    row = row_of(served)
    served.app.faults.add("rate_limit", method="PUT")

    (outcome,) = await connect(served).write([write_of(row, price="12.34")])

    assert outcome.result is Result.APPLIED


async def test_a_read_that_fails_before_anything_was_sent_is_raised(account, connect, write_of, row_of, puts):
    served = account()
    served.app.faults.add("error", method="GET", times=0)

    with pytest.raises(Unreachable):
        await connect(served).write([write_of(row_of(served), price="12.34")])
    assert puts(served) == []


async def test_a_key_that_may_only_read_is_told_so(account, connect, write_of, row_of):
    served = account()
    served.app.permissions -= {"item_write"}

    with pytest.raises(PermissionMissing, match="item_write"):
        await connect(served).write([write_of(row_of(served), price="12.34")])


# ------------------------------------------------------------------------------------------------ texts
def text_write(row, *values):
    return TextWrite("t", str(row["merchant_item_oid"]), values)


async def test_texts_the_active_flag_and_custom_fields_are_written(account, connect, row_of):
    served = account()
    row = row_of(served)
    outcomes = await connect(served).write_texts(
        [
            text_write(
                row,
                TextValue("name", "Another lamp", row["description"]),
                TextValue("active", "false", "true"),
                TextValue("identifiers.manufacturer_name", "Merrow"),
                TextValue("properties.Finish", "Matt", ""),
                TextValue("tax.tax_free", "true", "false"),
                TextValue("pricing.minimum_advertised_price", "4.50"),
            )
        ]
    )

    assert [(one.name, one.result) for one in outcomes] == [
        ("name", Result.APPLIED), ("active", Result.APPLIED), ("identifiers.manufacturer_name", Result.APPLIED),
        ("properties.Finish", Result.APPLIED), ("tax.tax_free", Result.APPLIED),
        ("pricing.minimum_advertised_price", Result.APPLIED),
    ]  # fmt: skip
    now = held(served, row)
    assert (now["description"], now["inactive"], now["tax"]["tax_free"]) == ("Another lamp", True, True)
    assert now["identifiers"]["manufacturer_name"] == "Merrow"
    assert now["identifiers"]["barcode"] == row["identifiers"]["barcode"]
    assert {one["name"]: one["value"] for one in now["properties"]}["Finish"] == "Matt"
    assert now["pricing"]["minimum_advertised_price"] == 4.5
    assert now["pricing"]["tiers"] == row["pricing"]["tiers"]


async def test_name_and_description_are_one_text(account, connect, row_of):
    served = account()
    row = row_of(served)
    same = await connect(served).write_texts(
        [text_write(row, TextValue("name", "One"), TextValue("description", "One"))]
    )
    two = await connect(served).write_texts([text_write(row, TextValue("name", "A"), TextValue("description", "B"))])

    assert [one.result for one in same] == [Result.APPLIED] * 2
    assert [one.result for one in two] == [Result.REJECTED] * 2
    assert held(served, row)["description"] == "One"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (TextValue("code", "X"), "id"),
        (TextValue("description", "x" * 513), "512"),
        (TextValue("description", " "), "needs a description"),
        (TextValue("active", "yes"), "true or false"),
        (TextValue("nonsense.field", "x"), "no field"),
        (TextValue("pricing.cost", "1"), "no field"),
        (TextValue("tax.taxable_cost", "cheap"), "no amount"),
    ],
)
async def test_texts_that_cannot_be_are_refused_with_the_reason(account, connect, row_of, puts, value, words):
    served = account()

    (outcome,) = await connect(served).write_texts([text_write(row_of(served), value)])

    assert outcome.result is Result.REJECTED
    assert words in outcome.message
    assert puts(served) == []


async def test_a_text_that_moved_is_stale(account, connect, row_of, puts):
    served = account()
    row = row_of(served)

    (outcome,) = await connect(served).write_texts([text_write(row, TextValue("name", "New", "Something else"))])

    assert (outcome.result, outcome.found) == (Result.STALE, row["description"])
    assert puts(served) == []


async def test_the_schema_names_what_can_be_mapped(account, connect):
    item, customer = await connect(account(), item_properties="Material, Finish").schema()

    assert (item.name, item.kind, customer.name, customer.kind) == ("item", Kind.PRODUCTS, "customer", Kind.CUSTOMERS)
    fields = {field.name: field for field in item.fields}
    assert (fields["merchant_item_id"].length, fields["description"].length) == (20, 512)
    assert fields["properties.Finish"].custom
    assert not fields["merchant_item_id"].updateable


async def test_a_link_is_written_only_where_the_option_says_so_and_there_is_none(account, connect, crm_world):
    served = account()
    bare = next(one for one in served.state.rows("items") if not one["salesforce"]["sfdc_product_id"])
    linked = next(one for one in served.state.rows("items") if one["salesforce"]["sfdc_product_id"])
    plain, mirror = connect(served), connect(served, mirror_links="true")
    id, other = str(bare["merchant_item_oid"]), str(linked["merchant_item_oid"])
    wanted = crm_world.products[0].id

    assert not plain.capabilities.writes_external_id
    assert (await plain.set_external_id(Kind.PRODUCTS, id, wanted)).result is Result.REJECTED
    assert mirror.capabilities.writes_external_id
    assert (await mirror.set_external_id(Kind.PRODUCTS, id, wanted)).result is Result.APPLIED
    assert held(served, bare)["salesforce"]["sfdc_product_id"] == wanted
    assert (await mirror.set_external_id(Kind.PRODUCTS, other, "01t000")).result is Result.REJECTED


async def test_a_link_that_ultracart_does_not_take_is_not_called_written(account, connect, crm_world):
    served = account(links_writable=False)
    bare = next(one for one in served.state.rows("items") if not one["salesforce"]["sfdc_product_id"])

    outcome = await connect(served, mirror_links="true").set_external_id(
        Kind.PRODUCTS, str(bare["merchant_item_oid"]), crm_world.products[0].id
    )

    assert outcome.result is Result.UNVERIFIED
    assert "salesforce.sfdc_product_id" in outcome.message
