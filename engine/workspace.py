"""The one front door: every screen and every command calls this, and nothing behind it.

Its verbs are in files of their own by theme (``mapping_verbs``, ``sync_verbs`` ...); here it is put together, opened,
recovered and closed.

Local verbs are plain methods and quick; verbs that work on the network or compute for long are coroutines. A workspace
is used from one event loop; ``snapshot`` and ``detail`` may be called from any thread.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from engine import doctor
from engine.account_verbs import AccountVerbs
from engine.account_work import AccountWork
from engine.actor import login_name
from engine.alarm_hook import AlarmHook
from engine.alarms import Alarms
from engine.catalog import Catalog
from engine.changes import Run
from engine.claims import Writers
from engine.clock import SystemClock
from engine.connection_verbs import ConnectionVerbs
from engine.connections import Connections
from engine.creation_verbs import CreationVerbs
from engine.drafting import Drafting
from engine.errors import UsageError
from engine.events import Events
from engine.fee_verbs import FeeVerbs
from engine.fees import Fees
from engine.field_mappings import FieldMappings
from engine.field_verbs import FieldVerbs
from engine.field_work import FieldWork
from engine.history import History
from engine.integration_verbs import IntegrationVerbs
from engine.integrations import Integrations
from engine.list_verbs import ListVerbs
from engine.logins import Logins
from engine.mapping_exchange import MappingExchange
from engine.mapping_verbs import MappingVerbs
from engine.mappings import Mappings
from engine.match_consent import MatchConsent
from engine.monitor import Monitor
from engine.operations import Operations
from engine.order_buyers import OrderBuyers
from engine.orders import Orders
from engine.ports import Clock, Registry
from engine.price_kinds import PriceKinds
from engine.push_work import PushWork
from engine.reconcile_verbs import ReconcileVerbs
from engine.reconciling import Reconciler
from engine.resolving import Resolver
from engine.rows import Lists
from engine.rule_desk import RuleDesk
from engine.rule_store import Rules
from engine.scheduler import Scheduler
from engine.schedules import Schedules
from engine.schema import Schemas
from engine.store import SqliteRecordCache, SqliteStore, open_cache, open_store
from engine.store.locks import ConnectionLocks
from engine.suggestion_verbs import SuggestionVerbs
from engine.suggestions import Suggestions
from engine.sync_verbs import SyncVerbs
from engine.views import Alarm, DoctorLine


class Workspace(
    CreationVerbs, IntegrationVerbs, ConnectionVerbs, ListVerbs, MappingVerbs, SuggestionVerbs, FeeVerbs, SyncVerbs,
    FieldVerbs, ReconcileVerbs, AccountVerbs,
):  # fmt: skip
    """One directory: ``workspace.db`` (state), ``cache.db`` (what was read; disposable), ``locks/``, ``tokens/``."""

    store: SqliteStore
    cache: SqliteRecordCache

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
        self._price_kinds = PriceKinds(self.cache)
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
        self._logins = Logins(self._connections, self._operations, self.events, clock)
        self.rules = RuleDesk(rules, self._integrations, self._lists, self.cache, self._operations, self.events)
        self._reconciler = Reconciler(
            self.store, self.cache, clock, actor, self._connections, self._mappings, self._lists, self._fields,
            self._operations,
        )  # fmt: skip
        self._push = PushWork(
            self._connections, self.cache, self._mappings, self._fields, self._drafting, self._reconciler,
            self._operations,
        )  # fmt: skip
        self._reconciler.refused = self._push.refused
        self._resolver = Resolver(
            self._reconciler, self._operations, self._mappings, clock, actor, self._push.pushes, self._push.drafts
        )

        self._accounts = AccountWork(
            self._connections, self.cache, self._mappings, self._operations, OrderBuyers(self.store, clock, actor),
            self._fields, self._alarms, clock,
        )  # fmt: skip

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


def _no_secret(reference: str) -> str:
    raise UsageError(f"no resolver for the secret reference {reference.partition(':')[0]}:...")
