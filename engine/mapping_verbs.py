"""The workspace's verbs of mappings: a part of the front door in a file of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import TextIO

from engine.decisions import decide
from engine.errors import UnknownId
from engine.history import History
from engine.integrations import Integration
from engine.mapping_exchange import MappingExchange, row_names
from engine.model import Field, Kind, Side
from engine.ports import Clock, RecordCache, Store
from engine.rule_desk import RuleDesk, unexcluded
from engine.suggestion_verbs import SuggestionVerbs
from engine.views import Edit, ImportPreview


class MappingVerbs(SuggestionVerbs):
    """Every edit of what belongs to what; each is in the history and can be undone."""

    actor: str
    cache: RecordCache
    clock: Clock
    rules: RuleDesk
    store: Store
    _exchange: MappingExchange
    _history: History

    def map(
        self, integration: str | None, kind: Kind, pairs: Sequence[tuple[str, str]], *, how: str = "by hand"
    ) -> Edit:
        """Map rows to counterparts. Raises ``UnknownId`` or ``UsageError``; then nothing was mapped."""
        chosen = self.integration(integration)
        left = self._names(chosen, kind, [sid for sid, _ in pairs])
        right = {
            r.id: r.name
            for r in self.cache.get(chosen.backoffice, kind.counterpart, {bid for _, bid in pairs}).values()
        }
        for _, bid in pairs:
            if bid not in right:
                raise UnknownId(
                    f"{kind.counterpart.singular} of {chosen.backoffice}",
                    bid,
                    "pull, then try again; nothing was mapped",
                )
        return self._edited(chosen, kind, self._mappings.map(chosen, kind, pairs, left, right, how))

    def unmap(self, integration: str | None, kind: Kind, ids: Collection[str]) -> Edit:
        chosen = self.integration(integration)
        return self._edited(chosen, kind, self._mappings.unmap(chosen, kind, ids))

    def ignore(
        self, integration: str | None, kind: Kind, ids: Collection[str], reason: str, until: date | None = None
    ) -> Edit:
        chosen = self.integration(integration)
        return self._edited(
            chosen, kind, self._mappings.ignore(chosen, kind, self._names(chosen, kind, ids), reason, until)
        )

    def unignore(self, integration: str | None, kind: Kind, ids: Collection[str]) -> Edit:
        chosen = self.integration(integration)
        taken = self.rules.include(chosen, ids) if kind is Kind.PRODUCTS else []
        edit = self._mappings.unignore(chosen, kind, ids)
        return self._edited(chosen, kind, unexcluded(edit, taken, ids) if taken else edit)

    def undoable_edit(self, integration: str | None) -> Edit | None:
        """What ``undo_edit`` would take back; None when there is nothing."""
        return self._mappings.undoable(self.integration(integration))

    def undo_edit(self, integration: str | None) -> Edit:
        """Take back the newest mapping edit; again, the one before."""
        chosen = self.integration(integration)
        edit = self._mappings.undo(chosen)
        self._all_changed(chosen)
        return edit

    def resolve(
        self,
        integration: str | None,
        kind: Kind,
        id: str,
        field: Field,
        *,
        keep: Side | None = None,
        value: str | None = None,
    ) -> Edit:
        """Decide a conflict or a choice: keep one side's value, or a typed one. The next sync carries it out."""
        chosen = self.integration(integration)
        pair, _ = self._lists.pair(chosen, kind, id)
        edit = decide(self.store, self._history, self.clock, self.actor, chosen, pair, field, keep=keep, value=value)
        return self._edited(chosen, kind, edit)

    def export_mappings(self, integration: str | None, out: TextIO) -> int:
        """Write all mappings and ignored rows as CSV; returns the number of rows."""
        return self._exchange.export(self.integration(integration), out)

    def preview_mappings(self, integration: str | None, source: TextIO) -> ImportPreview:
        """What importing a file would change, line by line; nothing is changed."""
        chosen = self.integration(integration)
        return self._exchange.preview(chosen, source, self.fees(chosen.name))

    def import_mappings(self, integration: str | None, preview: ImportPreview) -> Edit:
        """Apply a clean preview, all kinds in one transaction. Raises ``UsageError`` when it names an error."""
        chosen = self.integration(integration)
        edit = self._exchange.apply(chosen, preview, self.fees(chosen.name))
        self._all_changed(chosen)
        return edit

    def _map_matches(self, integration: Integration, kind: Kind) -> None:
        exact = [g for g in self.acceptable(integration.name, kind, 1.0) if g.exact]
        if exact:
            self.map(integration.name, kind, [(g.storefront_id, g.backoffice_id) for g in exact], how="by match")

    def _names(self, integration: Integration, kind: Kind, ids: Collection[str]) -> dict[str, str]:
        """Names of storefront rows. A row that is mapped but gone keeps its remembered name. Raises ``UnknownId``."""
        return row_names(self.cache, self._mappings, integration, kind, ids, self.fees(integration.name))
