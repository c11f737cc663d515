"""The side panel of a row: which lines of two records are called different."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.model import Field, Side, Status
from engine.views import Detail, FieldView, Row
from tui.widgets.detail import lines

ROW = Row("p1", Side.STOREFRONT, "Backup", "p1", "Backup", "b1", "", Status.FIRST_SYNC, "", "backup")


def shown(*both: tuple[str, str, str], fields: tuple[FieldView, ...] = ()) -> list[str]:
    return lines(Detail(ROW, both, fields, (), (), "", ()), 40).plain.splitlines()


@pytest.mark.parametrize(
    ("label", "left", "right", "differs"),
    [
        ("Prices", "26.42 USD", "26.42", False),
        ("Prices", "26.42 USD", "26.43", True),
        ("Prices", "5.00 USD, 9.00 USD setup FLAT", "5.00", True),
        ("Id", "310003", "88020", False),
        ("Name", "Backup", "Backup 1Y", True),
        ("UPC", "", "0123", False),
    ],
)
def test_only_what_differs_is_marked(label: str, left: str, right: str, differs: bool) -> None:
    assert any("≠" in line for line in shown((label, left, right))) is differs


def test_a_reason_that_says_the_status_is_not_told_twice() -> None:
    first = FieldView(
        Field.PRICE, "5.00", "6.00", "", "", Status.FIRST_SYNC, "first sync: the storefront wins", Side.STOREFRONT
    )
    text = "\n".join(shown(fields=(first,)))
    assert text.casefold().count("first sync:") == 1
    other = replace(first, status=Status.IN_SYNC, reason="because")
    assert "In sync: because" in "\n".join(shown(fields=(other,)))
