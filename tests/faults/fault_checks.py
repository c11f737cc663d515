"""What must hold after a job, whatever happened: the systems' own tables and request logs against what the runs say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fault_shop import MAPPED, NEW_CUSTOMER, NEW_PRODUCT, Job, Shop, open_intents

from engine import run_log
from engine.changes import Change, Outcome, Purpose, RunState, Totals
from engine.errors import CrosswalkError
from engine.model import Field, Kind
from engine.workspace import Workspace
from tui.demo.profiles import MARKETPLACE_SYNCRO
from tui.demo.proof import carried_out, differences

COLUMNS = {"price_retail": Field.PRICE, "price_cost": Field.COST, "upc_code": Field.SKU}
REFUSED = {429, 401, 403}
#: What can make a system not hold what it said it holds, or not show it.
DOUBTFUL = {"no_store", "stale_read", "short_page"}


async def problems(shop: Shop, path: Path, job: Job, fault: str = "") -> list[str]:
    """Everything that is not as it must be, in words: right after the job, and after one more sync has put it right."""
    found: list[str] = []
    ws = shop.open(path)
    try:
        found += bookkeeping(ws)
        if job.purpose is Purpose.CREATE:
            found += _created(shop, ws, job, fault)
        else:
            found += _written(shop, ws, fault)
            found += _sent_twice(shop)
            found += await _put_right(shop, ws, job)
            found += bookkeeping(ws)
    except CrosswalkError as error:
        found.append(f"could not be put right: {type(error).__name__}: {error}")
    finally:
        await ws.close()
    return found


def bookkeeping(ws: Workspace) -> Iterator[str]:
    """The workspace by itself: every run over, one outcome per row and field, totals counted, history kept."""
    if intents := open_intents(ws):
        yield f"{len(intents)} intents left open"
    if beats := ws.store.table("heartbeats").all():
        yield f"{len(beats)} heartbeats of runs that are over"
    for run in ws.runs():
        outcomes = ws.outcomes(run.id)
        if run.state is RunState.RUNNING:
            yield f"run {run.id} is still running"
        if len({(o.kind, o.storefront_id, o.field, o.target) for o in outcomes}) != len(outcomes):
            yield "an outcome twice"
        counted = Totals.of(run.totals.planned, (outcome.result for outcome in outcomes))
        if counted != run.totals or not run.totals.adds_up or len(outcomes) != run.totals.planned:
            yield f"totals {run.totals}, counted {counted} of {len(outcomes)}"
        entries = Counter(
            (entry.storefront_id, entry.field) for entry in ws.history(run=run.id) if entry.outcome == "applied"
        )
        applied = Counter((o.storefront_id, o.field) for o in outcomes if o.result == "applied")
        if entries != applied:
            yield f"the history has applied {dict(entries)}, the outcomes {dict(applied)}"


def _written(shop: Shop, ws: Workspace, fault: str) -> Iterator[str]:
    """The back office holds what it held and what the outcomes say was applied; its log has each of those writes once."""
    changes = {}
    results: dict[tuple[str, Field | None], list[Outcome]] = {}
    for run in ws.runs():
        for change in run_log.plan(ws.store, run.id).sending:
            changes[change.backoffice_id, change.field] = change
        for outcome in ws.outcomes(run.id):
            results.setdefault((outcome.backoffice_id, outcome.field), []).append(outcome)
    applied: list[Change] = []
    unsure: set[tuple[str, Field | None]] = set()
    for key, outcomes in results.items():
        kinds = {outcome.result.value for outcome in outcomes}
        if "unverified" in kinds:
            unsure.add(key)
            if fault not in DOUBTFUL:
                yield f"{key} is unverified: {[o.message for o in outcomes]}"
        elif kinds & {"applied", "unchanged"}:
            applied.append(changes[key])
        if kinds == {"unchanged"}:
            yield f"{key} is called unchanged, although only we write here"
    profile = MARKETPLACE_SYNCRO
    expected = carried_out(shop.before["psa"], ("products",), applied, profile.written)
    for mismatch in differences("psa", expected, shop.psa.state.tables):
        if (mismatch.id, COLUMNS.get(mismatch.column)) not in unsure:
            yield f"{mismatch}"
    for mismatch in differences("market", shop.before["market"], shop.market.state.tables):
        yield f"{mismatch}"
    logged = _writes_in_log(shop)
    wanted = {(change.backoffice_id, change.field) for change in applied}
    if not wanted <= logged.keys() <= wanted | unsure or set(logged.values()) - {1}:
        yield f"the log has written {dict(logged)}, the runs say {wanted}, unsure {unsure}"


def _writes_in_log(shop: Shop) -> Counter[tuple[str, Field]]:
    """How often each column of each product was changed, from the requests that changed anything."""
    found: Counter[tuple[str, Field]] = Counter()
    holds = {id: dict(row) for id, row in shop.before["psa"]["products"].items()}
    for entry in shop.log("psa"):
        for touched in entry.touched if entry.method == "PUT" else ():
            row = holds[touched.partition("/")[2]]
            for column, name in COLUMNS.items():
                if column in entry.body and entry.body[column] != row[column]:
                    row[column] = entry.body[column]
                    found[str(row["id"]), name] += 1
    return found


def _sent_twice(shop: Shop) -> Iterator[str]:
    """A write may go out again only after the record was read again, and only as the same absolute values."""
    last: dict[str, tuple[Any, bool]] = {}
    for entry in shop.log("psa"):
        id = entry.path.rpartition("/")[2]
        if entry.method == "GET" and entry.path.startswith("/products"):
            for known in (id,) if id in last else tuple(last) if entry.path == "/products" else ():
                last[known] = (last[known][0], True)
        elif entry.method == "PUT":
            values = {column: entry.body.get(column) for column in COLUMNS}
            if id in last and last[id] != (values, True):
                yield f"PUT {id} again, read between: {last[id][1]}, before {last[id][0]}, now {values}"
            last[id] = (values, entry.status in REFUSED)
        elif entry.method != "GET":
            yield f"{entry.method} {entry.path} in a sync"


def _created(shop: Shop, ws: Workspace, job: Job, fault: str) -> Iterator[str]:
    """Made at most once, mapped if and only if it is known to be made, and nothing else touched."""
    name, table, source = (
        ("psa", "products", NEW_PRODUCT) if job.name == "product" else ("market", "customers", NEW_CUSTOMER)
    )
    now, before = getattr(shop, name).state.tables[table], shop.before[name][table]
    made = sorted(now.keys() - before.keys())
    posts = [e for e in shop.log(name) if e.method == "POST" and e.path == f"/{table}" and e.status not in REFUSED]
    if len(made) > 1:
        yield f"DUPLICATE: {made}"
    if len(posts) > 1:
        yield f"sent {len(posts)} times: {posts}"
    untouched = {id: row for id, row in now.items() if id in before}
    yield from (str(m) for m in differences(name, {table: before}, {table: untouched}))
    mine, other = ("storefront_id", "backoffice_id") if job.name == "product" else ("backoffice_id", "storefront_id")
    kind = Kind.PRODUCTS if job.name == "product" else Kind.CUSTOMERS
    mapped = [doc[other] for doc in ws.store.table("mappings").all() if doc["kind"] == kind and doc[mine] == source]
    outcomes = [o for run in ws.runs() if run.purpose is Purpose.CREATE for o in ws.outcomes(run.id)]
    results = [outcome.result.value for outcome in outcomes]
    if (results.count("applied") == 1) != bool(mapped) or (mapped and mapped != made):
        yield f"outcomes {results}, made {made}, mapped {mapped}"
    if made and "applied" not in results and "unverified" not in results:
        yield f"made {made} and nobody knows: {results}"
    if not made and "applied" in results:
        yield "called applied and not made"
    if made and "applied" not in results and fault not in DOUBTFUL:
        yield f"made {made} and not found again: {[o.message for o in outcomes]}"


async def _put_right(shop: Shop, ws: Workspace, job: Job) -> list[str]:
    """With no fault left, one more plan and sync bring every chosen field to its after-value, and then none is left."""
    plan = await ws.plan(None, kinds=[Kind.PRODUCTS], ids=job.rows)
    found = [f"blocked for good: {c.storefront_id} {c.field} {c.blocked}" for c in plan.blocked]
    if plan.sending:
        run = await ws.sync(plan, allow=[hit.guard for hit in plan.guards])
        if run.totals.applied + run.totals.unchanged != len(plan.sending):
            found.append(f"the sync that puts it right ended {run}")
    chosen = [shop.market.app.truth["product_pairs"][left] for left in job.rows or MAPPED]
    for id in chosen:
        row = shop.psa.state.tables["products"][id]
        found += [
            f"{id} {column} is {row[column]}, not {shop.wanted(id, column)}"
            for column in COLUMNS
            if row[column] != shop.wanted(id, column)
        ]
    left = (await ws.plan(None, kinds=[Kind.PRODUCTS], ids=job.rows)).sending
    return [*found, *(f"left to sync: {change}" for change in left)]
