"""Pure: every discrepancy between two completely read sides, with a proposed resolution where one is safe.

Works for every integration: what a system cannot do (names that may be written, price books) its capabilities say, and
the finding is then left to a person.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.crm import PriceBook, PriceEntry
from engine.duplicates import COUNTERPART, Duplicate
from engine.field_values import Converted
from engine.fields import difference, display
from engine.findings import Action, Code, Finding
from engine.model import Customer, Fee, Field, Kind, Product, Record, Side, Status, canonical
from engine.pairs import FieldState, Pair, RowState
from engine.push import NAME_LENGTH
from engine.settings import IntegrationSettings

_FIELD_CODES = {
    Field.PRICE: Code.PRICE_MISMATCH,
    Field.COST: Code.COST_MISMATCH,
    Field.QUANTITY: Code.QUANTITY_MISMATCH,
    Field.SKU: Code.SKU_MISMATCH,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A price that a product should have in one book: what a push would write there."""

    book: PriceBook
    amount: str


@dataclass(frozen=True, slots=True)
class Custom:
    """What one field mapping makes of a record, and what its counterpart holds."""

    id: str
    attribute: str
    source: str
    made: Converted
    now: str


@dataclass(frozen=True, slots=True)
class Sides:
    """Everything one kind's comparison looks at. All records come from complete reads.

    ``matches``: storefront id -> ids of the back-office records with an identical key, ``exact`` those pairs that are
    unique on both sides. ``creates`` and ``writes_texts`` say what the systems can do; ``refused`` are storefront ids that
    would not be created all the same, with the reason; ``owners`` whose name and
    description win (None: they are reported, not written).
    """

    kind: Kind
    settings: IntegrationSettings
    pairs: Sequence[tuple[Pair, RowState]]
    unmapped: Sequence[Record] = ()
    orphans: Sequence[Record] = ()
    matches: Mapping[str, Sequence[str]] = field(default_factory=dict)
    exact: Mapping[str, str] = field(default_factory=dict)
    backoffice: Mapping[str, Record] = field(default_factory=dict)
    duplicates: Sequence[Duplicate] = ()
    ignored: Collection[str] = ()
    creates: Action = Action.MANUAL
    refused: Mapping[str, str] = field(default_factory=dict)
    writes_texts: Collection[Side] = ()
    owners: Mapping[str, Side | None] = field(default_factory=dict)
    entries: Mapping[str, Sequence[PriceEntry]] | None = None
    wanted: Mapping[str, Sequence[Wanted]] = field(default_factory=dict)
    custom: Mapping[str, Sequence[Custom]] = field(default_factory=dict)
    pushes: bool = False


def detect(sides: Sides) -> list[Finding]:
    """Every finding of one kind, in the order of the codes, then by name."""
    found = [*_links(sides), *_duplicates(sides)]
    for pair, state in sides.pairs:
        found += _pair(sides, pair, state)
    order = list(Code)
    found.sort(
        key=lambda one: (order.index(one.code), (one.storefront_name or one.backoffice_name).casefold(), one.key)
    )
    return found


# ------------------------------------------------------------------------------------------------ relationships
def _links(sides: Sides) -> Iterator[Finding]:
    for record in sides.unmapped:
        yield _unmapped(sides, record)
    for record in sides.orphans:
        yield Finding(
            Code.ORPHAN, sides.kind, backoffice_id=record.id, backoffice_name=record.name, backoffice_url=_url(record),
            why="nothing in the storefront is mapped to it",
        )  # fmt: skip
    for duplicate in sides.duplicates:
        if duplicate.key == COUNTERPART:
            yield from _shared(sides, duplicate)


def _unmapped(sides: Sides, record: Record) -> Finding:
    def finding(code: Code, action: Action, why: str, counterpart: Record | None = None) -> Finding:
        return Finding(
            code, sides.kind, record.id, record.name, counterpart.id if counterpart else "",
            counterpart.name if counterpart else "", action=action, why=why,
            target=Side.BACKOFFICE if action in {Action.CREATE, Action.PUSH} else None,
            storefront_url=_url(record), backoffice_url=_url(counterpart),
        )  # fmt: skip

    if record.id in sides.exact:
        counterpart = sides.backoffice.get(sides.exact[record.id])
        return finding(Code.LINK_FOUND, Action.MAP, "an identical key, unique on both sides", counterpart)
    several = sides.matches.get(record.id, ())
    if several:
        names = ", ".join(f"{sides.backoffice[id].name} ({id})" for id in several[:3] if id in sides.backoffice)
        told = f"{len(several)} records have its key" if len(several) > 1 else "other rows have the same key as it"
        return finding(Code.LINK_AMBIGUOUS, Action.MANUAL, f"{told}: {names}")
    if why := sides.refused.get(record.id, ""):
        return finding(Code.LINK_MISSING, Action.MANUAL, f"nothing has its key, and it is not created: {why}")
    why = (
        "nothing has its key"
        if sides.creates is not Action.MANUAL
        else "nothing has its key; map it, or add it by hand"
    )
    return finding(Code.LINK_MISSING, sides.creates if record.active else Action.MANUAL, why)


def _shared(sides: Sides, duplicate: Duplicate) -> Iterator[Finding]:
    """One finding per row of a shared counterpart, where the integration does not allow it."""
    if sides.settings.many_to_one:
        return
    target = sides.backoffice.get(duplicate.value)
    names = ", ".join(name or id for id, name in duplicate.records)
    for row, name in duplicate.records:
        yield Finding(
            Code.LINK_SHARED, sides.kind, row, name, duplicate.value, target.name if target else "",
            why=f"{len(duplicate.records)} rows are mapped to it: {names}", backoffice_url=_url(target),
        )  # fmt: skip


def _duplicates(sides: Sides) -> Iterator[Finding]:
    for one in sides.duplicates:
        if one.key == COUNTERPART:
            continue
        names = ", ".join(f"{name} ({id})" for id, name in one.records[:5])
        first = one.records[0][0]
        here: dict[str, Any] = {"storefront_id": first} if one.side is Side.STOREFRONT else {"backoffice_id": first}
        yield Finding(
            Code.DUPLICATE,
            sides.kind,
            field=f"{one.key} {one.value}",
            why=f"{len(one.records)} records: {names}",
            **here,
        )


# ------------------------------------------------------------------------------------------------ mapped rows
def _pair(sides: Sides, pair: Pair, state: RowState) -> Iterator[Finding]:
    if pair.ignored is not None or state.status is Status.BASE:
        return
    if pair.storefront is None:
        yield _finding(sides, pair, Code.LINK_ORPHANED, why="its storefront record is gone; the mapping is still there")
        return
    if pair.backoffice is None:
        again = sides.exact.get(pair.storefront_id)
        other = sides.backoffice.get(again) if again else None
        if other is not None:
            yield _finding(sides, pair, Code.LINK_DANGLING, action=Action.REMAP, backoffice=pair.backoffice_id,
                           to=other, why=f"{pair.backoffice_id} is gone; one record has its key")  # fmt: skip
        else:
            refused = sides.refused.get(pair.storefront_id, "")
            action = sides.creates if sides.creates is Action.PUSH and not refused else Action.MANUAL
            why = f"{pair.backoffice_id} is gone" + (f", and it is not pushed: {refused}" if refused else "")
            yield _finding(sides, pair, Code.LINK_DANGLING, action=action, backoffice=pair.backoffice_id,
                           target=Side.BACKOFFICE if action is Action.PUSH else None, why=why)  # fmt: skip
        return
    yield from _malformed(sides, pair)
    yield from _texts(sides, pair)
    yield from _active(sides, pair)
    if pair.storefront.active and pair.backoffice.active:
        entries = list(_entries(sides, pair))
        bare = any(one.code in {Code.ENTRY_MISSING, Code.ENTRY_INACTIVE} for one in entries)
        for one in state.fields:
            if not (bare and _no_price(one)):  # the entry is what is missing: one defect is one finding
                yield from _field(sides, pair, one)
        yield from _custom(sides, pair)
        yield from entries


def _malformed(sides: Sides, pair: Pair) -> Iterator[Finding]:
    link = getattr(pair.storefront, "external_id", "").strip()
    if not link or link == pair.backoffice_id:
        return
    short = pair.backoffice_id.startswith(link)
    why = "it is a part of the id only" if short else "it names another record than the mapping does"
    yield _finding(
        sides, pair, Code.LINK_MALFORMED, field="external id", storefront=link, backoffice=pair.backoffice_id, why=why
    )


def _texts(sides: Sides, pair: Pair) -> Iterator[Finding]:
    if not isinstance(pair.storefront, Product) or not isinstance(pair.backoffice, Product):
        return
    values = (
        ("name", Code.NAME_MISMATCH, pair.storefront.name, pair.backoffice.name),
        ("description", Code.DESCRIPTION_MISMATCH, pair.storefront.description, pair.backoffice.description),
    )
    for attribute, code, left, right in values:
        if not alike(left, right):
            yield _text(sides, pair, code, attribute, left, right, sides.owners.get(attribute))


def _active(sides: Sides, pair: Pair) -> Iterator[Finding]:
    assert pair.storefront is not None
    assert pair.backoffice is not None
    if pair.storefront.active == pair.backoffice.active or isinstance(pair.storefront, Fee):
        return
    left, right = (str(one.active).lower() for one in (pair.storefront, pair.backoffice))
    yield _text(sides, pair, Code.ACTIVE_MISMATCH, "active", left, right, sides.owners.get("active"))


def _text(sides: Sides, pair: Pair, code: Code, attribute: str, left: str, right: str, owner: Side | None) -> Finding:
    """A difference of texts: written where both an owner is set and the other system takes it, else reported."""
    target = owner.other if owner is not None else None
    able = target is not None and target in sides.writes_texts and sides.kind is Kind.PRODUCTS
    after = (left if owner is Side.STOREFRONT else right).strip()
    if attribute == "name" and target is Side.BACKOFFICE and sides.pushes:
        after = after[:NAME_LENGTH].rstrip()  # as a push cuts it: the rest of it is in the description
    if not able:
        why = f"no owner of the {attribute} is set" if owner is None else "the other system does not take it from here"
        return _finding(sides, pair, code, field=attribute, storefront=left, backoffice=right, owner=owner, why=why)
    if attribute == "name" and not after.strip():
        return _finding(sides, pair, code, field=attribute, storefront=left, backoffice=right, owner=owner,
                        why="an empty name is never written")  # fmt: skip
    return _finding(
        sides, pair, code, field=attribute, storefront=left, backoffice=right, owner=owner, action=Action.WRITE_TEXT,
        target=target, after=after,
    )  # fmt: skip


def _field(sides: Sides, pair: Pair, state: FieldState) -> Iterator[Finding]:
    """A synced field that differs; what a sync would not do is not proposed here either."""
    if state.target is None:
        return
    currency = sides.settings.currency
    wrong = {value.currency for value in (state.storefront, state.backoffice) if value.problem and value.currency}
    code = Code.CURRENCY_MISMATCH if wrong - {currency} else _FIELD_CODES[state.field]
    gap, percent = difference(state.before, state.after if state.after is not None else state.source)
    text = (
        ""
        if gap is None or state.field is Field.SKU
        else f"{canonical(gap)}" + (f" ({percent:+.1f}%)" if percent is not None else "")
    )
    left, right = (
        value.text or (value.problem and f"({value.problem})") or "" for value in (state.storefront, state.backoffice)
    )
    common: dict[str, Any] = {"field": state.field.value, "storefront": left, "backoffice": right, "difference": text,
              "owner": state.target.other}  # fmt: skip
    if state.blocked or state.after is None:
        yield _finding(sides, pair, code, why=state.blocked or state.reason, **common)
    else:
        yield _finding(
            sides, pair, code, action=Action.WRITE, target=state.target, after=state.after, why=state.reason, **common
        )


def _custom(sides: Sides, pair: Pair) -> Iterator[Finding]:
    for one in sides.custom.get(pair.storefront_id, ()):
        if one.made.text is None:
            yield _finding(sides, pair, Code.CUSTOM_FIELD_MISMATCH, field=one.attribute, storefront=one.source,
                           backoffice=one.now, why=one.made.problem)  # fmt: skip
        elif one.made.text != one.now:
            able = Side.BACKOFFICE in sides.writes_texts
            yield _finding(
                sides, pair, Code.CUSTOM_FIELD_MISMATCH, field=one.attribute, storefront=one.source, backoffice=one.now,
                owner=Side.STOREFRONT, action=Action.WRITE_TEXT if able else Action.MANUAL,
                target=Side.BACKOFFICE if able else None, after=one.made.text,
                why="" if able else "the back office does not take it from here",
            )  # fmt: skip


def _entries(sides: Sides, pair: Pair) -> Iterator[Finding]:
    """Prices in books: missing, inactive, or (beyond the synced price) another amount."""
    if sides.entries is None:
        return
    there = {entry.book_id: entry for entry in sides.entries.get(pair.backoffice_id, ())}
    for wanted in sides.wanted.get(pair.storefront_id, ()):
        entry = there.get(wanted.book.id)
        action = Action.PUSH if sides.pushes else Action.MANUAL
        common: dict[str, Any] = {"field": wanted.book.name, "storefront": wanted.amount, "owner": Side.STOREFRONT, "action": action,
                  "target": Side.BACKOFFICE, "after": wanted.amount}  # fmt: skip
        if entry is None:
            yield _finding(sides, pair, Code.ENTRY_MISSING, **common)
        elif not entry.active:
            yield _finding(sides, pair, Code.ENTRY_INACTIVE, backoffice=canonical(entry.amount), **common)
        elif not wanted.book.standard and canonical(entry.amount) != wanted.amount:
            yield _finding(sides, pair, Code.PRICE_MISMATCH, backoffice=canonical(entry.amount), **common)


def _no_price(state: FieldState) -> bool:
    """Whether the back office has no price at all for a row."""
    return state.field is Field.PRICE and state.backoffice.text is None and not state.backoffice.problem


def _finding(sides: Sides, pair: Pair, code: Code, *, to: Record | None = None, **values: Any) -> Finding:
    counterpart = to if to is not None else pair.backoffice
    return Finding(
        code, sides.kind, pair.storefront_id, pair.title, counterpart.id if counterpart else pair.backoffice_id,
        counterpart.name if counterpart else "", storefront_url=_url(pair.storefront), backoffice_url=_url(counterpart),
        **values,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ texts
def alike(left: str, right: str) -> bool:
    """Whether two texts say the same: entities and tags of HTML, runs of blanks, and a cut-off end do not count.

    >>> alike("Router &amp; cable", "Router & cable"), alike("A " * 200, ("A " * 200)[:255])
    (True, True)
    """
    one, other = _plain(left), _plain(right)
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    return len(short) >= _CUT and long.startswith(short)


#: A text of at least this length that the other one begins with was cut, not changed (Salesforce names: 255 characters).
_CUT = 240


_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


def _plain(text: str) -> str:
    return " ".join(_TAG.sub(" ", html.unescape(text)).split())


def _url(record: Record | None) -> str:
    return record.url if isinstance(record, Product | Customer) else ""


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """How many of each code, in the codes' order."""
    found = Counter(one.code for one in findings)
    return {code.value: found[code] for code in Code if found[code]}


def shown(finding: Finding, currency: str) -> tuple[str, str]:
    """Both values as a person reads them."""
    names = {field.value: field for field in Field}
    if finding.field not in names:
        return finding.storefront, finding.backoffice
    return tuple(_display(names[finding.field], text, currency) for text in (finding.storefront, finding.backoffice))  # type: ignore[return-value]


def _display(field: Field, text: str, currency: str) -> str:
    return text if text.startswith("(") else display(field, text, currency)
