"""The one front door: every screen and every command calls this, and nothing behind it.

Local verbs are plain methods and quick; verbs that work on the network or compute for long are coroutines. A workspace
is used from one event loop; ``snapshot`` and ``detail`` may be called from any thread.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from engine import doctor
from engine.actor import login_name
from engine.alarm_hook import AlarmHook
from engine.alarms import Alarms
from engine.catalog import Catalog
from engine.changes import Outcome, Plan, Run
from engine.claims import Writers
from engine.clock import SystemClock
from engine.connections import Connections
from engine.decisions import decide
from engine.details import detail
from engine.drafting import Drafting
from engine.duplicates import Duplicate
from engine.errors import UnknownId, UsageError
from engine.events import Events, RowsChanged
from engine.external_ids import candidates, write_external_ids
from engine.fees import Fees
from engine.field_mappings import FieldMappings
from engine.field_verbs import FieldVerbs
from engine.field_work import FieldWork
from engine.history import History
from engine.integrations import Integration, Integrations, parse_settings
from engine.mapping_exchange import MappingExchange, row_names
from engine.mappings import Mappings
from engine.match_consent import MatchConsent, matching_of
from engine.model import Fee, Field, Kind, Side
from engine.monitor import Monitor
from engine.operations import Operations
from engine.orders import Orders
from engine.picking import acceptable, choices
from engine.ports import Capabilities, CheckReport, Clock, ConnectorType, Draft, Registry, WriteOutcome
from engine.push_work import PushWork
from engine.reconcile_verbs import ReconcileVerbs
from engine.reconciling import Reconciler
from engine.resolving import Resolver
from engine.rows import Lists
from engine.rule_desk import RuleDesk, unexcluded
from engine.rule_store import Rules
from engine.scheduler import Scheduler
from engine.schedules import Schedules
from engine.schema import Schemas
from engine.settings import IntegrationSettings
from engine.store import open_cache, open_store
from engine.store.locks import ConnectionLocks
from engine.suggestions import Suggestions
from engine.views import (
    Alarm,
    Choice,
    ConnectionView,
    CustomerReadiness,
    Detail,
    DoctorLine,
    DraftProblem,
    Edit,
    HistoryEntry,
    ImportPreview,
    PullReport,
    Snapshot,
    Suggestion,
)


class Workspace(FieldVerbs, ReconcileVerbs):
    """One directory: ``workspace.db`` (state), ``cache.db`` (what was read; disposable), ``locks/``, ``tokens/``."""

    def __init__(
        self, path: Path, registry: Registry, *, actor: str, clock: Clock, secret: Callable[[str], str]
    ) -> None:
        self.path, self.actor, self.clock = path, actor, clock
        self.store = open_store(path / "workspace.db")
        self.cache = open_cache(path / "cache.db")
        self.lineage = self.store.lineage
        self.events = Events()
        self.locks = ConnectionLocks(path / "locks")
        self._registry = registry
        self._connections = Connections(self.store, registry, clock, secret, path)
        self._integrations = Integrations(self.store)
        self._history = History(self.store)
        self._mappings = Mappings(self.store, self._history, clock, actor)
        self._fees = Fees(self.store, self.cache)
        self._exchange = MappingExchange(self.store, self.cache, self._mappings, clock, actor)
        self._alarms = Alarms(self.store, clock, self.events, actor, AlarmHook(path))
        self.schedules = Schedules(self.store, self._history, clock, actor)
        self.monitor = Monitor(self.store, self.cache, self._connections, self.schedules, clock)
        self._catalog = Catalog(self._connections, self.cache, clock, self.events, self.store)
        self._suggestions = Suggestions(self.cache, self._mappings)
        self._writers = Writers(self._integrations, self._connections, self._mappings)
        rules = Rules(self.store, self._history, clock, actor)
        self._lists = Lists(
            self.store, self.cache, self._connections, self._mappings, self._fees, self._history, self._suggestions, clock,
            rules,
        )  # fmt: skip
        self._consent = MatchConsent(self.store, self._connections, clock, actor)
        self._fields = FieldWork(
            self._connections,
            self.cache,
            self._mappings,
            Schemas(self.store, clock),
            FieldMappings(self.store, self._history, clock, actor),
        )
        self._drafting = Drafting(self.cache, self._mappings, self._suggestions)
        self._operations = Operations(
            self.store, self.cache, self.locks, clock, self.events, actor, self.lineage, self._connections,
            self._integrations, self._catalog, self._lists, self._mappings, self._alarms, rules, self._writers,
            Orders(self._connections, self.cache, clock),
        )  # fmt: skip
        self.rules = RuleDesk(rules, self._integrations, self._lists, self.cache, self._operations, self.events)
        self._reconciler = Reconciler(
            self.store, self.cache, clock, actor, self._connections, self._mappings, self._lists, self._fields,
            self._operations,
        )  # fmt: skip
        self._push = PushWork(
            self._connections, self.cache, self._mappings, self._fields, self._drafting, self._reconciler,
            self._operations,
        )  # fmt: skip
        self._resolver = Resolver(
            self._reconciler, self._operations, self._mappings, clock, actor, self._push.pushes, self._push.drafts
        )

    @classmethod
    def open(
        cls,
        path: Path,
        registry: Registry,
        *,
        actor: str = "",
        clock: Clock | None = None,
        secret: Callable[[str], str] | None = None,
    ) -> Workspace:
        """Open or create. Raises ``WorkspaceError`` when it cannot be read or written, or was made by a newer version."""
        return cls(
            path, registry, actor=actor or login_name(), clock=clock or SystemClock(), secret=secret or _no_secret
        )

    async def close(self) -> None:
        await asyncio.to_thread(self._alarms.close)
        await self._connections.close()
        self.cache.close()
        self.store.close()

    async def recover(self) -> list[Run]:
        """Settle what a process that died left open, on every connection whose lock is free. Comes before anything else."""
        return await self._operations.recover()

    def changes(self) -> dict[str, int]:
        """A counter per table that grows with every commit of any process: what a console polls."""
        return self.store.changes()

    def reload(self) -> None:
        """Read secrets and files of the workspace's directory anew at their next use; all else is read anew anyway."""
        self._connections.reopen()

    def connection_types(self) -> list[ConnectorType]:
        return self._registry.types()

    def connections(self) -> list[ConnectionView]:
        return [self._with_holder(view) for view in self._connections.views()]

    def connection(self, name: str) -> ConnectionView:
        return self._with_holder(self._connections.view(name))

    def add_connection(self, name: str, type: str, options: Mapping[str, str]) -> ConnectionView:
        return self._connections.add(name, type, options)

    def set_connection(self, name: str, options: Mapping[str, str]) -> ConnectionView:
        changed = self._connections.set(name, options)
        self.cache.doubt(name)
        return changed

    def remove_connection(self, name: str) -> None:
        self._connections.remove(name)
        self.cache.forget(name)

    async def check_connection(self, name: str) -> CheckReport:
        """Test a connection; the report names every missing permission."""
        self._connections.view(name)
        async with self._operations.exclusive([name], f"test of {name}"):
            return await self._connections.check(name)

    async def connection_choices(self, name: str, what: str) -> list[str]:
        """What may be entered for an option of a connection (``Option.choices_of``), as the system lists it now."""
        self._connections.view(name)
        async with self._operations.exclusive([name], f"reading {what} of {name}"):
            return await self._connections.connector(name).choices(what)

    async def choices(self, integration: str | None, side: Side, what: str) -> list[str]:
        """Names to pick from in forms: ``"categories"``, ``"vendors"``."""
        name = self.integration(integration).connection(side)
        async with self._operations.exclusive([name], f"reading {what} of {name}"):
            return await self._connections.connector(name).choices(what)

    def integrations(self) -> list[Integration]:
        return self._integrations.all()

    def integration(self, name: str | None = None) -> Integration:
        return self._integrations.get(name)

    def add_integration(
        self, name: str, storefront: str, backoffice: str, settings: Mapping[str, str] | None = None
    ) -> Integration:
        for side, connection in ((Side.STOREFRONT, storefront), (Side.BACKOFFICE, backoffice)):
            if side.value not in self._connections.type_of(connection).sides:
                raise UsageError(f"{connection} cannot be the {side} of an integration; nothing was saved")
        values = dict(settings or {})
        if "sku.backoffice" not in values and "vendor" in self._connections.type_of(backoffice).capabilities.sku_slots:
            values["sku.backoffice"] = "upc"  # a vendor's SKU needs a vendor's name, which only the admin knows
        wanted = parse_settings(IntegrationSettings(), values)
        if wanted.match_is_mapping:
            raise UsageError(
                f"{name}: match_is_mapping can be switched on once its matches were seen; nothing was saved"
            )
        return self._integrations.add(name, storefront, backoffice, wanted)

    def set_integration(self, name: str, settings: Mapping[str, str]) -> Integration:
        current = self.integration(name)
        wanted = parse_settings(current.settings, settings)
        self._consent.check(current, wanted)
        self._writers.refuse_second(replace(current, settings=wanted))
        saved = self._integrations.save(replace(current, settings=wanted))
        if matching_of(wanted) != matching_of(current.settings):
            self._suggestions.forget(current.name)
        return saved

    def matches_shown(self, integration: str | None, kind: Kind, shown: Collection[Suggestion]) -> bool:
        """Note that an admin saw these exact matches; True when they are all there are: see ``match_consent``."""
        chosen = self.integration(integration)
        if not self._suggestions.computed(chosen.name, kind):
            return False
        every = [guess for guess in self.acceptable(chosen.name, kind, 1.0) if guess.exact]
        return self._consent.note(chosen, kind, every, shown)

    def undecided(self, name: str | None = None) -> frozenset[Field]:
        """The fields of an integration whose master somebody has to choose before they can be synced."""
        chosen = self.integration(name)
        try:
            return self._writers.undecided(chosen)
        except UsageError:
            return frozenset()  # a connection whose connector is not installed: it cannot be synced either, and says so

    def remove_integration(self, name: str) -> None:
        self._integrations.remove(name)

    def capabilities(self, integration: str | None, side: Side) -> Capabilities:
        return self._connections.connector(self.integration(integration).connection(side)).capabilities

    def connection_of(self, integration: str | None, side: Side) -> ConnectionView:
        return self.connection(self.integration(integration).connection(side))

    async def pull(self, integration: str | None = None, kinds: Collection[Kind] | None = None) -> PullReport:
        """Read both sides completely. Unique exact matches become mappings where the setting allows it."""
        chosen = self.integration(integration)
        report = await self._operations.pull(chosen, kinds)
        if chosen.settings.match_is_mapping:
            for kind in (Kind.PRODUCTS, Kind.CUSTOMERS):
                if kinds is None or kind in kinds:
                    await self.suggest(chosen.name, kind)
                    self._map_matches(chosen, kind)
        self._all_changed(chosen)
        return report

    def snapshot(self, integration: str | None, kind: Kind) -> Snapshot:
        return self._lists.snapshot(self.integration(integration), kind)

    def detail(
        self, integration: str | None, kind: Kind, row_id: str, side: Side = Side.STOREFRONT, *, history: int = 20
    ) -> Detail:
        """Everything known of one row. Raises ``UnknownId``."""
        chosen = self.integration(integration)
        row = next((r for r in self.snapshot(chosen.name, kind).rows if r.id == row_id and r.side is side), None)
        if row is None:
            raise UnknownId(kind.singular, row_id, "it is not in the list as last read")
        entries = tuple(self._history.search(chosen.name, None, row_id, None, history))
        pair, state = self._lists.pair(chosen, kind, row_id if side is Side.STOREFRONT else "")
        if side is Side.BACKOFFICE:
            record = self.cache.get(chosen.backoffice, kind.counterpart, [row_id]).get(row_id)
            pair = type(pair)(kind, "", row_id, None, record)
        mapping = self._mappings.mapped(chosen.name, kind).get(row_id) if side is Side.STOREFRONT else None
        guesses = () if mapping or side is Side.BACKOFFICE else self.suggestions(chosen.name, kind, row_id)
        return detail(row, pair, state, mapping, guesses, entries, chosen.settings)

    def choices_for(self, integration: str | None, kind: Kind) -> Sequence[Choice]:
        """All counterparts on the back-office side, in reading order, for the picker."""
        chosen = self.integration(integration)
        return choices(self.cache, chosen, kind, self._mappings.holders(chosen.name, kind))

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
        rows = self.snapshot(chosen.name, kind).rows
        taken = self._mappings.holders(chosen.name, kind)
        found = self._suggestions.all(chosen.name, kind)
        return acceptable(rows, found, taken, min_score, ids, many_to_one=chosen.settings.many_to_one)

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

    def reject(self, integration: str | None, kind: Kind, storefront_id: str, backoffice_id: str) -> Edit:
        """Remember that two records are not the same thing."""
        chosen = self.integration(integration)
        edit = self._mappings.reject(chosen, kind, storefront_id, backoffice_id)
        self._suggestions.forget_pair(chosen.name, kind, storefront_id, backoffice_id)
        return self._edited(chosen, kind, edit)

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

    def fees(self, integration: str | None) -> list[Fee]:
        chosen = self.integration(integration)
        return self._fees.all(chosen.name, chosen.storefront, chosen.settings.currency)

    def add_fee(
        self,
        integration: str | None,
        name: str,
        type: str,
        amount: Decimal | None = None,
        currency: str = "",
        source_product_id: str = "",
    ) -> Fee:
        chosen = self.integration(integration)
        fee = self._fees.add(chosen.name, Fee("", name, type, amount, currency, source_product_id))
        self.events.publish(RowsChanged(chosen.name, Kind.FEES))
        return fee

    def set_fee(self, integration: str | None, fee_id: str, **values: Any) -> Fee:
        chosen = self.integration(integration)
        fee = self._fees.set(chosen.name, fee_id, values)
        self.events.publish(RowsChanged(chosen.name, Kind.FEES))
        return fee

    def remove_fee(self, integration: str | None, fee_id: str) -> None:
        chosen = self.integration(integration)
        self._fees.remove(chosen.name, fee_id)
        self.events.publish(RowsChanged(chosen.name, Kind.FEES))

    async def duplicates(self, integration: str | None, kind: Kind) -> tuple[Duplicate, ...]:
        """Keys that are not unique on a side and counterparts that are shared, as last read; seconds for 100,000 records."""
        return await asyncio.to_thread(self._operations.duplicates, self.integration(integration), kind)

    async def plan(
        self,
        integration: str | None,
        *,
        kinds: Collection[Kind] = (Kind.PRODUCTS, Kind.FEES),
        fields: Collection[Field] | None = None,
        ids: Collection[str] | None = None,
        overwrite: Side | None = None,
        unattended: bool = False,
    ) -> Plan:
        """Read both sides fresh, then say exactly what a sync would do. Raises when a read is not complete."""
        chosen = self.integration(integration)
        return await self._operations.plan(
            chosen, kinds=kinds, fields=fields, ids=ids, overwrite=overwrite, unattended=unattended
        )

    async def sync(self, plan: Plan, *, allow: Collection[str] = (), trigger: str = "by hand") -> Run:
        """Apply a plan. Raises ``Blocked`` for a guard that is not allowed, ``StalePlan``, ``Busy``."""
        return await self._operations.apply(self.integration(plan.integration), plan, allow=allow, trigger=trigger)

    def cancel(self, run_id: str) -> bool:
        """Ask a run to stop after the batch in flight; whichever process runs it obeys. False where it has ended."""
        return self._operations.cancel(run_id)

    async def resume(self, run_id: str) -> Run:
        """Carry on with the rows of an ended run that were not sent."""
        return await self._operations.resume(run_id)

    async def plan_undo(self, run_id: str) -> Plan:
        """A plan that puts back what a run wrote, where our value still stands; moved rows are blocked and named."""
        return await self._operations.plan_undo(run_id)

    def runs(self, integration: str | None = None, limit: int = 50) -> list[Run]:
        return self._operations.runs(integration, limit)

    def run(self, run_id: str) -> Run:
        return self._operations.run(run_id)

    def outcomes(self, run_id: str) -> list[Outcome]:
        return self._operations.outcomes(run_id)

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
        self, integration: str | None, ids: Collection[str], *, allow: Collection[str] = ()
    ) -> Run:
        """Create missing customers in the storefront from complete profiles; they are mapped by that."""
        chosen = self.integration(integration)
        return await self._operations.create(chosen, self._drafting.customers(chosen, ids), Side.STOREFRONT, allow)

    async def write_external_ids(self, integration: str | None) -> list[WriteOutcome]:
        """Store the counterpart's id with every mapped customer whose external id is empty (setting write_external_id)."""
        chosen = self.integration(integration)
        name = chosen.storefront
        async with self._operations.exclusive([name], f"writing external ids to {name}"):
            wanted = candidates(self.cache, chosen, self._mappings.mapped(chosen.name, Kind.CUSTOMERS))
            connector = self._connections.connector(name)
            return await write_external_ids(self.store, self.clock, self.actor, chosen, connector, wanted)

    def history(
        self,
        integration: str | None = None,
        kind: Kind | None = None,
        id: str | None = None,
        run: str | None = None,
        limit: int = 200,
    ) -> list[HistoryEntry]:
        """Newest first."""
        return self._history.search(integration, kind, id, run, limit)

    def alarms(self, *, open_only: bool = True) -> list[Alarm]:
        return self._alarms.all(open_only=open_only)

    def acknowledge(self, alarm_id: int) -> None:
        self._alarms.acknowledge(alarm_id)

    def scheduler(self, where: str = "") -> Scheduler:
        """What runs the schedules, in the background of a console or of ``crosswalk watch`` (``where``)."""
        name = f"{where} (process {os.getpid()})" if where else f"process {os.getpid()}"
        return Scheduler(self, self.schedules, self._alarms, self.clock, name)

    def health(self) -> list[str]:
        """What a monitoring system should be told; empty when all is well."""
        return doctor.problems(self.schedules, self.clock, self.connections(), self.alarms())

    def doctor(self) -> list[DoctorLine]:
        """What is well and what is not with this workspace; contacts no system."""
        return doctor.examine(self.path, self.store, self.cache, self.connections(), self.integrations(), self.runs())

    def _edited(self, integration: Integration, kind: Kind, edit: Edit) -> Edit:
        self.events.publish(RowsChanged(integration.name, kind))
        return edit

    def _all_changed(self, integration: Integration) -> None:
        for kind in Kind:
            self.events.publish(RowsChanged(integration.name, kind))

    def _map_matches(self, integration: Integration, kind: Kind) -> None:
        exact = [g for g in self.acceptable(integration.name, kind, 1.0) if g.exact]
        if exact:
            self.map(integration.name, kind, [(g.storefront_id, g.backoffice_id) for g in exact], how="by match")

    def _names(self, integration: Integration, kind: Kind, ids: Collection[str]) -> dict[str, str]:
        """Names of storefront rows. A row that is mapped but gone keeps its remembered name. Raises ``UnknownId``."""
        return row_names(self.cache, self._mappings, integration, kind, ids, self.fees(integration.name))

    def _with_holder(self, view: ConnectionView) -> ConnectionView:
        holder = self.locks.holder(view.name)
        if holder is None:
            return view
        return replace(view, holder=f"{holder.user} (process {holder.pid})", holder_purpose=holder.purpose)


def _no_secret(reference: str) -> str:
    raise UsageError(f"no resolver for the secret reference {reference.partition(':')[0]}:...")
