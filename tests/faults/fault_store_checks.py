"""What must hold between a store and its accounting after a job, whatever happened: both systems' tables against the runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from fault_checks import DOUBTFUL, REFUSED, bookkeeping
from fault_shop import Job
from fault_stores import NEW_PRODUCT, PAIRS, TEMPLATES, Stores

from engine import run_log
from engine.changes import Change, Outcome, Purpose
from engine.errors import CrosswalkError
from engine.model import Field, Kind, Side
from engine.workspace import Workspace
from tui.demo.profiles import STORE_ACCOUNTING
from tui.demo.proof import carried_out, differences

GOODS = {"shop": ("products", "variations"), "books": ("item",)}
COLUMNS = {
    "regular_price": Field.PRICE, "price": Field.PRICE, "cogs": Field.COST, "stock_quantity": Field.QUANTITY,
    "stock_status": Field.QUANTITY, "UnitPrice": Field.PRICE, "PurchaseCost": Field.COST, "QtyOnHand": Field.QUANTITY,
}  # fmt: skip
#: The systems' own business: times, versions.
VOLATILE = {"date_modified", "date_modified_gmt", "MetaData", "SyncToken"}
#: Tables of QuickBooks that are checked by themselves.
APART = {"request", "inventoryadjustment", "gone"}
ITEM = {Field.PRICE: "UnitPrice", Field.COST: "PurchaseCost", Field.QUANTITY: "QtyOnHand"}


async def problems(stores: Stores, path: Path, job: Job, fault: str = "") -> list[str]:
    """Everything that is not as it must be, in words: right after the job, and after one more sync has put it right."""
    found: list[str] = []
    ws = stores.open(path)
    try:
        found += bookkeeping(ws)
        if job.purpose is Purpose.CREATE:
            found += _created(stores, ws, fault)
        else:
            found += _written(stores, ws, fault)
            found += await _put_right(stores, ws, job)
            found += bookkeeping(ws)
    except CrosswalkError as error:
        found.append(f"could not be put right: {type(error).__name__}: {error}")
    finally:
        await ws.close()
    return found


def _written_item(record: dict[str, Any], change: Change) -> dict[str, Any]:
    assert change.field is not None
    return {**record, ITEM[change.field]: Decimal(change.after or "0")}


def _written(stores: Stores, ws: Workspace, fault: str) -> Iterator[str]:
    """Each system holds what it held and what the outcomes say was applied, and no adjustment was made twice."""
    changes: dict[tuple[Side, str, Field | None], Change] = {}
    results: dict[tuple[Side, str, Field | None], list[Outcome]] = {}
    for run in ws.runs():
        for change in run_log.plan(ws.store, run.id).sending:
            changes[change.target, change.target_id, change.field] = change
        for outcome in ws.outcomes(run.id):
            id = outcome.backoffice_id if outcome.target is Side.BACKOFFICE else outcome.storefront_id
            results.setdefault((outcome.target, id, outcome.field), []).append(outcome)
    applied: list[Change] = []
    unsure: set[tuple[str, Field | None]] = set()
    for key, outcomes in results.items():
        kinds = {outcome.result.value for outcome in outcomes}
        if "unverified" in kinds:
            unsure.add((key[1], key[2]))
            if fault not in DOUBTFUL:
                yield f"{key} is unverified: {[o.message for o in outcomes]}"
        elif kinds & {"applied", "unchanged"}:
            applied.append(changes[key])
        if kinds == {"unchanged"}:
            yield f"{key} is called unchanged, although only we write here"
    for name, side, written in (
        ("shop", Side.STOREFRONT, STORE_ACCOUNTING.written),
        ("books", Side.BACKOFFICE, _written_item),
    ):
        mine = [change for change in applied if change.target is side]
        expected = carried_out(stores.before[name], GOODS[name], mine, written)
        for mismatch in differences(name, expected, stores.systems[name].state.tables, VOLATILE):
            if mismatch.table not in APART and (mismatch.id, COLUMNS.get(mismatch.column)) not in unsure:
                yield f"{mismatch}"
    yield from _adjusted(stores, [c for c in applied if c.target is Side.BACKOFFICE], {id for id, _ in unsure})


def _adjusted(stores: Stores, applied: list[Change], unsure: set[str]) -> Iterator[str]:
    """One adjustment for each quantity that was applied, of its difference."""
    wanted = {
        change.backoffice_id: Decimal(change.after or "0") - Decimal(change.before or "0")
        for change in applied
        if change.field is Field.QUANTITY
    }
    found: dict[str, Decimal] = {}
    for row in stores.books.state.rows("inventoryadjustment"):
        for line in row["Line"]:
            detail = line["ItemAdjustmentLineDetail"]
            id = detail["ItemRef"]["value"]
            if id in found:
                yield f"item {id} was adjusted twice"
            found[id] = Decimal(str(detail["QtyDiff"]))
    for id in sorted((wanted.keys() | found.keys()) - unsure):
        if wanted.get(id) != found.get(id):
            yield f"item {id} was adjusted by {found.get(id)}, the runs say {wanted.get(id)}"


def _created(stores: Stores, ws: Workspace, fault: str) -> Iterator[str]:
    """Made at most once, filled at most once, mapped if and only if it is known to be made, nothing else touched."""
    now, before = stores.books.state.tables["item"], stores.before["books"]["item"]
    made = sorted(now.keys() - before.keys())
    if len(made) > 1:
        yield f"DUPLICATE: {made}"
    posts = Counter(
        entry.path.rpartition("/")[2]
        for entry in stores.log("books")
        if entry.method == "POST" and entry.status not in REFUSED and entry.path.endswith(("/item", "/batch"))
    )
    if posts.total() > 1:
        yield f"sent {posts}"
    untouched = {id: row for id, row in now.items() if id in before}
    yield from (str(m) for m in differences("books", {"item": before}, {"item": untouched}, VOLATILE))
    yield from (str(m) for m in differences("shop", stores.before["shop"], stores.shop.state.tables, VOLATILE))
    docs = ws.store.table("mappings").all()
    mapped = [
        doc["backoffice_id"] for doc in docs if doc["kind"] == Kind.PRODUCTS and doc["storefront_id"] == NEW_PRODUCT
    ]
    outcomes = [o for run in ws.runs() if run.purpose is Purpose.CREATE for o in ws.outcomes(run.id)]
    results = [outcome.result.value for outcome in outcomes if outcome.field is None]
    filled = [outcome.result.value for outcome in outcomes if outcome.field is Field.QUANTITY]
    if (results.count("applied") == 1) != bool(mapped) or (mapped and mapped != made):
        yield f"outcomes {results}, made {made}, mapped {mapped}"
    if made and not {"applied", "unverified"} & set(results):
        yield f"made {made} and nobody knows: {results}"
    if not made and "applied" in results:
        yield "called applied and not made"
    if made and "applied" not in results and fault not in DOUBTFUL:
        yield f"made {made} and not found again: {[o.message for o in outcomes]}"
    units = stores.shop.state.tables["products"][NEW_PRODUCT]["stock_quantity"]
    held = [now[id]["QtyOnHand"] for id in made]
    if "applied" in filled and held != [units]:
        yield f"called filled, and holds {held} of {units}"
    if "unverified" not in filled and "applied" not in filled and held not in ([], [0]):
        yield f"holds {held}, the outcomes say {filled}"
    if len(stores.books.state.rows("inventoryadjustment")) > 1:
        yield "filled twice"


async def _put_right(stores: Stores, ws: Workspace, job: Job) -> list[str]:
    """With no fault left, one more plan and sync make both sides equal, and then nothing is left."""
    stores.well_again()
    plan = await ws.plan(None, kinds=[Kind.PRODUCTS], ids=job.rows)
    found = [f"blocked for good: {c.storefront_id} {c.field} {c.blocked}" for c in plan.blocked]
    if plan.sending:
        run = await ws.sync(plan, allow=[hit.guard for hit in plan.guards])
        if run.totals.applied + run.totals.unchanged != len(plan.sending):
            found.append(f"the sync that puts it right ended {run}")
    fields = [Field(name) for name in TEMPLATES[job.template][0].split(",")]
    for left in job.rows or PAIRS:
        store, item = _goods(stores, left), stores.books.state.tables["item"][PAIRS[left]]
        for field in fields:
            one, other = _value(store, field), Decimal(str(item[ITEM[field]]))
            if one != other:
                found.append(f"{left} {field}: the store has {one}, accounting {other}")
    left_over = (await ws.plan(None, kinds=[Kind.PRODUCTS], ids=job.rows)).sending
    return [*found, *(f"left to sync: {change}" for change in left_over)]


def _goods(stores: Stores, id: str) -> dict[str, Any]:
    tables = stores.shop.state.tables
    row: dict[str, Any] = tables["products"].get(id) or tables["variations"][id]
    return row


def _value(row: dict[str, Any], field: Field) -> Decimal:
    column = {Field.PRICE: "regular_price", Field.COST: "cogs", Field.QUANTITY: "stock_quantity"}[field]
    return Decimal(str(row[column]))
