"""Texts of products, written by a reconciliation: compared right before, one outcome per value."""

from __future__ import annotations

import pytest

from engine.crm import TextValue, TextWrite
from engine.ports import Result

DATA = "/services/data/v67.0"


def write(row, *values: tuple[str, str, str | None], key: str = "k") -> TextWrite:
    return TextWrite(key, row["Id"], tuple(TextValue(name, after, before) for name, after, before in values))


async def test_every_kind_of_value_is_written_in_one_request(org, connect, row_of, whole, changes) -> None:
    served = org()
    row, before = row_of(served), whole(served)
    values = [
        ("name", "A new name", row["Name"]),
        ("description", "New words", row["Description"]),
        ("code", "NEW-1", row["ProductCode"]),
        ("active", "false", "true"),
        ("UC_Cost__c", "3.50", ""),
        ("UC_Material__c", "Oak", None),
        ("UC_Stock__c", "12", ""),
        ("Family", "Office", ""),
    ]
    outcomes = await connect(served).write_texts([write(row, *values)])
    assert [(one.name, one.result.value) for one in outcomes] == [(name, "applied") for name, _, _ in values]
    assert len(changes(served)) == 1
    now = whole(served)
    assert now["Product2"].pop(row["Id"]) == before["Product2"].pop(row["Id"]) | {
        "Name": "A new name", "Description": "New words", "ProductCode": "NEW-1", "IsActive": False,
        "UC_Cost__c": 3.5, "UC_Material__c": "Oak", "UC_Stock__c": 12.0, "Family": "Office",
    }  # fmt: skip
    assert now == before


async def test_equal_moved_and_emptied_values(org, connect, row_of, changes) -> None:
    served = org()
    first, second, third = (row_of(served, nth) for nth in range(3))
    served.app.records.update("Product2", third["Id"], {"UC_Cost__c": 2.5})
    outcomes = await connect(served).write_texts(
        [
            write(first, ("name", first["Name"], "whatever it was"), key="1"),
            write(second, ("name", "New", "Old"), ("code", "NEW-2", second["ProductCode"]), key="2"),
            write(third, ("description", "", third["Description"]), ("UC_Cost__c", "2.50", "9"), key="3"),
        ]
    )
    assert [(one.key, one.name, one.result.value) for one in outcomes] == [
        ("1", "name", "unchanged"),
        ("2", "name", "stale"),
        ("2", "code", "not_sent"),
        ("3", "description", "applied"),
        ("3", "UC_Cost__c", "unchanged"),
    ]
    assert outcomes[1].found == second["Name"]
    assert served.state.get("Product2", third["Id"])["Description"] is None
    assert [len(entry.body["records"]) for entry in changes(served)] == [1]


@pytest.mark.parametrize(
    ("name", "after", "words"),
    [
        ("Nothing__c", "x", "there is no field Nothing__c"),
        ("Margin__c", "1", "cannot be written by the integration user"),
        ("name", "x" * 256, "at most 255 characters"),
        ("active", "maybe", "is true or false"),
        ("UC_Cost__c", "cheap", "is a number"),
        ("name", "", "Required fields are missing"),
        ("UC_Material__c", "Plastic", "bad value for restricted picklist"),
    ],
)
async def test_what_cannot_be_written_is_refused_with_the_field(
    org, connect, row_of, whole, name, after, words
) -> None:
    served = org()
    row, before = row_of(served), whole(served)
    (outcome,) = await connect(served).write_texts([write(row, (name, after, None))])
    assert (outcome.result, words in outcome.message) == (Result.REJECTED, True), outcome.message
    assert whole(served) == before


async def test_a_refused_field_says_so_and_takes_its_neighbours_with_it(org, connect, row_of, whole) -> None:
    served = org()
    row, before = row_of(served), whole(served)
    outcomes = await connect(served).write_texts(
        [write(row, ("UC_Material__c", "Plastic", None), ("name", "New", row["Name"]))]
    )
    assert {one.result for one in outcomes} == {Result.REJECTED}
    assert "bad value" in outcomes[0].message
    assert outcomes[1].message == "not written: Salesforce refused UC_Material__c"
    assert whole(served) == before


async def test_our_marker_is_no_part_of_a_description(org, connect, row_of) -> None:
    served = org()
    row = row_of(served)
    served.app.records.update("Product2", row["Id"], {"Description": "Words [crosswalk:abc:1]"})
    outcomes = await connect(served).write_texts([write(row, ("description", "Other words", "Words"))])
    assert outcomes[0].result is Result.APPLIED
    assert served.state.get("Product2", row["Id"])["Description"] == "Other words"


async def test_a_lost_answer_is_unknown_and_a_gone_product_refused(org, connect, row_of) -> None:
    served = org()
    first, second = row_of(served), row_of(served, 1)
    served.app.records.delete("Product2", second["Id"])
    served.app.faults.add("reset_after", method="PATCH")
    outcomes = await connect(served).write_texts(
        [write(first, ("name", "New", first["Name"])), write(second, ("name", "New", None))]
    )
    assert [one.result for one in outcomes] == [Result.UNKNOWN, Result.REJECTED]


async def test_a_locked_product_that_was_renamed_meanwhile_is_not_overwritten(
    org, connect, row_of, monkeypatch
) -> None:
    served = org()
    row, other = row_of(served), row_of(served, 1)
    served.app.records.locks = {row["Id"]: 1, other["Id"]: 1}
    connector = connect(served)

    async def meanwhile(_attempt: int) -> None:
        served.app.records.update("Product2", row["Id"], {"Name": "Theirs"})

    monkeypatch.setattr(connector._api, "wait", meanwhile)
    outcomes = await connector.write_texts(
        [write(row, ("name", "Ours", row["Name"])), write(other, ("name", "Ours too", other["Name"]))]
    )
    assert [one.result for one in outcomes] == [Result.STALE, Result.APPLIED]
    assert served.state.get("Product2", row["Id"])["Name"] == "Theirs"
