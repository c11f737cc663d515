"""The ``rules`` table: one document per rule, ``{integration, item, rule, actor, at}``; ``item`` is empty store-wide.

Every change is one transaction with its history entry, which is also what makes other processes' lists follow.
"""

from __future__ import annotations

from tinydb import Query

from engine.history import History, entry
from engine.integrations import Integration
from engine.model import Kind, utc_text
from engine.ports import Clock, Store
from engine.rule_text import words
from engine.rules import Rule, RuleBook

Q = Query()


class Rules:
    """Reads are answered from memory until any process changes a rule."""

    def __init__(self, store: Store, history: History, clock: Clock, actor: str) -> None:
        self._store, self._history, self._clock, self._actor = store, history, clock, actor
        self._books: dict[str, tuple[int, RuleBook]] = {}

    def book(self, integration: str) -> RuleBook:
        """All rules of an integration, as stored now."""
        counter = self._store.changes().get("rules", 0)
        known = self._books.get(integration)
        if known is None or known[0] != counter:
            known = self._books[integration] = (counter, self._read(integration))
        return known[1]

    def save(self, integration: Integration, rule: Rule, item: str = "", name: str = "") -> RuleBook:
        """Replace the store-wide rule, or that of one item; a rule that says nothing is removed."""
        return self.save_all(integration, {item: (rule, name)})

    def save_all(self, integration: Integration, rules: dict[str, tuple[Rule, str]]) -> RuleBook:
        """Several rules at once, each with its item's name, in one transaction."""
        table = self._store.table("rules")
        with self._store.transaction():
            before = self._read(integration.name)
            for item, (rule, name) in rules.items():
                old = before.items.get(item, Rule()) if item else before.store
                if rule == old:
                    continue
                table.remove((Q.integration == integration.name) & (Q.item == item))
                if rule != Rule():
                    table.insert(
                        {
                            "integration": integration.name,
                            "item": item,
                            "rule": rule.model_dump(mode="json"),
                            "actor": self._actor,
                            "at": utc_text(self._clock.now()),
                        }
                    )
                self._note(integration, old, rule, item, name)
        return self.book(integration.name)

    def _note(self, integration: Integration, old: Rule, new: Rule, item: str, name: str) -> None:
        note = entry(
            self._clock.now(),
            self._actor,
            "rule",
            integration.name,
            kind=Kind.PRODUCTS,
            storefront_id=item,
            name=name or item or "store-wide",
            before=words(old) or None,
            after=words(new) or None,
            how="by hand",
        )
        self._history.append([note])

    def _read(self, integration: str) -> RuleBook:
        store, items = Rule(), {}
        for doc in self._store.table("rules").search(Q.integration == integration):
            rule = Rule.model_validate(doc["rule"])
            if doc["item"]:
                items[doc["item"]] = rule
            else:
                store = rule
        return RuleBook(store, items)
