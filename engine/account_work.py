"""Buyers of paid orders: read, shown, simulated with other policies, and carried out through a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from engine import accounts
from engine.account_fields import with_fields
from engine.accounts import Answer, Buyer, Hit, Known, Step
from engine.alarms import Alarms
from engine.changes import Run
from engine.connections import Connections
from engine.crm import AccountForm, MakesAccounts, Person, PersonAccounts
from engine.errors import UnknownId, UsageError
from engine.events import RowsChanged
from engine.field_work import FieldWork
from engine.integrations import Integration
from engine.mappings import Mappings
from engine.model import Customer, Kind, Order, Side
from engine.operations import Operations
from engine.order_buyers import BY_HAND, OrderBuyers, Waiting, is_guest
from engine.ports import Clock, Draft, ReadsOrders, RecordCache, Result
from engine.settings import AccountSettings

#: People are looked for so many orders at a time.
_ROOM = 500


@dataclass(frozen=True, slots=True)
class Accounts:
    """What becomes of the buyers of all paid orders since then, with these policies."""

    integration: str
    at: datetime
    since: datetime
    settings: AccountSettings
    org: PersonAccounts
    buyers: tuple[Buyer, ...]

    def count(self, *, guests: bool | None = None) -> dict[str, int]:
        """Orders by what becomes of their buyer; ``guests``: only those without (with) a profile."""
        found = Counter(one.step.value for one in self.buyers if guests is None or one.guest is guests)
        return {step.value: found[step.value] for step in Step}


@dataclass(frozen=True, slots=True)
class AccountsRun:
    """What was done: ``run`` made the records (None: none were to be made), ``linked`` were found, ``moved`` had changed."""

    run: Run | None
    linked: tuple[Buyer, ...]
    waiting: tuple[Waiting, ...]
    moved: tuple[Buyer, ...]
    accounts: Accounts


@dataclass(slots=True)
class AccountWork:
    """Made by ``Workspace``."""

    connections: Connections
    cache: RecordCache
    mappings: Mappings
    operations: Operations
    buyers: OrderBuyers
    fields: FieldWork
    alarms: Alarms
    clock: Clock

    def possible(self, integration: Integration) -> None:
        """Raises ``UsageError`` where the systems have no orders or no accounts."""
        if not self.connections.connector(integration.storefront).capabilities.has_orders:
            raise UsageError(f"{integration.storefront} has no orders that can be read: there are no buyers to keep")
        if not self.connections.connector(integration.backoffice).capabilities.makes_accounts:
            raise UsageError(
                f"{integration.backoffice} has no accounts and contacts: map its customers in the Customers tab"
            )

    async def org(self, integration: Integration) -> PersonAccounts:
        """Whether the org has person accounts, and with which active record types."""
        self.possible(integration)
        async with self.operations.exclusive(
            integration.connections, f"reading account types of {integration.backoffice}"
        ):
            return await self._crm(integration).person_accounts()

    async def look(self, integration: Integration, settings: AccountSettings | None = None) -> Accounts:
        """Read the paid orders and the people who may have placed them; writes nothing."""
        self.possible(integration)
        async with self.operations.exclusive(integration.connections, f"looking at the buyers of {integration.name}"):
            return await self._look(integration, settings or integration.settings.accounts)

    async def run(
        self,
        integration: Integration,
        seen: Accounts | None = None,
        *,
        allow: Collection[str] = (),
        trigger: str = "by hand",
    ) -> AccountsRun:
        """Link buyers that were found, make those that the policies say, and queue those that wait for a person.

        Everything is read again first. ``seen`` is what was shown: a buyer of whom something else is true by now is not
        touched. Raises ``Blocked`` for a guard that is not allowed; then buyers were linked and nobody was made.
        """
        self.possible(integration)
        async with self.operations.exclusive(integration.connections, f"keeping the buyers of {integration.name}"):
            now = await self._look(integration, integration.settings.accounts)
            moved = () if seen is None else _moved(seen, now)
            gone = {one.key for one in moved}
            linked = [one for one in accounts.matches(now.buyers) if one.key not in gone]
            self._link(integration, linked)
            self.buyers.replace_queue(integration.name, accounts.waiting(now.buyers))
            made = [one for one in accounts.creations(now.buyers) if one.key not in gone]
            drafts = [self._draft(one, now) for one in made]
            run = None
            if drafts:
                run = await self.operations.create_held(integration, drafts, Side.BACKOFFICE, allow, trigger=trigger)
                self.buyers.refuse(integration.name, self._refused(integration, made, run))
            self.operations.events.publish(RowsChanged(integration.name, Kind.CUSTOMERS))
            return AccountsRun(run, tuple(linked), tuple(self.buyers.queue(integration.name)), tuple(moved), now)

    async def automatic(self, integration: Integration, trigger: str) -> AccountsRun:
        """A scheduled run; who waits for a person raises an alarm."""
        done = await self.run(integration, trigger=trigger)
        stuck = sorted({one.why for one in done.accounts.buyers if one.step is Step.BLOCKED})
        if done.waiting or stuck:
            said = [f"{len(done.waiting):,} buyer(s) wait for a person"] if done.waiting else []
            text = "; ".join([*said, *stuck])
            self.alarms.raise_(integration.name, f"accounts: {text}. See: crosswalk accounts queue", "warning")
        return done

    async def answer(
        self, integration: Integration, order: str, answer: Answer | None, seen: Accounts | None = None
    ) -> Waiting:
        """Decide about a buyer who waits, by order number (or key). A record to use is linked at once; it must exist.
        None forgets an answer that was given: the buyer is asked about again.

        Raises ``UnknownId`` for an order that does not wait, or a record that the back office does not have.
        """
        if seen is not None:
            self.buyers.replace_queue(integration.name, accounts.waiting(seen.buyers))
        waits = next((one for one in self.buyers.queue(integration.name) if order in {one.order, one.key}), None)
        if waits is None and answer is None:
            waits = self.buyers.answered(integration.name, order)
        if waits is None:
            raise UnknownId("order that waits", order, "see: crosswalk accounts queue; nothing was decided")
        if answer is not None and answer.use:
            async with self.operations.exclusive(integration.connections, f"looking for {answer.use}"):
                connector = self.connections.connector(integration.backoffice)
                found = await connector.read_some(Kind.CUSTOMERS, [answer.use])
            if answer.use not in found:
                raise UnknownId(f"customer of {integration.backoffice}", answer.use, "nothing was decided")
            self.cache.put(integration.backoffice, Kind.CUSTOMERS, list(found.values()))
        if answer is not None and answer.use and is_guest(waits.key):
            self.buyers.link_one(integration.name, waits.key, waits.name, answer.use, BY_HAND)
        elif answer is not None and answer.use:
            names = {waits.key: waits.name}, {answer.use: found[answer.use].name}
            self.mappings.map(
                integration, Kind.CUSTOMERS, [(waits.key, answer.use)], *names, "accounts: chosen by hand"
            )
        self.buyers.answer(integration.name, waits, answer)
        self.operations.events.publish(RowsChanged(integration.name, Kind.CUSTOMERS))
        return waits

    # ------------------------------------------------------------------------------------------------ inside
    async def _look(self, integration: Integration, settings: AccountSettings) -> Accounts:
        at = self.clock.now()
        since = at - timedelta(days=settings.days)
        store = cast("ReadsOrders", self.connections.connector(integration.storefront))
        orders: list[Order] = []
        async for page in store.read_orders(since):
            orders += [order for order in page if order.paid]
        crm = self._crm(integration)
        org = await crm.person_accounts()
        mapped = self.mappings.mapped(integration.name, Kind.CUSTOMERS)
        links = {**self.buyers.links(integration.name), **{id: one.backoffice_id for id, one in mapped.items()}}
        open_ = [order for order in orders if accounts.key_of(order) not in links]
        profiles = {
            id: cast("Customer", record)
            for id, record in self.cache.get(
                integration.storefront, Kind.CUSTOMERS, {order.customer_id for order in open_ if order.customer_id}
            ).items()
        }
        known = Known(
            await self._people(crm, open_, profiles),
            links,
            {one.backoffice_id: id for id, one in mapped.items()},
            self.buyers.answers(integration.name),
            org,
            profiles,
            integration.settings.many_to_one,
            frozenset(self.mappings.ignored(integration.name, Kind.CUSTOMERS)),
            self.mappings.rejected(integration.name, Kind.CUSTOMERS),
            self.buyers.refused(integration.name),
        )
        found = accounts.buyers(orders, known, settings)
        mappings, _ = self.fields.usable(integration, Kind.CUSTOMERS)
        targets = {
            name: self.fields.targets(integration, name) for name in dict.fromkeys(one.object for one in mappings)
        }
        return Accounts(
            integration.name, at, since, settings, org, tuple(with_fields(found, mappings, targets, profiles))
        )

    async def _people(self, crm: MakesAccounts, orders: Sequence[Order], profiles: dict[str, Customer]) -> list[Person]:
        """Everybody with an e-mail address or a name of the orders' buyers."""
        who = [one for order in orders for one in (order.customer, profiles.get(order.customer_id)) if one is not None]
        mails = sorted({one.email.strip() for one in who if one.email.strip()})
        names = sorted({(one.first_name.strip(), one.last_name.strip()) for one in who if one.last_name.strip()})
        found: dict[str, Person] = {}
        for at in range(0, max(len(mails), len(names)), _ROOM):
            for person in await crm.find_people(mails[at : at + _ROOM], names[at : at + _ROOM]):
                found[person.id] = person
        return list(found.values())

    def _link(self, integration: Integration, found: Sequence[Buyer]) -> None:
        profiles = [one for one in found if not one.guest]
        if profiles:
            names = {one.key: one.name for one in profiles}
            there = {one.record: next((hit.name for hit in one.hits), "") for one in profiles}
            pairs = [(one.key, one.record) for one in profiles]
            self.mappings.map(integration, Kind.CUSTOMERS, pairs, names, there, "accounts: found by e-mail or address")
        self.buyers.link(integration.name, [one for one in found if one.guest])

    def _refused(self, integration: Integration, made: Sequence[Buyer], run: Run) -> list[Buyer]:
        """Those whom the back office refused as somebody it has already: a person says whether that is them."""
        refused = {
            one.storefront_id: one
            for one in self.operations.outcomes(run.id)
            if one.result is Result.REJECTED and one.found
        }
        ids = {id for one in refused.values() for id in str(one.found).split(",")}
        names = {id: record.name for id, record in self.cache.get(integration.backoffice, Kind.CUSTOMERS, ids).items()}
        return [
            replace(
                buyer,
                step=Step.WAITS,
                why=refused[buyer.key].message,
                hits=tuple(
                    Hit(id, names.get(id, ""), "", "the back office calls it a duplicate")
                    for id in str(refused[buyer.key].found).split(",")
                ),
            )
            for buyer in made
            if buyer.key in refused
        ]

    def _draft(self, buyer: Buyer, now: Accounts) -> Draft:
        assert buyer.form is not None
        kind = accounts.record_type(now.org, now.settings.record_type) or ""
        person = buyer.form is AccountForm.PERSON_ACCOUNT
        details = (("form", buyer.form.value), *((("record_type_id", kind),) if person else ()), *buyer.fields)
        return Draft(
            f"buyer-{buyer.key}", Kind.CUSTOMERS, buyer.key, buyer.name, customer=buyer.customer, details=details
        )

    def _crm(self, integration: Integration) -> MakesAccounts:
        return cast("MakesAccounts", self.connections.connector(integration.backoffice))


def _moved(seen: Accounts, now: Accounts) -> tuple[Buyer, ...]:
    """Buyers that were shown to be linked or made, and of whom that is not true any more; and new ones, never shown."""
    before = {one.key: _meaning(one) for one in _acted(seen.buyers)}
    after = {one.key: one for one in _acted(now.buyers)}
    changed = [one for key, one in after.items() if before.get(key) != _meaning(one)]
    lost = [one for one in _acted(seen.buyers) if one.key not in after]
    return (*changed, *lost)


def _acted(found: Iterable[Buyer]) -> list[Buyer]:
    return [one for one in found if one.step in {Step.MATCH, Step.CREATE} and not one.with_order]


def _meaning(one: Buyer) -> tuple[Step, str, AccountForm | None, Customer, tuple[tuple[str, str], ...]]:
    return one.step, one.record, one.form, one.customer, one.fields
