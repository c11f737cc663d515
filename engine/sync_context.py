"""What applying a plan needs of the world, gathered once by the front door; the locks are already held."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from engine.events import Events
from engine.model import Kind, Side
from engine.ports import Budget, Capabilities, Clock, Connector, RecordCache, Store
from engine.settings import IntegrationSettings
from engine.unposted import Unposted


@dataclass(frozen=True, slots=True)
class NewMapping:
    """The pair that a creation makes. ``replaces`` is the counterpart it was mapped to, which is gone."""

    integration: str
    kind: Kind
    storefront_id: str
    backoffice_id: str
    storefront_name: str
    backoffice_name: str
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class SyncContext:
    """One integration and its two open systems. The caller holds the locks of both connections.

    ``map_created`` records the mapping of a created record; it is called inside the transaction that commits the
    creation. None: a plain document in ``mappings``. ``ordered`` tells which products came into orders since the plan
    was made; it is asked right before each batch (None: orders do not matter).
    """

    store: Store
    cache: RecordCache
    clock: Clock
    events: Events
    actor: str
    lineage: str
    integration: str
    settings: IntegrationSettings
    connectors: Mapping[Side, Connector]
    connections: Mapping[Side, str]
    map_created: Callable[[NewMapping], None] | None = None
    ordered: Callable[[], Awaitable[Unposted]] | None = None

    def capabilities(self, side: Side) -> Capabilities:
        return self.connectors[side].capabilities

    def requests(self) -> int:
        """Requests made so far on both connections."""
        different = {id(connector): connector for connector in self.connectors.values()}
        return sum(connector.budget().requests for connector in different.values())

    def budgets(self) -> dict[str, Budget]:
        """The rate budgets of both connections as of now, by name."""
        return {name: self.connectors[side].budget() for side, name in self.connections.items()}
