"""Filtering and sorting: always the same answer as the plain way, however it was narrowed or sliced."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model import Field, Side, Status
from engine.views import Difference, Row
from tui.widgets import lens as lens_module
from tui.widgets.lens import SLICE, UNMAPPED, Lens, Selector, at_once, in_slices

SORTS: dict[str, Any] = {"left": lambda row: row.left, "status": lambda row: list(Status).index(row.status)}


def row(n: int, name: str, status: Status, side: Side = Side.STOREFRONT) -> Row:
    fields = (Field.PRICE,) * (n % 3 == 0) + (Field.SKU,) * (n % 5 == 0) if side is Side.STOREFRONT else ()
    differs = tuple(Difference(field, "1", "2", Side.BACKOFFICE, "", "", "") for field in fields)
    return Row(str(n), side, name, str(n), "", "", "", status, "", f"{name} {n}".casefold(), differs)


ROWS = [row(n, f"{'abc'[n % 3]}{'xyz'[n % 2]} item", list(Status)[n % 14]) for n in range(60)]
ROWS += [row(n, f"{'abc'[n % 3]} there", Status.UNMAPPED, Side.BACKOFFICE) for n in range(60, 75)]


def plainly(lens: Lens) -> list[int]:
    """What a lens lets through, the obvious way."""
    hits = [i for i, one in enumerate(ROWS) if (one.side is Side.BACKOFFICE) == lens.backoffice]
    if lens.unmapped:
        hits = [i for i in hits if ROWS[i].status in UNMAPPED]
    if lens.statuses:
        hits = [i for i in hits if ROWS[i].status in lens.statuses]
    hits = [i for i in hits if all(token in ROWS[i].search for token in lens.tokens)]
    if lens.out:
        hits = [i for i in hits if lens.out in {one.field for one in ROWS[i].differs}]
    if lens.sort:
        hits = sorted(hits, key=lambda i: SORTS[lens.sort](ROWS[i]))
    return hits[::-1] if lens.descending else hits


LENSES = st.builds(
    Lens,
    text=st.sampled_from(["", "a", "ax", "ax item", "IT b", "1", "nothing at all"]),
    unmapped=st.booleans(),
    statuses=st.frozensets(st.sampled_from([status.value for status in Status]), max_size=3),
    backoffice=st.booleans(),
    out=st.sampled_from(["", "price", "sku", "quantity"]),
    sort=st.sampled_from(["", "left", "status"]),
    descending=st.booleans(),
)


@settings(max_examples=200)
@given(st.lists(LENSES, min_size=1, max_size=6))
def test_any_sequence_of_lenses_gives_what_each_gives_alone(lenses: list[Lens]) -> None:
    selector = Selector(ROWS, SORTS)
    for lens in lenses:
        assert list(at_once(selector.select(lens))) == plainly(lens)


async def test_a_long_list_lets_the_loop_breathe_and_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lens_module, "HOLD", 0.0)  # a pause after every slice, however quick this machine is
    rows = [row(n, f"name {n:06}", Status.UNMAPPED) for n in range(100_000)]
    selector = Selector(rows, SORTS)
    turns = 0
    done = asyncio.Event()

    async def breathe() -> None:
        nonlocal turns
        while not done.is_set():
            turns += 1
            await asyncio.sleep(0)

    breather = asyncio.create_task(breathe())
    hits = await in_slices(selector.select(Lens(text="99 name", sort="left", descending=True)))
    done.set()
    await breather
    assert list(hits) == [n for n in reversed(range(100_000)) if "99" in f"{n:06} {n}"]
    assert turns >= 3 * len(rows) // SLICE  # sorting, sieving and searching go through all rows
    again = await in_slices(selector.select(Lens(text="99 name 0001", sort="left", descending=True)))
    assert list(again) == [n for n in hits if "0001" in rows[n].search]


def test_totals_are_those_of_the_side_that_is_looked_at() -> None:
    selector = Selector(ROWS, SORTS)
    assert selector.total(Lens()) == 60
    assert selector.total(Lens(backoffice=True)) == 15
