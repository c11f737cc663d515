"""Pure: what one row, and each field of it, is now: (mapping, two records, baselines, decisions, settings) -> status.

The row first, then each field (``field_case``); a row shows its worst. Nothing here reads, writes or asks the time.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from engine.baselines import DOUBTED
from engine.field_case import FieldCase, Writable
from engine.fields import ABSENT, SIDE_NAMES, fields_of, read, sku_slot
from engine.model import Field, Kind, Product, Side, Status
from engine.pairs import FieldState, Pair, RowState
from engine.row_rules import compensated, rules_of
from engine.rules import NO_RULES, read_master
from engine.settings import IntegrationSettings, OrderPolicy
from engine.unposted import told

_SEVERITY = {status: number for number, status in enumerate(Status)}


def row_state(
    pair: Pair,
    settings: IntegrationSettings,
    writable: Writable,
    fields: Collection[Field] | None = None,
    undecided: Collection[Field] = (),
) -> RowState:
    """The state of one row over ``fields`` (default: the integration's). ``writable`` as ``fields.writable`` says.

    ``undecided`` are the fields whose master nobody has chosen (``fields.undecided``): they are blocked where they differ.
    """
    whole = _row_level(pair)
    if whole is not None:
        return whole
    if pair.kind is Kind.CUSTOMERS:
        return RowState(Status.MAPPED)
    chosen = fields_of(pair.kind, settings.fields if fields is None else fields)
    states = tuple(field_state(pair, name, settings, writable, undecided) for name in chosen)
    if held := in_orders(pair, settings):
        return RowState(Status.IN_ORDERS, held, tuple(_held(state, held) for state in states))
    if not states:
        return RowState(Status.MAPPED)
    worst = min(states, key=lambda state: _SEVERITY[state.status])
    reason = worst.reason if worst.status is Status.IN_SYNC else f"{worst.field}: {worst.reason}"
    return RowState(worst.status, reason, states)


def in_orders(pair: Pair, settings: IntegrationSettings) -> str:
    """Why nothing of the row may be synced because of orders that are not posted, or ""."""
    blocks = settings.orders.policy is OrderPolicy.BLOCK and pair.kind is Kind.PRODUCTS
    return told(pair.unposted) if blocks and pair.unposted else ""


def _held(state: FieldState, why: str) -> FieldState:
    """Both values stay in view; nothing is written, and nothing becomes a baseline."""
    if state.target is None:
        return replace(state, adopts=False)
    return replace(state, status=Status.IN_ORDERS, reason=why, blocked=why, verb="re-check", adopts=False)


def _row_level(pair: Pair) -> RowState | None:
    """What decides the whole row, in the order of the design; None where its fields decide."""
    if isinstance(pair.storefront, Product) and pair.storefront.is_base:
        return RowState(Status.BASE, "parent of variants; never synced itself")
    if pair.ignored is not None:
        return RowState(Status.IGNORED, pair.ignored)
    if not pair.backoffice_id:
        if pair.ambiguous:
            return RowState(Status.AMBIGUOUS, pair.ambiguous)
        what = "fee" if pair.kind is Kind.FEES else "it"
        return RowState(Status.UNMAPPED, f"map {what} to a back-office {pair.kind.counterpart.singular} to sync it")
    for side in (Side.BACKOFFICE, Side.STOREFRONT):
        record = pair.record(side)
        if record is None:
            return RowState(Status.BROKEN, f"{pair.id(side)} is gone from {SIDE_NAMES[side]}")
        if not record.active:
            return RowState(Status.BROKEN, f"{record.name} ({record.id}) is inactive in {SIDE_NAMES[side]}")
    return None


def field_state(
    pair: Pair, name: Field, settings: IntegrationSettings, writable: Writable, undecided: Collection[Field] = ()
) -> FieldState:
    """The three-way state of one field of a mapped row whose records both exist."""
    assert pair.storefront is not None
    assert pair.backoffice is not None
    storefront = read(pair.storefront, name, Side.STOREFRONT, settings)
    baseline = pair.baselines.get(name)
    if baseline is not None and baseline.backoffice_id not in {"", pair.backoffice_id}:
        baseline = None  # of an earlier mapping
    # A fee's own side is the integration's list: it is always the master and never overwritten by a sync.
    master = Side.STOREFRONT if pair.kind is Kind.FEES else settings.master(name)
    rules = rules_of(pair, name, master)
    if rules is NO_RULES:
        backoffice = read(pair.backoffice, name, Side.BACKOFFICE, settings)
    else:
        backoffice = read_master(pair.backoffice, name, settings, rules)
    cost = ABSENT if rules.price is None else read(pair.backoffice, Field.COST, Side.BACKOFFICE, settings)
    case = FieldCase(name, storefront, backoffice, master, baseline, settings.currency, pair.kind, writable, rules, cost,
                 compensated(pair, name, settings), barcodes(name, settings))  # fmt: skip
    if name in undecided and pair.kind is Kind.PRODUCTS:
        return case.undecided()
    decision = pair.decisions.get(name)
    state = case.decided(decision) if decision is not None else case.compared()
    if baseline is None or not baseline.problem:
        return state
    if baseline.problem == DOUBTED and decision is not None:
        return state  # somebody has looked
    return case.with_problem(state)


def barcodes(name: Field, settings: IntegrationSettings) -> Collection[Side]:
    """The sides where the SKU lives in the UPC and a barcode in it is not overwritten unasked."""
    if name is not Field.SKU or not settings.sku.keep_barcodes:
        return ()
    return [side for side in Side if sku_slot(settings, side) == "upc"]
