"""Matches become mappings by themselves only after an admin has seen the list of them.

What was seen is kept with the integration: for each kind the matching settings that the list was made with, who saw it
and when. Other matching settings make another list, which nobody has seen yet.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from tinydb import Query

from engine.connections import Connections
from engine.errors import UsageError
from engine.integrations import Integration
from engine.model import Kind, Side, utc_text
from engine.ports import Clock, Store
from engine.settings import IntegrationSettings
from engine.views import Suggestion

MATCHED = (Kind.PRODUCTS, Kind.CUSTOMERS)


def matching_of(settings: IntegrationSettings) -> dict[str, Any]:
    """The settings that decide which identical keys are a match."""
    return settings.model_dump(mode="json", include={"match", "sku", "many_to_one"})


class MatchConsent:
    """Remembers which lists of matches were seen, and asks for that before ``match_is_mapping`` is switched on."""

    def __init__(self, store: Store, connections: Connections, clock: Clock, actor: str) -> None:
        self._store, self._connections, self._clock, self._actor = store, connections, clock, actor

    def note(
        self, integration: Integration, kind: Kind, every: Collection[Suggestion], shown: Collection[Suggestion]
    ) -> bool:
        """Keep that an admin saw the whole list; False, and nothing is kept, when a match was not among ``shown``."""
        pairs = {(one.storefront_id, one.backoffice_id) for one in shown}
        if any((one.storefront_id, one.backoffice_id) not in pairs for one in every):
            return False
        seen = {
            "matching": matching_of(integration.settings),
            "count": len(every),
            "by": self._actor,
            "at": utc_text(self._clock.now()),
        }
        with self._store.transaction():
            known = self._seen(integration.name)
            document = {"matches_seen": {**known, kind.value: seen}}
            self._store.table("integrations").update(document, Query().name == integration.name)
        return True

    def check(self, current: Integration, wanted: IntegrationSettings) -> None:
        """Raise ``UsageError`` when the settings would map matches that nobody has seen."""
        if not wanted.match_is_mapping:
            return
        if current.settings.match_is_mapping and matching_of(wanted) != matching_of(current.settings):
            raise UsageError(
                f"{current.name}: matches become mappings by themselves now, and these settings would make other matches; "
                "set match_is_mapping=false with them, look at the new list, then switch it on again; nothing was saved"
            )
        if current.settings.match_is_mapping:
            return
        seen, matching = self._seen(current.name), matching_of(wanted)
        for kind in self._kinds(current):
            if seen.get(kind.value, {}).get("matching") != matching:
                raise UsageError(
                    f"{current.name}: look at the exact matches of {kind} first: `crosswalk map {kind} --accept --exact "
                    f"--dry-run`, or A and then x on the {kind.title()} tab; after that switch match_is_mapping on; nothing was saved"
                )

    def _kinds(self, integration: Integration) -> list[Kind]:
        """What both sides have."""
        able = [self._connections.type_of(integration.connection(side)).capabilities.reads for side in Side]
        return [kind for kind in MATCHED if all(kind in reads for reads in able)]

    def _seen(self, name: str) -> dict[str, dict[str, Any]]:
        doc = self._store.table("integrations").get(Query().name == name)
        return dict(doc.get("matches_seen", {})) if doc is not None and not isinstance(doc, list) else {}
