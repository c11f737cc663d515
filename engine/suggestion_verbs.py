"""The workspace's verbs of suggestions: a part of the front door in a file of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from engine.events import RowsChanged
from engine.fee_verbs import FeeVerbs
from engine.mappings import Mappings
from engine.match_consent import MatchConsent
from engine.model import Kind
from engine.picking import acceptable
from engine.rows import Lists
from engine.suggestions import Suggestions
from engine.views import Edit, Suggestion


class SuggestionVerbs(FeeVerbs):
    """Ranked guesses, exact matches, and what an admin has seen or rejected of them."""

    _consent: MatchConsent
    _mappings: Mappings
    _lists: Lists
    _suggestions: Suggestions

    async def suggest(self, integration: str | None, kind: Kind, *, top: int = 5, min_score: float = 0.0) -> int:
        """Rank counterparts for all rows without one, in a worker thread; returns how many rows have at least one."""
        chosen = self.integration(integration)
        fees = self.fees(chosen.name) if kind is Kind.FEES else []
        count = await asyncio.to_thread(self._suggestions.compute, chosen, kind, fees, top=top, min_score=min_score)
        self.events.publish(RowsChanged(chosen.name, kind))
        return count

    def suggestions(self, integration: str | None, kind: Kind, storefront_id: str) -> tuple[Suggestion, ...]:
        return self._suggestions.all(self.integration(integration).name, kind).get(storefront_id, ())

    def all_suggestions(self, integration: str | None, kind: Kind) -> dict[str, tuple[Suggestion, ...]]:
        return dict(self._suggestions.all(self.integration(integration).name, kind))

    def acceptable(
        self, integration: str | None, kind: Kind, min_score: float, ids: Collection[str] | None = None
    ) -> tuple[Suggestion, ...]:
        """The top suggestion of every unmapped row at or above a score, doubtful first. A target that two rows want goes
        to neither, unless the integration allows many-to-one.
        """
        chosen = self.integration(integration)
        rows = self._lists.snapshot(chosen, kind).rows
        taken = self._mappings.holders(chosen.name, kind)
        found = self._suggestions.all(chosen.name, kind)
        return acceptable(rows, found, taken, min_score, ids, many_to_one=chosen.settings.many_to_one)

    def matches_shown(self, integration: str | None, kind: Kind, shown: Collection[Suggestion]) -> bool:
        """Note that an admin saw these exact matches; True when they are all there are: see ``match_consent``."""
        chosen = self.integration(integration)
        if not self._suggestions.computed(chosen.name, kind):
            return False
        every = [guess for guess in self.acceptable(chosen.name, kind, 1.0) if guess.exact]
        return self._consent.note(chosen, kind, every, shown)

    def reject(self, integration: str | None, kind: Kind, storefront_id: str, backoffice_id: str) -> Edit:
        """Remember that two records are not the same thing."""
        chosen = self.integration(integration)
        edit = self._mappings.reject(chosen, kind, storefront_id, backoffice_id)
        self._suggestions.forget_pair(chosen.name, kind, storefront_id, backoffice_id)
        return self._edited(chosen, kind, edit)
