"""Matches become mappings by themselves only after somebody has seen them."""

from __future__ import annotations

import pytest

from engine.errors import UsageError
from engine.model import Kind
from engine.views import Suggestion

ON = {"match_is_mapping": "true"}


def exact_of(ws, kind):
    return [guess for guess in ws.acceptable(None, kind, 1.0) if guess.exact]


async def see(ws, *kinds):
    for kind in kinds:
        await ws.suggest(None, kind)
        assert ws.matches_shown(None, kind, exact_of(ws, kind))


async def test_off_until_both_lists_were_seen(ws):
    with pytest.raises(UsageError, match="exact matches of products first: `crosswalk map products --accept --exact"):
        ws.set_integration("resale", ON)
    assert not ws.matches_shown(None, Kind.PRODUCTS, []), "nothing was computed: that is no list"
    await see(ws, Kind.PRODUCTS)
    with pytest.raises(UsageError, match="exact matches of customers first"):
        ws.set_integration("resale", ON)
    await see(ws, Kind.CUSTOMERS)
    assert ws.set_integration("resale", ON).settings.match_is_mapping
    shown = {(g.storefront_id, g.backoffice_id) for g in exact_of(ws, Kind.PRODUCTS)}
    await ws.pull()
    mapped = {row.id: row.right_id for row in ws.snapshot(None, Kind.PRODUCTS).rows if row.right_id}
    assert set(mapped.items()) == shown
    assert shown
    assert ws.history(limit=1)[0].how == "by match"


async def test_a_part_of_the_list_is_not_the_list(ws):
    await ws.suggest(None, Kind.PRODUCTS)
    found = exact_of(ws, Kind.PRODUCTS)
    assert len(found) > 1
    assert not ws.matches_shown(None, Kind.PRODUCTS, found[1:])
    assert not ws.matches_shown(None, Kind.PRODUCTS, [Suggestion("x", "y", 1.0, ())])


async def test_other_keys_make_another_list_that_nobody_has_seen(ws):
    await see(ws, Kind.PRODUCTS, Kind.CUSTOMERS)
    keys = {"match.products.primary": "mpn:upc"}
    with pytest.raises(UsageError, match="products first"):
        ws.set_integration("resale", {**keys, **ON})
    ws.set_integration("resale", ON)
    with pytest.raises(UsageError, match="set match_is_mapping=false with them"):
        ws.set_integration("resale", keys)
    ws.set_integration("resale", {**keys, "match_is_mapping": "false"})
    assert ws.all_suggestions(None, Kind.PRODUCTS) == {}, "suggestions of the old keys are not offered"
    await see(ws, Kind.PRODUCTS)
    with pytest.raises(UsageError, match="customers first"):
        ws.set_integration("resale", ON)


async def test_a_new_integration_cannot_begin_with_it(ws):
    with pytest.raises(UsageError, match="once its matches were seen"):
        ws.add_integration("other", "market", "psa", {**ON, "fields": "quantity"})
