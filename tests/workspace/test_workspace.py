"""The front door over real connectors and real HTTP: reading, lists, suggestions, mappings, decisions, drafts, fees."""

from __future__ import annotations

import io
import re
from decimal import Decimal

import pytest
from tinydb import TinyDB

from connectors.registry import EntryPointRegistry
from connectors.secrets import resolve
from engine.changes import RunState
from engine.errors import Blocked, IncompleteRead, StalePlan, UnknownId, UsageError
from engine.model import Field, Kind, Side, Status
from engine.plan_file import dump, load
from engine.workspace import Workspace


def storefront_rows(ws, kind=Kind.PRODUCTS):
    return {row.id: row for row in ws.snapshot(None, kind).rows if row.side is Side.STOREFRONT}


def guards(plan):
    return [hit.guard for hit in plan.guards]


def easy_pairs(systems, count=10):
    """True pairs with one flat recurring price in USD and an active counterpart; those whose price differs come first."""
    rows = {row["id"]: row for row in systems.world.marketplace_products}

    def flat(row):
        fitting = [p for p in row["prices"] if p["type"] == "recurring" and p.get("model", "FLAT") == "FLAT"]
        return len(fitting) == 1 and fitting[0]["currency"] == "USD" and float(fitting[0]["amount"]) > 1

    differing = systems.world.differences
    off = {row["id"] for row in systems.world.syncro_products if row["disabled"]}
    off |= {str(i) for i in off}
    found = [(sid, bid) for sid, bid in systems.world.product_pairs.items() if flat(rows[sid]) and bid not in off]
    pairs = sorted(found, key=lambda pair: "price" not in differing.get(pair[0], ()))
    assert len(pairs) >= count
    return pairs[:count]


async def test_both_sides_are_listed_with_true_counts(ws, systems):
    snapshot = ws.snapshot(None, Kind.PRODUCTS)
    left = [row for row in snapshot.rows if row.side is Side.STOREFRONT]
    assert len(left) == len(systems.world.marketplace_products) == snapshot.unmapped
    assert snapshot.unmapped_backoffice == len(systems.world.syncro_products)
    assert len(storefront_rows(ws, Kind.FEES)) == 1
    pairs = easy_pairs(systems, 3)
    ws.map(None, Kind.PRODUCTS, pairs)
    after = ws.snapshot(None, Kind.PRODUCTS)
    assert after.version > snapshot.version
    assert after.unmapped == snapshot.unmapped - 3
    assert after.unmapped_backoffice == snapshot.unmapped_backoffice - 3
    assert len(snapshot.rows) == len(left) + snapshot.unmapped_backoffice, "a snapshot never changes"


async def test_touched_rows_equal_rows_built_anew(ws, systems):
    pairs = easy_pairs(systems, 5)
    ws.snapshot(None, Kind.PRODUCTS)
    ws.map(None, Kind.PRODUCTS, pairs)
    ws.ignore(None, Kind.PRODUCTS, [pairs[0][0]], "not resold")
    ws.unmap(None, Kind.PRODUCTS, [pairs[1][0]])
    touched = ws.snapshot(None, Kind.PRODUCTS)
    ws._lists._lists.clear()
    anew = ws.snapshot(None, Kind.PRODUCTS)
    assert sorted(touched.rows) == sorted(anew.rows)
    assert touched.counts == anew.counts


async def test_suggestions_find_the_true_counterpart_and_say_why(ws, systems):
    assert await ws.suggest(None, Kind.PRODUCTS) > 0
    truth = {**systems.world.product_pairs}
    shared = systems.world.shared_products
    right = wrong = 0
    for sid, bid in truth.items():
        found = ws.suggestions(None, Kind.PRODUCTS, sid)
        assert all(0 <= s.score <= 1 and s.evidence for s in found)
        assert list(found) == sorted(found, key=lambda s: -s.score)
        right += bool(found) and found[0].backoffice_id in {bid, shared.get(sid)}
        wrong += not found or found[0].backoffice_id not in {bid, shared.get(sid)}
    assert right / (right + wrong) > 0.85
    accepted = ws.acceptable(None, Kind.PRODUCTS, 0.9)
    assert accepted
    assert [s.exact for s in accepted] == sorted(s.exact for s in accepted), "doubtful ones come first"
    assert len({s.backoffice_id for s in accepted}) == len(accepted), "no target twice"


async def test_a_rejected_pair_is_not_suggested_again_also_after_reopening(ws):
    await ws.suggest(None, Kind.PRODUCTS)
    sid, found = next((sid, s) for sid, s in ws.all_suggestions(None, Kind.PRODUCTS).items() if s)
    ws.reject(None, Kind.PRODUCTS, sid, found[0].backoffice_id)
    assert found[0].backoffice_id not in {s.backoffice_id for s in ws.suggestions(None, Kind.PRODUCTS, sid)}
    ws._suggestions._loaded.clear()
    assert found[0].backoffice_id not in {s.backoffice_id for s in ws.suggestions(None, Kind.PRODUCTS, sid)}
    await ws.suggest(None, Kind.PRODUCTS)
    assert found[0].backoffice_id not in {s.backoffice_id for s in ws.suggestions(None, Kind.PRODUCTS, sid)}
    ws.undo_edit(None)
    await ws.suggest(None, Kind.PRODUCTS)
    assert found[0].backoffice_id in {s.backoffice_id for s in ws.suggestions(None, Kind.PRODUCTS, sid)}


async def test_a_sync_writes_what_was_planned_and_undo_puts_it_back(ws, systems):
    pairs = easy_pairs(systems)
    ws.map(None, Kind.PRODUCTS, pairs)
    before = {bid: systems.psa.state.tables["products"][bid]["price_retail"] for _, bid in pairs}
    plan = await ws.plan(None, fields=[Field.PRICE])
    run = await ws.sync(plan, allow=guards(plan))
    assert run.state is RunState.DONE
    assert run.totals.adds_up
    assert run.totals.applied == len(plan.sending)
    for change in plan.sending:
        row = systems.psa.state.tables["products"][change.backoffice_id]
        assert Decimal(str(row["price_retail"])) == Decimal(change.after)
    assert {storefront_rows(ws)[sid].status for sid, _ in pairs} <= {Status.IN_SYNC, Status.FIRST_SYNC}
    again = await ws.plan(None, fields=[Field.PRICE])
    assert not again.sending
    moved = plan.sending[0]
    systems.psa.state.tables["products"][moved.backoffice_id]["price_retail"] = 777.0
    undo = await ws.plan_undo(run.id)
    assert [c.storefront_id for c in undo.blocked] == [moved.storefront_id]
    done = await ws.sync(undo, allow=guards(undo))
    assert done.totals.adds_up
    for change in plan.sending[1:]:
        assert (
            systems.psa.state.tables["products"][change.backoffice_id]["price_retail"] == before[change.backoffice_id]
        )
    assert systems.psa.state.tables["products"][moved.backoffice_id]["price_retail"] == 777.0


async def test_a_saved_plan_whose_source_moved_is_refused_and_nothing_is_sent(ws, systems):
    pairs = easy_pairs(systems, 4)
    ws.map(None, Kind.PRODUCTS, pairs)
    plan = load(dump(await ws.plan(None, fields=[Field.PRICE])))
    ws._operations.young.clear()
    source = systems.market.state.tables["products"][plan.sending[0].storefront_id]
    systems.market.state.tables["products"][plan.sending[0].storefront_id] = {
        **source,
        "prices": [{**p, "amount": "4321.00"} for p in source["prices"]],
    }
    writes = [entry for entry in systems.psa.requests if entry.method != "GET"]
    with pytest.raises(StalePlan, match=r"4321.*Make a new plan"):
        await ws.sync(plan, allow=guards(plan))
    assert [entry for entry in systems.psa.requests if entry.method != "GET"] == writes


async def test_a_guard_stops_a_run_until_it_is_named(ws, systems):
    ((sid, bid),) = easy_pairs(systems, 1)
    ws.map(None, Kind.PRODUCTS, [(sid, bid)])
    systems.psa.state.tables["products"][bid]["price_retail"] = 0.5
    plan = await ws.plan(None, fields=[Field.PRICE], ids=[sid])
    assert "change-percent" in guards(plan)
    with pytest.raises(Blocked, match="nothing was written"):
        await ws.sync(plan)
    assert systems.psa.state.tables["products"][bid]["price_retail"] == 0.5
    plan = await ws.plan(None, fields=[Field.PRICE], ids=[sid])
    assert (await ws.sync(plan, allow=guards(plan))).totals.applied == 1


async def test_a_conflict_is_shown_and_resolved(ws, systems):
    ((sid, bid),) = easy_pairs(systems, 1)
    ws.map(None, Kind.PRODUCTS, [(sid, bid)])
    plan = await ws.plan(None, ids=[sid])
    await ws.sync(plan, allow=guards(plan))
    market, psa = systems.market.state.tables["products"], systems.psa.state.tables["products"]
    price = Decimal(str(psa[bid]["price_retail"]))
    psa[bid]["price_retail"] = float(price + 2)
    changed = [{**p, "amount": str(price + 1)} if p["type"] == "recurring" else p for p in market[sid]["prices"]]
    market[sid] = {**market[sid], "prices": changed}
    plan = await ws.plan(None, fields=[Field.PRICE], ids=[sid])
    assert [(c.status, c.verb) for c in plan.blocked] == [(Status.CONFLICT, "resolve")]
    assert storefront_rows(ws)[sid].status is Status.CONFLICT
    ws.resolve(None, Kind.PRODUCTS, sid, Field.PRICE, keep=Side.STOREFRONT)
    plan = await ws.plan(None, fields=[Field.PRICE], ids=[sid])
    run = await ws.sync(plan, allow=guards(plan))
    assert run.totals.applied == 1
    assert Decimal(str(psa[bid]["price_retail"])) == price + 1
    with pytest.raises(UsageError, match="not an amount"):
        ws.resolve(None, Kind.PRODUCTS, sid, Field.PRICE, value="ten")


async def test_an_incomplete_read_makes_no_plan_and_keeps_the_last_catalogue(ws, systems):
    pairs = easy_pairs(systems)
    ws.map(None, Kind.PRODUCTS, pairs)
    count = ws.cache.count("psa", Kind.PRODUCTS)
    systems.psa.app.faults.add("html", path="/products", times=50)
    with pytest.raises(IncompleteRead, match="no plan was made"):
        await ws.plan(None)
    assert ws.cache.count("psa", Kind.PRODUCTS) == count
    assert ws.connection("psa").state == "failing"


async def test_products_and_customers_are_created_once_and_mapped_by_that(ws, systems):
    unmapped = [row.id for row in storefront_rows(ws).values()]
    drafts, problems = ws.draft_products(None, unmapped, {"description": "made from {name}"})
    good = [d for d in drafts if d.source_id not in {p.source_id for p in problems}][:2]
    before = len(systems.psa.state.tables["products"])
    run = await ws.add_products(None, good)
    assert run.totals.applied == len(good) == len(systems.psa.state.tables["products"]) - before
    for draft in good:
        row = storefront_rows(ws)[draft.source_id]
        made = systems.psa.state.tables["products"][row.right_id]
        assert (made["name"], made["description"]) == (draft.name, f"made from {draft.name}")
        assert Decimal(str(made["price_retail"])) == draft.price
    _, problems = ws.draft_products(None, [good[0].source_id])
    assert any("mapped" in p.message for p in problems)
    missing = next(r for r in ws.customer_readiness(None) if r.missing)
    with pytest.raises(UsageError, match=r"lacks .*nothing was created"):
        await ws.import_customers(None, [missing.customer.id])
    ws.set_integration("resale", {"customers.country": "US"})
    ready = next(r for r in ws.customer_readiness(None) if not r.missing and not r.twins)
    run = await ws.import_customers(None, [ready.customer.id])
    (outcome,) = ws.outcomes(run.id)
    made = systems.market.state.tables["customers"][outcome.storefront_id]
    assert (made["name"], made["externalId"]) == (ready.customer.name, ready.customer.id)
    assert storefront_rows(ws, Kind.CUSTOMERS)[outcome.storefront_id].right_id == ready.customer.id


async def test_a_fee_is_mapped_before_it_is_synced_and_then_its_amount_is_the_price(ws, systems):
    plan = await ws.plan(None)
    (fee,) = [c for c in plan.blocked if c.kind is Kind.FEES]
    assert fee.verb == "map"
    ws.set_fee(None, "cancellation-fee", amount=Decimal("49.50"))
    bid = next(b for b, row in systems.psa.state.tables["products"].items() if not row["disabled"])
    ws.map(None, Kind.FEES, [("cancellation-fee", bid)])
    plan = await ws.plan(None, kinds=[Kind.FEES])
    assert [(c.field, c.after) for c in plan.sending] == [(Field.PRICE, "49.5")]
    await ws.sync(plan, allow=guards(plan))
    assert systems.psa.state.tables["products"][bid]["price_retail"] == 49.5
    with pytest.raises(UsageError, match="exists already"):
        ws.add_fee(None, "Cancellation Fee", "cancellation")
    with pytest.raises(UsageError, match="always there"):
        ws.remove_fee(None, "cancellation-fee")


async def test_mappings_go_out_and_come_back_without_loss(ws, systems):
    ws.map(None, Kind.PRODUCTS, easy_pairs(systems, 6))
    customers = list(systems.world.customer_pairs.items())[:4]
    ws.map(None, Kind.CUSTOMERS, customers)
    ws.ignore(None, Kind.PRODUCTS, [easy_pairs(systems, 6)[0][0]], "=not, a formula")
    out = io.StringIO()
    assert ws.export_mappings(None, out) == 10
    for kind in (Kind.PRODUCTS, Kind.CUSTOMERS):
        ws.unmap(None, kind, [row.id for row in storefront_rows(ws, kind).values()])
    ws.unignore(None, Kind.PRODUCTS, [easy_pairs(systems, 6)[0][0]])
    preview = ws.preview_mappings(None, io.StringIO(out.getvalue()))
    assert preview.counts == {"map": 9, "ignore": 1}
    assert ws.import_mappings(None, preview).count == 10
    again = io.StringIO()
    ws.export_mappings(None, again)

    def essential(text):
        return [line.split(",")[:6] for line in text.splitlines()]

    assert essential(again.getvalue()) == essential(out.getvalue())
    newest = ws.undoable_edit(None)
    assert newest is not None
    assert newest.count == 10
    assert re.match(r"import of \d customers? and \d products? by .+, \d{4}-\d\d-\d\d \d\d:\d\d UTC$", newest.message)
    undone = ws.undo_edit(None)
    assert undone.count == 10, "an import of several kinds is one edit"
    assert storefront_rows(ws, Kind.CUSTOMERS)[customers[0][0]].status is not Status.MAPPED


async def test_what_is_wrong_is_said_and_nothing_is_lost(ws, systems):
    sid, bid = easy_pairs(systems, 1)[0]
    with pytest.raises(UnknownId, match="nothing was changed"):
        ws.map(None, Kind.PRODUCTS, [("nope", bid)])
    with pytest.raises(UnknownId, match="nothing was mapped"):
        ws.map(None, Kind.PRODUCTS, [(sid, "nope")])
    with pytest.raises(UnknownId, match="known: resale"):
        ws.integration("other")
    with pytest.raises(UsageError, match=r"no setting 'guards\.nope'"):
        ws.set_integration("resale", {"guards.nope": "1"})
    with pytest.raises(UsageError, match=r"currency: .*three letters"):
        ws.set_integration("resale", {"currency": "dollars"})
    with pytest.raises(UsageError, match="is used by resale"):
        ws.remove_connection("psa")
    with pytest.raises(UsageError, match="never the secret itself"):
        ws.set_connection("psa", {"token": "T0PSECRET"})
    with pytest.raises(UsageError, match="already writes cost, price, sku"):
        ws.add_integration("second", "market", "psa")
    assert all(
        row.status is Status.UNMAPPED for row in storefront_rows(ws).values() if row.status is not Status.AMBIGUOUS
    )


async def test_secrets_are_nowhere_in_the_workspace(ws, systems, tmp_path):
    await ws.check_connection("psa")
    await ws.check_connection("market")
    secrets = [*systems.psa.credentials.values(), *systems.market.credentials.values()]
    for file in (tmp_path / "workspace").glob("*.db*"):
        raw = file.read_bytes()
        assert not [s for s in secrets if len(s) > 6 and s.encode() in raw], file


async def test_the_workspace_goes_out_as_plain_tinydb(ws, systems, tmp_path):
    from engine.store.exchange import export_workspace

    ws.map(None, Kind.PRODUCTS, easy_pairs(systems, 2))
    export_workspace(ws.store, tmp_path / "plain.json")
    with TinyDB(tmp_path / "plain.json") as plain:
        assert len(plain.table("mappings")) == 2


async def test_external_ids_are_written_with_consent_only_and_only_into_empty_ones(ws, systems):
    pairs = list(systems.world.customer_pairs.items())
    ws.map(None, Kind.CUSTOMERS, pairs)
    with pytest.raises(UsageError, match="not allowed"):
        await ws.write_external_ids(None)
    tables = systems.market.state.tables["customers"]
    filled = {sid: tables[sid]["externalId"] for sid, _ in pairs if tables[sid].get("externalId")}
    ws.set_integration("resale", {"write_external_id": "true"})
    outcomes = await ws.write_external_ids(None)
    assert len(outcomes) == len(pairs) - len(filled)
    assert {o.result.value for o in outcomes} == {"applied"}
    for sid, bid in pairs:
        assert tables[sid]["externalId"] == filled.get(sid, bid)
    written = [e for e in ws.history("resale") if e.action == "write external id"]
    assert len(written) == len(outcomes)
    assert all(e.outcome == "applied" for e in written)


async def test_an_automatic_run_leaves_first_syncs_to_people_and_writes_the_rest(ws, systems):
    (first, _), (second, bid) = easy_pairs(systems, 2)
    ws.map(None, Kind.PRODUCTS, easy_pairs(systems, 2))
    plan = await ws.plan(None, ids=[second])
    await ws.sync(plan, allow=guards(plan))
    psa = systems.psa.state.tables["products"]
    price = psa[bid]["price_retail"]
    psa[bid]["price_retail"] = round(price * 1.05, 2)
    untouched = dict(psa[systems.world.product_pairs[first]])
    made = ws.schedules.add("resale", "every 15 minutes", "UTC")
    await ws.scheduler().run_once(made)
    assert psa[bid]["price_retail"] == price
    assert psa[systems.world.product_pairs[first]] == untouched
    (newest, *_) = ws.runs("resale")
    assert newest.trigger == f"schedule {made.id}"
    assert "by hand" in next(o for o in ws.outcomes(newest.id) if o.storefront_id == first).message
    assert ws.schedules.get(made.id).last_good is not None


async def test_a_files_path_is_kept_absolute(ws, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.csv").write_text("id,name\n1,Chair\n")
    view = ws.add_connection("shop", "files", {"products.path": "shop.csv"})
    assert view.options["products.path"] == str(tmp_path / "shop.csv")
    monkeypatch.chdir("/")
    assert (await ws.check_connection("shop")).ok


async def test_without_the_cache_mapped_rows_are_not_called_broken(ws, systems, tmp_path):
    ws.map(None, Kind.PRODUCTS, easy_pairs(systems, 3))
    await ws.close()
    for file in (tmp_path / "workspace").glob("cache.db*"):
        file.unlink()
    again = Workspace.open(tmp_path / "workspace", EntryPointRegistry(), actor="tester", secret=resolve)
    try:
        rows = again.snapshot(None, Kind.PRODUCTS).rows
        assert [row.status for row in rows] == [Status.MAPPED] * 3
        assert {row.reason for row in rows} == {"nothing was read from the storefront yet: read both systems"}
        await again.pull()
        statuses = {row.status for row in again.snapshot(None, Kind.PRODUCTS).rows if row.right_id}
        assert statuses <= {Status.IN_SYNC, Status.FIRST_SYNC}
        del systems.psa.state.tables["products"][easy_pairs(systems, 1)[0][1]]
        await again.pull()
        assert Status.BROKEN in {row.status for row in again.snapshot(None, Kind.PRODUCTS).rows if row.right_id}
    finally:
        await again.close()


async def test_an_undo_is_not_asked_why_everything_changed_at_once(ws, systems):
    pairs = easy_pairs(systems, 12)
    ws.map(None, Kind.PRODUCTS, pairs)
    plan = await ws.plan(None, fields=[Field.PRICE])
    await ws.sync(plan, allow=guards(plan))
    for sid, _ in pairs:
        for price in systems.market.state.tables["products"][sid]["prices"]:
            price["amount"] = str(Decimal(price["amount"]) + 1)
    again = await ws.plan(None, fields=[Field.PRICE])
    assert len(again.sending) == len(pairs)
    assert "everything-changed" in guards(again), "the guard is on"
    run = await ws.sync(again, allow=guards(again))
    undo = await ws.plan_undo(run.id)
    assert len(undo.sending) == len(pairs)
    assert "everything-changed" not in guards(undo)


async def test_undo_takes_an_added_sku_away_again(ws, systems):
    psa = systems.psa.state.tables["products"]
    sid, bid = next((s, b) for s, b in easy_pairs(systems) if not psa[b]["upc_code"])
    ws.map(None, Kind.PRODUCTS, [(sid, bid)])
    plan = await ws.plan(None, fields=[Field.SKU], ids=[sid])
    run = await ws.sync(plan, allow=guards(plan))
    assert run.totals.applied == 1
    assert psa[bid]["upc_code"] == plan.sending[0].after
    undo = await ws.plan_undo(run.id)
    done = await ws.sync(undo, allow=guards(undo))
    assert (done.totals.applied, done.totals.blocked) == (1, 0)
    assert not psa[bid]["upc_code"]
    assert storefront_rows(ws)[sid].status is Status.FIRST_SYNC
