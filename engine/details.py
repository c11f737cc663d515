"""The side panel of one row: both records field by field, baselines, suggestions with their evidence, and history."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.fields import Value, digits, display
from engine.mappings import RowMapping
from engine.model import Customer, Fee, PriceOption, Product, Record, Side, canonical
from engine.pairs import FieldState, Pair, RowState
from engine.settings import IntegrationSettings
from engine.unposted import UnpostedLine
from engine.views import Detail, FieldView, HeldUnits, HistoryEntry, Row, Suggestion


def detail(
    row: Row,
    pair: Pair,
    state: RowState,
    mapping: RowMapping | None,
    suggestions: tuple[Suggestion, ...],
    history: tuple[HistoryEntry, ...],
    settings: IntegrationSettings,
) -> Detail:
    """Everything that is known of a row, as plain text."""
    left, right = dict(_lines(pair.storefront)), dict(_lines(pair.backoffice))
    labels = dict.fromkeys([*left, *right])
    made = f"{mapping.how}, {mapping.actor}, {mapping.at[:16].replace('T', ' ')} UTC" if mapping else ""
    urls = tuple(
        (side, record.url)
        for side, record in ((Side.STOREFRONT, pair.storefront), (Side.BACKOFFICE, pair.backoffice))
        if isinstance(record, (Product, Customer)) and record.url
    )
    return Detail(
        row,
        tuple((label, left.get(label, ""), right.get(label, "")) for label in labels),
        tuple(_field(pair, f, settings) for f in state.fields),
        suggestions,
        history,
        made,
        urls,
        tuple(held(line, pair.title) for line in pair.unposted),
    )


def held(line: UnpostedLine, name: str) -> HeldUnits:
    """A line of an order that is not posted, as lists show it."""
    return HeldUnits(line.order, line.product_id, name, canonical(line.units), line.at)


def _field(pair: Pair, state: FieldState, settings: IntegrationSettings) -> FieldView:
    baseline = pair.baselines.get(state.field)

    def shown(text: str | None) -> str:
        return display(state.field, text, settings.currency)

    return FieldView(
        state.field,
        shown(state.storefront.text) if not state.storefront.problem else state.storefront.problem,
        shown(state.backoffice.text) if not state.backoffice.problem else state.backoffice.problem,
        shown(baseline.storefront) if baseline and baseline.known else "",
        shown(baseline.backoffice) if baseline and baseline.known else "",
        state.status,
        " · ".join(filter(None, (state.reason, f"rule: {state.rule}" if state.rule else ""))),
        settings.master(state.field),
        state.verb,
        (_single(state.storefront, shown), _single(state.backoffice, shown)),
        state.storefront.options or state.backoffice.options,
    )


def _single(value: Value, shown: Callable[[str | None], str]) -> str | None:
    return None if value.problem or value.text is None else shown(value.text)


def _lines(record: Record | None) -> Iterable[tuple[str, str]]:
    """Label and value of everything a record holds; empty values are left out."""
    if record is None:
        return
    yield "Name", record.name
    yield "Id", record.id
    if not record.active:
        yield "State", "inactive"
    if isinstance(record, Product):
        pairs = [
            ("Brand", record.brand),
            ("MPN", record.mpn),
            ("SKU", ", ".join(f"{s.value} ({s.vendor})" if s.vendor else s.value for s in record.skus)),
            ("UPC", record.upc),
            ("Category", record.category),
            ("Period", record.period),
            ("Prices", _options(record.prices)),
            ("Costs", _options(record.costs)),
            ("Quantity", "" if record.quantity is None else f"{record.quantity:f}"),
            ("External id", record.external_id),
            ("Description", record.description[:400]),
        ]
    elif isinstance(record, Customer):
        person = " ".join(filter(None, (record.first_name, record.last_name)))
        place = ", ".join(filter(None, (record.street, record.city, record.region, record.postal_code, record.country)))
        pairs = [
            ("Contact", person),
            ("E-mail", record.email),
            ("Phone", record.phone),
            ("Address", place),
            ("External id", record.external_id),
            ("Profile", "" if record.complete else "only the list's fields are read; details on demand"),
        ]
    else:
        pairs = [("Type", record.type), ("Amount", _fee(record)), ("Follows", record.source_product_id)]
    yield from ((label, value) for label, value in pairs if value)


def _options(options: tuple[PriceOption, ...]) -> str:
    texts = []
    for option in options[:6]:
        kind = "" if (option.type, option.model) == ("recurring", "FLAT") else f" {option.type} {option.model}"
        above = f" from {option.lower_limit:f}" if option.lower_limit else ""
        places = max(digits(option.currency or ""), -int(option.amount.as_tuple().exponent))
        texts.append(f"{option.amount:.{places}f} {option.currency or ''}".rstrip() + kind + above)
    more = len(options) - 6
    return ", ".join(texts) + (f" and {more} more" if more > 0 else "")


def _fee(fee: Fee) -> str:
    return "" if fee.amount is None else f"{fee.amount:f} {fee.currency}".rstrip()
