"""The verbs about rules: look, try over the whole catalogue, save, remove, and take an item out of an exclusion."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from engine.errors import UnknownId
from engine.events import Events, RowsChanged
from engine.integrations import Integration, Integrations
from engine.list_context import with_rules
from engine.model import Kind
from engine.operations import Operations
from engine.ports import RecordCache
from engine.rows import Lists
from engine.rule_store import Rules
from engine.rule_text import parse, values, words
from engine.rules import Rule, RuleBook
from engine.simulation import Simulation, simulate
from engine.views import Edit


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule as it is shown: ``item`` is empty store-wide; ``settings`` are its dotted names and values."""

    integration: str
    item: str
    name: str
    words: str
    settings: dict[str, str]


class RuleDesk:
    """``Workspace.rules``. ``item`` is a storefront product's id; empty: the store-wide rule."""

    def __init__(
        self,
        rules: Rules,
        integrations: Integrations,
        lists: Lists,
        cache: RecordCache,
        operations: Operations,
        events: Events,
    ) -> None:
        self._rules, self._integrations, self._lists = rules, integrations, lists
        self._cache, self._operations, self._events = cache, operations, events

    def all(self, integration: str | None) -> list[RuleView]:
        """The store-wide rule first (also when it says nothing), then every item's."""
        chosen = self._integrations.get(integration)
        book = self._rules.book(chosen.name)
        known = self._cache.get(chosen.storefront, Kind.PRODUCTS, book.items)
        names = {item: known[item].name if item in known else item for item in book.items}
        found = [_view(chosen, "", "store-wide", book.store)]
        return found + [_view(chosen, item, names[item], rule) for item, rule in sorted(book.items.items())]

    def show(self, integration: str | None, item: str = "") -> RuleView:
        """One rule. Raises ``UnknownId`` for an item that neither the store nor a rule knows."""
        chosen = self._integrations.get(integration)
        return _view(chosen, item, self._name(chosen, item), self._rule(chosen, item))

    def set(self, integration: str | None, settings: Mapping[str, str], item: str = "") -> RuleView:
        """Change parts of a rule; what is not named stays. Raises ``UsageError``; then nothing was saved."""
        chosen = self._integrations.get(integration)
        rule = self._parsed(chosen, settings, item)
        return self._save(chosen, {item: (rule, self._name(chosen, item))})

    def remove(self, integration: str | None, item: str = "") -> RuleView:
        """Take a rule away; rows it had made different are out of sync then."""
        chosen = self._integrations.get(integration)
        return self._save(chosen, {item: (Rule(), self._name(chosen, item))})

    async def simulate(
        self, integration: str | None, settings: Mapping[str, str], item: str = "", *, remove: bool = False
    ) -> Simulation:
        """What saving would change over everything that is mapped, as last read. Nothing is saved, nothing is read."""
        chosen = self._integrations.get(integration)
        rule = Rule() if remove else self._parsed(chosen, settings, item)
        self._name(chosen, item)
        return await asyncio.to_thread(self._simulate, chosen, rule, item)

    def include(self, integration: Integration, ids: Collection[str]) -> list[str]:
        """Un-exclude: the items of ``ids`` that a rule excludes get their own word against it. Returns their ids."""
        book = self._rules.book(integration.name)
        if not book.excludes:
            return []
        pairs = self._lists.pairs(integration, Kind.PRODUCTS, ids, book=RuleBook())
        chosen = [p for p in pairs if with_rules(replace(p, ignored=None), book).ignored is not None]
        if chosen:
            own = {p.storefront_id: book.items.get(p.storefront_id, Rule()) for p in chosen}
            rules = {p.storefront_id: (_included(own[p.storefront_id]), p.title) for p in chosen}
            self._save(integration, rules)
        return [p.storefront_id for p in chosen]

    # ------------------------------------------------------------------------------------------------ inside
    def _simulate(self, integration: Integration, rule: Rule, item: str) -> Simulation:
        saved = self._rules.book(integration.name)
        base = self._lists.pairs(integration, Kind.PRODUCTS, book=RuleBook())
        scene = self._operations.scene(integration, {})
        return simulate(scene, base, saved, saved.with_rule(rule, item), item)

    def _rule(self, integration: Integration, item: str) -> Rule:
        book = self._rules.book(integration.name)
        return book.items.get(item, Rule()) if item else book.store

    def _parsed(self, integration: Integration, settings: Mapping[str, str], item: str) -> Rule:
        current = self._rule(integration, item)
        return parse(current, settings, item=bool(item), currency=integration.settings.currency)

    def _name(self, integration: Integration, item: str) -> str:
        if not item:
            return "store-wide"
        record = self._cache.get(integration.storefront, Kind.PRODUCTS, [item]).get(item)
        if record is None and item not in self._rules.book(integration.name).items:
            raise UnknownId("product", item, "pull first, or check the id; nothing was changed")
        return item if record is None else record.name

    def _save(self, integration: Integration, rules: dict[str, tuple[Rule, str]]) -> RuleView:
        self._rules.save_all(integration, rules)
        self._events.publish(RowsChanged(integration.name, Kind.PRODUCTS))
        item, (rule, name) = next(iter(rules.items()))
        return _view(integration, item, name, rule)


def unexcluded(edit: Edit, taken: Collection[str], ids: Collection[str]) -> Edit:
    """An un-ignore, with the items that were taken out of a rule's exclusion by it."""
    skipped = tuple(one for one in edit.skipped if one[0] not in taken)
    count = len(set(ids)) - len(skipped)
    return Edit(edit.id, edit.action, count, f"{count} back in the list, {len(taken)} of them despite a rule", skipped)


def _included(rule: Rule) -> Rule:
    return rule.model_copy(update={"excluded": False})


def _view(integration: Integration, item: str, name: str, rule: Rule) -> RuleView:
    return RuleView(integration.name, item, name, words(rule), values(rule, item=bool(item)))
