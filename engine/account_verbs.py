"""The workspace's verbs of orders' buyers: a part of the front door in a file of its own."""

from __future__ import annotations

from collections.abc import Collection

from engine.account_work import Accounts, AccountsRun, AccountWork
from engine.accounts import Answer
from engine.crm import PersonAccounts
from engine.order_buyers import Waiting
from engine.settings import AccountSettings
from engine.verbs import Verbs


class AccountVerbs(Verbs):
    """Accounts of the people who buy: policies simulated, carried out, and what waits for a person."""

    _accounts: AccountWork

    async def account_org(self, integration: str | None) -> PersonAccounts:
        """Whether the back office has person accounts, and with which active record types. Raises ``UsageError``."""
        return await self._accounts.org(self.integration(integration))

    async def look_at_buyers(self, integration: str | None, settings: AccountSettings | None = None) -> Accounts:
        """What would become of every paid order's buyer, with the integration's policies or these. Writes nothing."""
        return await self._accounts.look(self.integration(integration), settings)

    async def keep_buyers(
        self, integration: str | None, seen: Accounts | None = None, *, allow: Collection[str] = ()
    ) -> AccountsRun:
        """Link, make and queue buyers; of what was ``seen`` only what is still true. Raises ``Blocked``."""
        return await self._accounts.run(self.integration(integration), seen, allow=allow)

    async def keep_buyers_unattended(self, integration: str, trigger: str) -> AccountsRun:
        """The same by schedule: who waits for a person raises an alarm."""
        return await self._accounts.automatic(self.integration(integration), trigger)

    def accounts_possible(self, integration: str | None) -> None:
        """Raises ``UsageError`` where there are no orders, or nowhere to keep their buyers."""
        self._accounts.possible(self.integration(integration))

    def waiting_buyers(self, integration: str | None) -> list[Waiting]:
        """Who waits for a person, the oldest order first."""
        return self._accounts.buyers.queue(self.integration(integration).name)

    async def answer_buyer(
        self, integration: str | None, order: str, answer: Answer | None, *, seen: Accounts | None = None
    ) -> Waiting:
        """Decide about a buyer who waits (in the queue, or among those ``seen``): a record to use, a form to make, or neither
        (skip). None: ask again.
        """
        return await self._accounts.answer(self.integration(integration), order, answer, seen)
