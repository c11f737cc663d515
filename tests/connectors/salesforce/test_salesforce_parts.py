"""Pure parts: literals, lists that fit an address, values by type, markers, and the words of refusals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.salesforce import soql
from connectors.salesforce.faults import explain, reason
from connectors.salesforce.records import with_marker, without_marker
from connectors.salesforce.values import WrongValue, same, to_json
from connectors.sandbox.salesforce_soql import parse

PRINTABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40) | st.sampled_from(
    ["it's", "a\\'b", "\\", "line\nbreak", "tab\t", "%_", "') OR (Name != '"]
)


@given(PRINTABLE, PRINTABLE)
def test_a_literal_means_its_text_and_nothing_else(text: str, other: str) -> None:
    query = parse(soql.select(["Id"], "Product2", f"Name = {soql.quoted(text)}"))
    assert query.asked == ["Name"]
    assert query.test(lambda _name: text)
    assert query.test(lambda _name: other) == (other.casefold() == text.casefold())


@given(st.lists(PRINTABLE, max_size=60), st.integers(200, 2000))
def test_lists_hold_every_value_once_and_fit(values: list[str], room: int) -> None:
    lists = list(soql.value_lists(values, room))
    assert [value for part in lists for value in part] == list(dict.fromkeys(values))
    for part in lists:
        assert len(part) == 1 or soql.size(",".join(map(soql.quoted, part))) <= room


@given(st.text(max_size=60).map(str.strip), st.sampled_from(["crosswalk:run-1:7", "crosswalk:a b:é"]))
def test_a_marker_survives_a_long_description(words: str, marker: str) -> None:
    made = with_marker(words, marker, 50)
    assert len(made) <= 50
    assert made.endswith(f"[{marker}]")
    assert words.startswith(without_marker(made))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("boolean", "TRUE", True),
        ("boolean", "", False),
        ("double", "", None),
        ("int", "7", 7),
        ("string", "x", "x"),
        ("date", "2026-11-01", "2026-11-01"),
    ],
)
def test_a_text_becomes_what_its_field_takes(kind, text, value) -> None:
    assert to_json({"type": kind, "updateable": True}, "F", text, creating=False) == value


@pytest.mark.parametrize(("kind", "text"), [("int", "7.5"), ("double", "NaN"), ("currency", "9 USD"), ("boolean", "1")])
def test_a_text_that_is_none_of_a_fields_values_is_refused(kind, text) -> None:
    with pytest.raises(WrongValue, match="the field F"):
        to_json({"type": kind, "updateable": True}, "F", text, creating=False)


def test_the_same_value_in_other_letters() -> None:
    assert same({"type": "currency"}, "3.50", "3.5")
    assert same({"type": "multipicklist"}, "a;b", "b;a")
    assert same({"type": "boolean"}, "", "false")
    assert same({"type": "textarea"}, "a\r\nb", "a\nb ")
    assert not same({"type": "string"}, "3.50", "3.5")


def test_refusals_keep_the_systems_words_codes_fields_and_matches() -> None:
    match = {"record": {"Id": "0035g0000000001AAA"}}
    detected = {"statusCode": "DUPLICATES_DETECTED", "message": "Use one of these records?", "fields": []}
    detected["duplicateResult"] = {"matchResults": [{"matchRecords": [match, match]}]}
    assert reason([detected]).matches == ("0035g0000000001AAA",)
    value = {
        "statusCode": "DUPLICATE_VALUE",
        "message": "duplicate value found: K duplicates value on record with id: 01t5g0000000001",
    }
    assert reason([value]).matches == ("01t5g0000000001",)
    several = {
        "statusCode": "DUPLICATE_EXTERNAL_ID",
        "message": "More than one record found for external id field: [01t5g0000000001, 01t5g0000000002]",
    }
    assert reason([several]).matches == ("01t5g0000000001", "01t5g0000000002")
    long = {"errorCode": "STRING_TOO_LONG", "message": "too long", "fields": ["Name"]}
    assert (reason([long]).fields, reason([long]).message) == (("Name",), "too long (fields Name)")
    assert explain({"error": "invalid_grant", "error_description": "no"}).code == "invalid_grant"
    assert explain(["/a/1", "/a/2"]).code == "MULTIPLE"
    assert explain(None).message == reason(None).message == ""
