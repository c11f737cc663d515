"""Which price counts is chosen from the prices that the catalogue has; a word that none of them bears is refused."""

from __future__ import annotations

from collections import Counter

import pytest

from engine.errors import UsageError


def there(systems, field, part, default):
    """How many prices (costs) the storefront's own state has of each type or model."""
    rows = systems.market.state.tables["products"].values()
    return Counter(option.get(part) or default for row in rows for option in row.get(field) or ())


async def test_what_a_storefront_quotes_is_counted_from_what_was_read(ws, systems):
    quoted = ws.price_kinds("resale")
    assert quoted["price", "type"] == there(systems, "prices", "type", "recurring")
    assert quoted["price", "model"] == there(systems, "prices", "model", "FLAT")
    assert quoted["cost", "type"] == there(systems, "costs", "type", "recurring")


@pytest.mark.parametrize("name", ["price.type", "price.model", "cost.type"])
async def test_an_unknown_word_is_refused_with_the_known_ones_and_their_counts(ws, name):
    before = ws.integration("resale").settings
    with pytest.raises(UsageError, match="Nothing was saved") as refused:
        ws.set_integration("resale", {name: "reccuring"})
    assert str(refused.value).startswith(f"{name}=reccuring: no ")
    for word, count in ws.price_kinds("resale")[tuple(name.split("."))].items():
        assert f"{word} ({count:,})" in str(refused.value)
    assert ws.integration("resale").settings == before
    ws.remove_integration("resale")
    with pytest.raises(UsageError, match="Nothing was saved"):
        ws.add_integration("again", "market", "psa", {name: "reccuring"})
    assert ws.integrations() == []


async def test_a_known_word_in_any_case_is_taken_and_so_is_any_before_the_first_read(ws, systems):
    word = next(word for word in ws.price_kinds("resale")["price", "type"] if word != "recurring")
    assert ws.set_integration("resale", {"price.type": word.upper()}).settings.price.type == word.upper()
    ws.set_integration("resale", {"guards.max_rows": "7"})  # what was saved is not asked for again
    ws.cache.forget("market")
    assert ws.set_integration("resale", {"price.type": "msrp"}).settings.price.type == "msrp"


async def test_another_read_brings_other_words(ws, systems):
    assert "spot" not in ws.price_kinds("resale")["price", "type"]
    row = next(row for row in systems.market.state.tables["products"].values() if row.get("prices"))
    row["prices"] = [{**row["prices"][0], "type": "spot"}]
    await ws.pull()
    assert ws.price_kinds("resale")["price", "type"]["spot"] == 1
