"""Mapping files of names: what an identifier means, and what is said when it means none or several."""

from __future__ import annotations

import io

import pytest

from engine.mapping_files import preview
from engine.mapping_names import Names
from engine.model import Kind, Product, Sku

HEADER = "Store Item Identifier,QuickBooks Item Name\n"
LEFT = [
    Product("501", "Kettle", skus=(Sku("KET-1"),)),
    Product("502", "Mug", skus=(Sku("501"),)),
    Product("503", "Lamp", skus=(Sku("LMP"),)),
    Product("504", "Lamp", skus=(Sku("LMP-2"),)),
    Product("500", "Kettle", skus=(Sku("KET-1"),), is_base=True),
]
RIGHT = [
    Product("1", "KET-1"),
    Product("2", "Mug, blue"),
    Product("3", "Twice"),
    Product("4", "Twice"),
    Product("5", "Old", active=False),
]


def look(text: str, how: str = "exact", **more):
    names = Names.of(LEFT, RIGHT, how)
    known = {Kind.PRODUCTS: {p.id: p.name for p in LEFT}}, {Kind.PRODUCTS: {p.id: p.name for p in RIGHT}}
    return preview(io.StringIO(text), *known, {}, {}, many_to_one=False, names=lambda: names, **more)


def test_an_identifier_is_an_id_a_sku_or_a_name():
    seen = look(HEADER + 'KET-1,KET-1\nMug,"Mug, blue"\n')
    assert seen.ok
    assert [(one.kind, one.storefront_id, one.backoffice_id, one.action) for one in seen.lines] == [
        (Kind.PRODUCTS, "501", "1", "map"),
        (Kind.PRODUCTS, "502", "2", "map"),
    ]
    assert (
        look("\ufeffquickbooks item name, Note ,STORE ITEM IDENTIFIER\nKET-1,x,LMP-2\n").lines[0].storefront_id == "504"
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "501,KET-1",
            "column Store Item Identifier: '501' means several products of the storefront: 501 (id), 502 (SKU)",
        ),
        ("Lamp,KET-1", "'Lamp' means several products of the storefront: 503 (name), 504 (name); give the id"),
        ("ket-1,KET-1", "no product has the id, SKU or name 'ket-1' in the storefront (as last read)"),
        (
            "KET-1,Twice",
            "column QuickBooks Item Name: 'Twice' is the name of several products of the back office: 3, 4",
        ),
        ("KET-1,Old", "no active product is called 'Old' in the back office (as last read)"),
        (" ,KET-1", "column Store Item Identifier: is empty"),
        ("KET-1,", "column QuickBooks Item Name: is empty"),
        ("KET-1", "1 cells where the header has 2"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_column(line, told):
    seen = look(HEADER + "LMP-2,KET-1\n" + line + "\n")
    assert not seen.ok
    assert seen.lines[0].error == ""
    assert seen.lines[1].line == 3
    assert told in seen.lines[1].error


def test_the_integrations_normalisation_counts_here_too():
    seen = look(HEADER + " ket-1 ,MUG blue\n", "trim,case")
    assert "called 'MUG blue'" in seen.lines[0].error
    assert look(HEADER + ' ket-1 ," MUG, Blue"\n', "trim,case").ok


def test_one_counterpart_for_two_rows_is_refused_as_in_our_own_form():
    seen = look(HEADER + "KET-1,KET-1\nMug,KET-1\n")
    assert [one.action for one in seen.lines] == ["error", "error"]
    assert "would be the counterpart of 502 too" in seen.lines[0].error
