"""The workspace's verbs of creations: a part of the front door in a file of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from engine.changes import Run
from engine.drafting import Drafting
from engine.external_ids import candidates, write_external_ids
from engine.integration_verbs import IntegrationVerbs
from engine.mappings import Mappings
from engine.model import Kind, Side
from engine.ports import Clock, Draft, Store, WriteOutcome
from engine.views import CustomerReadiness, DraftProblem


class CreationVerbs(IntegrationVerbs):
    """Records made on one side from what the other one holds."""

    actor: str
    clock: Clock
    store: Store
    _drafting: Drafting
    _mappings: Mappings

    def draft_products(
        self, integration: str | None, ids: Collection[str], template: Mapping[str, str] | None = None
    ) -> tuple[tuple[Draft, ...], tuple[DraftProblem, ...]]:
        """Drafts of back-office products from storefront records, and what is wrong with them (duplicates included)."""
        chosen = self.integration(integration)
        return self._drafting.products(chosen, ids, template or {}, self.capabilities(chosen.name, Side.BACKOFFICE))

    async def add_products(
        self, integration: str | None, drafts: Sequence[Draft], *, allow: Collection[str] = ()
    ) -> Run:
        """Create products in the back office; each is mapped by that. Raises ``Blocked`` for a guard not allowed."""
        return await self._operations.create(self.integration(integration), drafts, Side.BACKOFFICE, allow)

    def customer_readiness(
        self, integration: str | None, ids: Collection[str] | None = None
    ) -> list[CustomerReadiness]:
        """Back-office customers nothing is mapped to: the profile fields they lack, and whom they look like there."""
        return self._drafting.readiness(self.integration(integration), ids)

    async def import_customers(
        self,
        integration: str | None,
        ids: Collection[str],
        *,
        duplicates: Collection[str] = (),
        allow: Collection[str] = (),
    ) -> Run:
        """Create missing customers in the storefront from complete profiles; they are mapped by that.

        One that looks like a customer the storefront has is refused, unless its id is among ``duplicates``: the admin was
        shown whom it looks like and wants a second one. Raises ``UsageError``; then nothing was created.
        """
        chosen = self.integration(integration)
        drafts = self._drafting.customers(chosen, ids, duplicates)
        return await self._operations.create(chosen, drafts, Side.STOREFRONT, allow)

    async def write_external_ids(self, integration: str | None) -> list[WriteOutcome]:
        """Store the counterpart's id with every mapped customer whose external id is empty (setting write_external_id)."""
        chosen = self.integration(integration)
        name = chosen.storefront
        async with self._operations.exclusive([name], f"writing external ids to {name}"):
            wanted = candidates(self.cache, chosen, self._mappings.mapped(chosen.name, Kind.CUSTOMERS))
            connector = self._connections.connector(name)
            return await write_external_ids(self.store, self.clock, self.actor, chosen, connector, wanted)
