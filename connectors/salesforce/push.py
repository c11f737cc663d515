"""Pushing products with their prices: about three calls for 200 new ones, and one more per further price book.

The codes are looked up first, so that a product which is there already is never made a second time. Then the products, then the
standard prices of those that went through, then each other book: Salesforce takes them in this order only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from connectors.salesforce.api import Api, Row
from connectors.salesforce.faults import DUPLICATE_VALUE
from connectors.salesforce.meta import PRODUCT, Described, Meta
from connectors.salesforce.prices import Line, PriceBooks
from connectors.salesforce.reading import Reader
from connectors.salesforce.records import code_of
from connectors.salesforce.sending import Sent, raise_if_nothing_sent, record, store
from connectors.salesforce.texts import Change, compare
from connectors.salesforce.values import WrongValue, api_name, filled, held, same
from connectors.values import text
from engine.crm import PushItem, PushOutcome, TextWrite
from engine.model import Product
from engine.ports import Result

_WORST = (Result.UNKNOWN, Result.REJECTED, Result.STALE, Result.NOT_SENT, Result.APPLIED, Result.UNCHANGED)


@dataclass(slots=True)
class Push:
    """One item on its way. ``body`` is what is sent for the product; ``fresh`` when this push makes it."""

    item: PushItem
    product_id: str = ""
    body: Row = field(default_factory=dict)
    fresh: bool = False
    ended: list[Sent] = field(default_factory=list)
    entries: dict[str, str] = field(default_factory=dict)

    @property
    def stopped(self) -> bool:
        """Whether nothing more is to be sent for it."""
        return any(one.result not in {Result.APPLIED, Result.UNCHANGED} for one in self.ended)

    def outcome(self) -> PushOutcome:
        """The worst of its parts; what the system said is kept of each."""
        worst = min(self.ended or [Sent(Result.UNCHANGED)], key=lambda one: _WORST.index(one.result))
        said = dict.fromkeys(one.message for one in self.ended if one.message)
        matches = tuple(dict.fromkeys(id for one in self.ended for id in one.matches))
        return PushOutcome(
            self.item.key,
            worst.result,
            self.product_id,
            self.entries or None,
            "; ".join(said),
            worst.code,
            worst.request_id,
            matches,
        )


class Pusher:
    """Pushes products of one org."""

    def __init__(self, api: Api, meta: Meta, reader: Reader) -> None:
        self._api, self._meta, self._reader = api, meta, reader
        self._prices = PriceBooks(api, meta, reader)

    @property
    def _keys(self) -> tuple[str, ...]:
        """The fields in which the storefront's code of a product may be."""
        return ("ProductCode", *(name for name in [self._api.settings.external_id] if name))

    async def find_codes(self, codes: Sequence[str]) -> dict[str, list[Product]]:
        """Products by code (trimmed, case-folded), by their external id too where one is configured."""
        wanted = {code_of(code) for code in codes if code.strip()}
        asked = sorted({code.strip() for code in codes if code.strip()})
        found = await self._reader.some_products(asked, by=self._keys)
        out: dict[str, list[Product]] = {}
        for product in sorted(found.values(), key=lambda one: one.id):
            own = {code_of(sku.value) for sku in product.skus} | {code_of(product.external_id)}
            for code in own & wanted:
                out.setdefault(code, []).append(product)
        return out

    async def push(self, items: Sequence[PushItem]) -> list[PushOutcome]:
        """One outcome per item, in order. Raises only when nothing can have been sent."""
        described = await self._meta.of(PRODUCT)
        pushes = [Push(item, item.product_id) for item in items]
        await self._known(pushes, described)
        await self._new(pushes, described)
        sent = await self._store(pushes)
        lines = [
            Line(push.item, price, push.product_id, push.fresh)
            for push in pushes
            if push.product_id and not push.stopped
            for price in push.item.prices
        ]
        by_key = {push.item.key: push for push in pushes}
        sent += await self._prices.write(lines)
        for line in lines:
            push = by_key[line.item.key]
            push.ended.append(line.sent)
            if line.entry_id:
                push.entries[line.price.book_id] = line.entry_id
        if all(one.result is Result.NOT_SENT for push in pushes for one in push.ended):
            raise_if_nothing_sent(sent)
        return [push.outcome() for push in pushes]

    # ------------------------------------------------------------------------------------------------ what is to be sent
    async def _known(self, pushes: Sequence[Push], described: Described) -> None:
        """Products that are there: compare what was seen of them, and collect what differs."""
        there = [push for push in pushes if push.product_id]
        if not there:
            return
        rows = await self._reader.product_rows([push.product_id for push in there])
        for push in there:
            change = Change(TextWrite(push.item.key, push.product_id, push.item.values))
            compare(change, rows.get(push.product_id), described)
            push.body = change.body
            push.ended += [
                Sent(one.result, one.message, one.code, one.request_id)
                for one in change.outcomes.values()
                if one.result is not Result.UNCHANGED
            ]
            if push.stopped:
                push.body = {}

    async def _new(self, pushes: Sequence[Push], described: Described) -> None:
        """Products that are to be made, unless one with their code can be seen."""
        new = [push for push in pushes if not push.product_id]
        there = await self._rows_by_code([push.item.code for push in new]) if new else {}
        made: set[str] = set()
        for push in new:
            code = code_of(push.item.code)
            rows = there.get(code, [])
            if len(rows) == 1 and _ours(rows[0], push.item, described):
                push.product_id = str(rows[0]["Id"])  # a lost answer: it was made, and nobody has changed it
                continue
            if rows or not code or code in made:
                push.ended.append(_taken(push.item, rows))
                continue
            made.add(code)
            try:
                push.body = self._body(push.item, described)
            except WrongValue as error:
                push.ended.append(Sent(Result.REJECTED, f"{error}; nothing was sent", "WRONG_VALUE"))
                continue
            push.fresh = True

    def _body(self, item: PushItem, described: Described) -> Row:
        values = {one.name: one.after for one in item.values}
        if not values.get("name", "").strip():
            raise WrongValue("a new product needs a name")
        values.setdefault("code", item.code)
        values.setdefault("active", "true")
        key = self._api.settings.external_id
        if key:
            values[key] = item.code.strip()
        return filled(described.fields, values, creating=True)

    async def _rows_by_code(self, codes: Sequence[str]) -> dict[str, list[Row]]:
        asked = sorted({code.strip() for code in codes if code.strip()})
        key = self._api.settings.external_id
        found = await self._reader.product_rows(asked, by=self._keys)
        out: dict[str, list[Row]] = {}
        for row in found.values():
            for code in {code_of(text(row.get("ProductCode"))), code_of(text(row.get(key))) if key else ""} - {""}:
                out.setdefault(code, []).append(row)
        return out

    # ------------------------------------------------------------------------------------------------ sending
    async def _store(self, pushes: Sequence[Push]) -> list[Sent]:
        fresh = [push for push in pushes if push.fresh]
        changed = [push for push in pushes if push.body and not push.fresh]
        key = self._api.settings.external_id
        made: list[Sent] = []
        if fresh and key:
            path = f"/composite/sobjects/{PRODUCT}/{quote(key, safe='')}"
            made = await store(self._api, "PATCH", [record(PRODUCT, push.body) for push in fresh], path)
        elif fresh:
            made = await store(self._api, "POST", [record(PRODUCT, push.body) for push in fresh])
        for push, one in zip(fresh, made, strict=True):
            push.ended.append(one)
            push.product_id = one.id if one.result is Result.APPLIED else ""
        failed = next((one for one in made if one.error is not None), None)
        rows = [record(PRODUCT, push.body, push.product_id) for push in changed]
        sent = [failed] * len(changed) if failed else await store(self._api, "PATCH", rows)
        for push, one in zip(changed, sent, strict=True):
            push.ended.append(one)
        return made + sent


def _ours(row: Row, item: PushItem, described: Described) -> bool:
    """Whether a product that was found has exactly the values that this push would give it."""
    return all(
        same(described.fields.get(api_name(one.name), {}), held(row, one.name), one.after) for one in item.values
    )


def _taken(item: PushItem, rows: Sequence[Row]) -> Sent:
    if not item.code.strip():
        return Sent(Result.REJECTED, "a product without a code cannot be found again; nothing was sent", "NO_CODE")
    ids = tuple(str(row["Id"]) for row in rows)
    told = (
        f"product {' and '.join(ids)} has the code {item.code} already: link it"
        if ids
        else f"the code {item.code} comes twice in this push"
    )
    return Sent(Result.REJECTED, f"{told}; nothing was sent for it", DUPLICATE_VALUE, matches=ids)
