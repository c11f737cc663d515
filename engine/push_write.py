"""Pushing products: intents before each batch, the batch, reading back, and the mapping with the outcome.

A product is never made twice: it is looked for by its code before the connector makes one, and one whose answer was lost
is looked for by its code again, in the run and after a crash. What was cut short is sent again by a resume, as far as nobody
else changed it meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from pydantic import TypeAdapter

from engine.changes import Push, PushAction
from engine.creation import LOOKS
from engine.crm import BookPrice, PriceEntry, PushesProducts, PushItem, PushOutcome, TextValue
from engine.errors import ConnectorError
from engine.events import OutcomeRecorded, RowsChanged
from engine.fields import read, rounded, same
from engine.journal import Journal
from engine.model import Customer, Field, Kind, Product, Record, Side, canonical, utc_text
from engine.ports import Result
from engine.push import code_key
from engine.push_prices import in_currency
from engine.sync_context import NewMapping, SyncContext
from engine.sync_control import Control, Progress
from engine.sync_verify import REREAD_SECONDS
from engine.verdict import Settled, Verdict

_PUSH = TypeAdapter(Push)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the back office holds of one pushed product now."""

    product: Product | None
    entries: tuple[PriceEntry, ...] = ()


class Pusher:
    """Carries out the pushes of one run, batch by batch."""

    def __init__(self, context: SyncContext, journal: Journal, control: Control, progress: Progress) -> None:
        self._context, self._journal, self._control, self._progress = context, journal, control, progress
        self._judge = PushJudge(context)

    async def push(self, pushes: Sequence[Push]) -> None:
        """Until all are settled or the run is stopped."""
        size = self._context.capabilities(Side.BACKOFFICE).push_size
        for start in range(0, len(pushes), size):
            if self._control.stopped():
                return
            await self._batch(pushes[start : start + size])

    async def _batch(self, pushes: Sequence[Push]) -> None:
        moved = self._judge.moved(pushes)
        stale: list[Settled] = [(push, moved[push.item.source_id]) for push in pushes if push.item.source_id in moved]
        self._settled(stale, [])
        batch = [push for push in pushes if push.item.source_id not in moved]
        if not batch:
            return
        intents = self._journal.open([self._intent(push) for push in batch])
        answers = await self._send(batch)
        try:
            settled = await self._judge.settle(batch, answers)
        except ConnectorError as error:
            self._control.fail(error)
            text = f"sent, but not read back yet ({error}); it is settled before the next run"
            unread: list[Settled] = [
                (push, Verdict(Result.UNVERIFIED, text, answer.code, answer.request_id, provisional=True))
                for push, answer in zip(batch, answers, strict=True)
            ]
            self._settled(unread, [])
            return
        self._settled(settled, intents)

    async def _send(self, batch: Sequence[Push]) -> list[PushOutcome]:
        connector = cast("PushesProducts", self._context.connectors[Side.BACKOFFICE])
        try:
            answers = await connector.push([push.item for push in batch])
            self._control.answered(refused=False)
            return answers
        except Exception as error:  # noqa: BLE001 - a connector's own fault too is an outcome
            got = self._control.trouble(error)
        return [
            PushOutcome(push.item.key, got.result, message=got.message, code=got.code, request_id=got.request_id)
            for push in batch
        ]

    def _settled(self, settled: Sequence[Settled], intents: Sequence[int]) -> None:
        if not settled:
            return
        for outcome in self._journal.settle(settled, intents):
            self._context.events.publish(OutcomeRecorded(outcome))
        self._progress.advance(len(settled), "pushing")
        self._context.events.publish(RowsChanged(self._context.integration, Kind.PRODUCTS))

    def _intent(self, push: Push) -> dict[str, Any]:
        return {
            "run": self._journal.run_id,
            "integration": self._context.integration,
            "state": "open",
            "op": "push",
            "connection": self._context.connections[Side.BACKOFFICE],
            "side": Side.BACKOFFICE.value,
            "kind": Kind.PRODUCTS.value,
            "id": push.item.product_id,
            "name": push.name,
            "at": utc_text(self._context.clock.now()),
            "sent": True,
            "push": _PUSH.dump_python(push, mode="json"),
        }


class PushJudge:
    """What became of pushes, by reading: used by a run and by recovery."""

    def __init__(self, context: SyncContext) -> None:
        self._context = context

    def moved(self, pushes: Sequence[Push]) -> dict[str, Verdict]:
        """Rows that were mapped differently since the preview: pushing them would make a second product."""
        mapped = self._mapped()
        holders = {right: left for left, right in mapped.items()}
        found = {}
        for push in pushes:
            source, target = push.item.source_id, push.item.product_id
            now, holder = mapped.get(source, ""), holders.get(target, source)
            text = ""
            if now not in {push.mapped, target}:
                text = f"was mapped to {now} since the preview" if now else "was unmapped since the preview"
            elif holder != source and now != target and not self._context.settings.many_to_one:
                text = f"{holder} was mapped to {target} since the preview"
            if text:
                found[source] = Verdict(Result.STALE, f"{text}; nothing was pushed", found=now)
        return found

    async def settle(self, pushes: Sequence[Push], answers: Sequence[PushOutcome]) -> list[Settled]:
        """The verdict of every push, from what the system holds now. Raises ``ConnectorError`` if it cannot be read."""
        ids = {
            push.item.key: answer.product_id or push.item.product_id
            for push, answer in zip(pushes, answers, strict=True)
        }
        lost = [
            push for push, answer in zip(pushes, answers, strict=True)
            if not ids[push.item.key] and answer.result is Result.UNKNOWN
        ]  # fmt: skip
        ids |= await self._found(lost)
        seen = await self._read([id for id in ids.values() if id])
        behind = [
            push for push, answer in zip(pushes, answers, strict=True)
            if answer.result in {Result.APPLIED, Result.UNCHANGED} and unlike(push.item, seen.get(ids[push.item.key]), self._currency)
        ]  # fmt: skip
        if behind:  # a reading may lag behind a write: asked once more, a moment later
            await self._context.clock.sleep(REREAD_SECONDS)
            seen |= await self._read([ids[push.item.key] for push in behind])
        products = [one.product for one in seen.values() if one.product is not None]
        self._context.cache.put(self._context.connections[Side.BACKOFFICE], Kind.PRODUCTS, products)
        mapped = self._mapped()
        sources = self._context.cache.get(
            self._context.connections[Side.STOREFRONT], Kind.PRODUCTS, {push.item.source_id for push in pushes}
        )
        settled: list[Settled] = []
        for push, answer in zip(pushes, answers, strict=True):
            id = ids[push.item.key]
            verdict = self._verdict(push, answer, id, seen.get(id), mapped)
            settled.append((push, replace(verdict, price=self._price(sources.get(push.item.source_id), seen.get(id)))))
        return settled

    def _price(self, source: Record | None, seen: Seen | None) -> tuple[str, str] | None:
        """Both sides' price, where the integration syncs it and they are equal now."""
        settings = self._context.settings
        if Field.PRICE not in settings.fields or source is None or seen is None or seen.product is None:
            return None
        here = read(source, Field.PRICE, Side.STOREFRONT, settings).text
        there = read(seen.product, Field.PRICE, Side.BACKOFFICE, settings).text
        if here is None or there is None or not same(Field.PRICE, here, there, settings.currency):
            return None
        return here, there

    def _verdict(
        self, push: Push, answer: PushOutcome, id: str, seen: Seen | None, mapped: Mapping[str, str]
    ) -> Verdict:
        made = Verdict(answer.result, answer.message, answer.code, answer.request_id)
        if answer.matches:
            offered = ", ".join(answer.matches)
            text = f"{answer.message}; it may be the same as {offered}: map it to that, or change one of them".lstrip(
                "; "
            )
            made = replace(made, message=text)
        exists = seen is not None and seen.product is not None
        mapping = self._mapping(push, id, seen, mapped) if exists else None
        if answer.result in {Result.APPLIED, Result.UNCHANGED, Result.UNKNOWN, Result.UNVERIFIED}:
            lost = answer.result is Result.UNKNOWN
            if not exists and lost and not push.item.product_id:
                text = f"no product has the code {push.item.code}: it was not made; resume the run to push it"
                return Verdict(Result.NOT_SENT, text)
            if not exists:
                return replace(made, result=Result.UNVERIFIED, message=self._missing(id))
            wrong = unlike(push.item, seen, self._currency)
            if wrong and lost and in_the_middle(push.item, seen, self._currency, push.action):
                text = f"only a part of it arrived ({wrong[0]}); resume the run to push the rest"
                return Verdict(Result.NOT_SENT, text)
            if wrong:
                text = f"{answer.message or 'sent'}; the back office shows {wrong[0]}: check the record, then push it again"
                return replace(made, result=Result.UNVERIFIED, message=text, mapping=mapping)
            note = "the answer was lost; settled by reading" if lost else made.message
            result = Result.UNCHANGED if answer.result is Result.UNCHANGED else Result.APPLIED
            return replace(made, result=result, message=note, mapping=mapping)
        return replace(made, mapping=mapping if push.action is not PushAction.UPDATE else None)

    def _missing(self, id: str) -> str:
        return f"the back office said it is {id}, but has no such product; look there before pushing it again"

    def _mapping(self, push: Push, id: str, seen: Seen | None, mapped: Mapping[str, str]) -> NewMapping | None:
        now = mapped.get(push.item.source_id, "")
        gone = now if now == push.mapped and push.action is not PushAction.UPDATE else ""
        if (
            push.action is PushAction.UNDO
            or (now and now != gone)
            or not id
            or now == id
            or seen is None
            or seen.product is None
        ):
            return None
        return NewMapping(
            self._context.integration, Kind.PRODUCTS, push.item.source_id, id, push.name, seen.product.name, gone
        )

    async def _found(self, pushes: Sequence[Push]) -> dict[str, str]:
        """Ids of products found by their codes, where one alone has it; asked again while a search may lag behind."""
        if not pushes:
            return {}
        connector = cast("PushesProducts", self._context.connectors[Side.BACKOFFICE])
        found: dict[str, str] = {}
        for seconds in LOOKS:
            if seconds:
                await self._context.clock.sleep(seconds)
            rest = [push for push in pushes if push.item.key not in found]
            if not rest:
                break
            by_code = {
                code_key(code): products
                for code, products in (await connector.find_codes([push.item.code for push in rest])).items()
            }
            for push in rest:
                products = by_code.get(code_key(push.item.code), ())
                if len(products) == 1:
                    found[push.item.key] = products[0].id
        return found

    async def _read(self, ids: Sequence[str]) -> dict[str, Seen]:
        wanted = list(dict.fromkeys(id for id in ids if id))
        if not wanted:
            return {}
        connector = self._context.connectors[Side.BACKOFFICE]
        products = await connector.read_some(Kind.PRODUCTS, wanted)
        entries: dict[str, list[PriceEntry]] = {}
        there = await cast("PushesProducts", connector).entries_of(wanted)
        for entry in in_currency(there, self._currency):
            entries.setdefault(entry.product_id, []).append(entry)
        return {id: Seen(cast("Product | None", products.get(id)), tuple(entries.get(id, ()))) for id in wanted}

    @property
    def _currency(self) -> str:
        return self._context.settings.currency

    def _mapped(self) -> dict[str, str]:
        from tinydb import where

        row = (where("integration") == self._context.integration) & (where("kind") == Kind.PRODUCTS.value)
        docs = self._context.store.table("mappings").search(row)
        return {str(doc["storefront_id"]): str(doc["backoffice_id"]) for doc in docs}


def unlike(item: PushItem, seen: Seen | None, currency: str) -> list[str]:
    """What of a pushed item is not there as it was sent, in words; everything where the product is not there. Pure."""
    if seen is None or seen.product is None:
        return ["no such product"]
    wrong = [found for value in item.values if (found := _text_unlike(value, seen.product))]
    by_book = {entry.book_id: entry for entry in seen.entries}
    wrong += [found for price in item.prices if (found := _price_unlike(price, by_book.get(price.book_id), currency))]
    return wrong


def in_the_middle(item: PushItem, seen: Seen | None, currency: str, action: PushAction) -> bool:
    """Whether a push that was cut short can be sent again: every part is as it was before, or as it shall be. Pure.

    A new product takes all its texts at once, and is found again by its code.
    """
    if seen is None or seen.product is None:
        return False
    whole = action is PushAction.CREATE
    texts = ((value, text_of(seen.product, value.name)) for value in item.values)
    if any(now != value.after and (whole or value.before not in {None, now}) for value, now in texts):
        return False
    there = {entry.book_id: rounded(str(entry.amount), currency) for entry in seen.entries}
    return all(there.get(price.book_id) in _known(price, currency) for price in item.prices)


def _known(price: BookPrice, currency: str) -> set[object]:
    """The amounts that an entry may have while its push is under way; None: there is no entry yet."""
    before = None if price.before is None else rounded(str(price.before), currency)
    return {before, rounded(str(price.amount), currency)}


def _text_unlike(value: TextValue, product: Product) -> str:
    now = text_of(product, value.name)
    return "" if now == value.after else f"{value.name} {now!r} instead of {value.after!r}"


def _price_unlike(price: BookPrice, entry: PriceEntry | None, currency: str) -> str:
    if not price.active:
        return f"an active price in the book {price.book_id}" if entry is not None and entry.active else ""
    if entry is None:
        return f"no price in the book {price.book_id}"
    if not entry.active:
        return f"an inactive price in the book {price.book_id}"
    same = rounded(str(entry.amount), currency) == rounded(str(price.amount), currency)
    return "" if same else f"{canonical(entry.amount)} in the book {price.book_id} instead of {canonical(price.amount)}"


def text_of(record: Product | Customer, attribute: str) -> str:
    """The text of one attribute of a product as it was read, or of a customer's custom field."""
    if isinstance(record, Product):
        if attribute == "code":
            return record.skus[0].value if record.skus else ""
        if attribute == "active":
            return str(record.active).lower()
        if attribute in {"name", "description"}:
            return str(getattr(record, attribute))
    return dict(record.custom).get(attribute, "")


def from_intent(doc: Mapping[str, Any]) -> Push:
    """The push that an intent's document is about."""
    return _PUSH.validate_python(doc["push"])
