"""What is remembered of orders' buyers: guests' records, what persons answered, and who waits for one.

A profile's record is its mapping. A guest has no record in the storefront that could be mapped, so the link of an order
without a profile is kept here, by the order's key (``engine.accounts.key_of``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from tinydb import Query

from engine.accounts import Answer, Buyer, Hit
from engine.crm import AccountForm
from engine.history import entry
from engine.model import Kind, utc_text
from engine.ports import Clock, Store

Q = Query()
GUEST = "order:"
BY_HAND = "chosen by hand"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A buyer that waits for a person. ``order`` is the number of the first order of theirs."""

    key: str
    order: str
    at: datetime
    name: str
    email: str
    why: str
    hits: tuple[Hit, ...]


def is_guest(source_id: str) -> bool:
    return source_id.startswith(GUEST)


def link_of(store: Store, integration: str, key: str) -> str | None:
    """The record of a guest's order, or None."""
    docs = store.table("order_buyers").search((Q.key == key) & (Q.integration == integration))
    return str(docs[0]["backoffice_id"]) if docs else None


def add_link(store: Store, integration: str, key: str, record: str, *, how: str, actor: str, at: datetime) -> None:
    """Remember a guest's record; inside the caller's transaction."""
    store.table("order_buyers").remove((Q.key == key) & (Q.integration == integration))
    row = {"integration": integration, "key": key, "backoffice_id": record, "how": how, "actor": actor}
    store.table("order_buyers").insert({**row, "at": utc_text(at)})


def waiting_count(store: Store, integration: str) -> int:
    """How many buyers wait for a person."""
    return len(store.table("account_queue").search(Q.integration == integration))


class OrderBuyers:
    """The tables ``order_buyers``, ``account_answers`` and ``account_queue``."""

    def __init__(self, store: Store, clock: Clock, actor: str) -> None:
        self._store, self._clock, self._actor = store, clock, actor

    def links(self, integration: str) -> dict[str, str]:
        """Guests' records by key."""
        docs = self._store.table("order_buyers").search(Q.integration == integration)
        return {str(doc["key"]): str(doc["backoffice_id"]) for doc in docs}

    def link(self, integration: str, buyers: Sequence[Buyer]) -> None:
        """Remember the guests' records that were found."""
        for one in buyers:
            self.link_one(integration, one.key, one.name, one.record, one.why)

    def link_one(self, integration: str, key: str, name: str, record: str, why: str) -> None:
        """Remember one guest's record."""
        with self._store.transaction():
            add_link(self._store, integration, key, record, how=why, actor=self._actor, at=self._clock.now())
            self._note(integration, key, name, "link buyer", record, why)

    def answers(self, integration: str) -> dict[str, Answer]:
        docs = self._store.table("account_answers").search(Q.integration == integration)
        return {
            str(doc["key"]): Answer(str(doc["use"]), AccountForm(doc["form"]) if doc["form"] else None) for doc in docs
        }

    def answered(self, integration: str, order: str) -> Waiting | None:
        """Whose answer is kept under an order's number or key, or None."""
        docs = self._store.table("account_answers").search(Q.integration == integration)
        found = next((doc for doc in docs if order in {doc["order"], doc["key"]}), None)
        if found is None:
            return self._linked_by_hand(integration, order)
        at = datetime.fromisoformat(found["at"])
        return Waiting(found["key"], found["order"], at, found["name"], "", "answered by hand", ())

    def _linked_by_hand(self, integration: str, order: str) -> Waiting | None:
        """A guest whose record a person chose; a profile's link is a mapping, and unmapped as such."""
        docs = self._store.table("order_buyers").search(Q.integration == integration)
        for doc in docs:
            if doc["how"] == BY_HAND and order in {doc["key"], doc["key"].removeprefix(GUEST)}:
                at = datetime.fromisoformat(doc["at"])
                return Waiting(doc["key"], order, at, order, "", BY_HAND, ())
        return None

    def answer(self, integration: str, who: Waiting, answer: Answer | None) -> None:
        """Keep what a person said of a buyer, and take them off the queue. None forgets it.

        A record to use is no answer to be kept: the link that it makes is, and an undo of that asks again.
        """
        key, name = who.key, who.name
        mine = (Q.key == key) & (Q.integration == integration)
        with self._store.transaction():
            self._store.table("account_answers").remove(mine)
            if answer is not None and not answer.use:
                row = {
                    "integration": integration,
                    "key": key,
                    "order": who.order,
                    "name": name,
                    "use": "",
                    "form": answer.form,
                    "actor": self._actor,
                }
                self._store.table("account_answers").insert({**row, "at": utc_text(self._clock.now())})
            self._store.table("account_queue").remove(mine)
            if answer is None:
                self._store.table("order_buyers").remove(mine & (Q.how == BY_HAND))
            self._note(integration, key, name, "answer buyer", words(answer), "by hand")

    def queue(self, integration: str) -> list[Waiting]:
        """Who waits, the oldest order first."""
        docs = self._store.table("account_queue").search(Q.integration == integration)
        return sorted((_waiting(doc) for doc in docs), key=lambda one: (one.at, one.order))

    def replace_queue(self, integration: str, buyers: Sequence[Buyer]) -> None:
        """Who waits now, in the place of who waited before."""
        with self._store.transaction():
            refused = self.refused(integration)
            self._store.table("account_queue").remove(Q.integration == integration)
            self._add(integration, buyers, refused)

    def refuse(self, integration: str, buyers: Sequence[Buyer]) -> None:
        """Further buyers who wait: the back office took them for somebody else, whatever a person had answered."""
        with self._store.transaction():
            for one in buyers:
                self._store.table("account_answers").remove((Q.key == one.key) & (Q.integration == integration))
            self._add(integration, buyers, {one.key for one in buyers})

    def refused(self, integration: str) -> dict[str, tuple[str, tuple[Hit, ...]]]:
        """Who was refused as a duplicate and still waits: why, and of whom, by key."""
        docs = self._store.table("account_queue").search(Q.integration == integration)
        waiting = [_waiting(doc) for doc in docs if doc.get("refused")]
        return {one.key: (one.why, one.hits) for one in waiting}

    def _add(self, integration: str, buyers: Sequence[Buyer], refused: Collection[str]) -> None:
        rows = [
            {
                "integration": integration,
                "key": one.key,
                "order": one.order.number,
                "at": utc_text(one.order.at),
                "name": one.name,
                "email": one.customer.email,
                "why": one.why,
                "hits": [asdict(hit) for hit in one.hits],
                "refused": one.key in refused,
            }
            for one in buyers
        ]
        if rows:
            self._store.table("account_queue").insert_multiple(rows)

    def _note(self, integration: str, key: str, name: str, action: str, after: str, how: str) -> None:
        row = entry(
            self._clock.now(),
            self._actor,
            action,
            integration,
            kind=Kind.CUSTOMERS,
            storefront_id=key,
            name=name,
            after=after,
            how=how,
        )
        self._store.table("history").insert(row)


def words(answer: Answer | None) -> str:
    """An answer as the history tells it."""
    if answer is None:
        return "ask again"
    if answer.use:
        return f"use {answer.use}"
    return f"create {answer.form.value}" if answer.form else "skip"


def _waiting(doc: Mapping[str, Any]) -> Waiting:
    hits = tuple(Hit(**hit) for hit in doc["hits"])
    at = datetime.fromisoformat(doc["at"])
    return Waiting(doc["key"], doc["order"], at, doc["name"], doc["email"], doc["why"], hits)
