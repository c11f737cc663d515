"""The workspace's verbs of connections: a part of the front door in a file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.connections import Connections
from engine.logins import Logins
from engine.operations import Operations
from engine.ports import CheckReport, ConnectorType, LoginResult, RecordCache, Registry
from engine.store.locks import ConnectionLocks
from engine.verbs import Verbs
from engine.views import ConnectionView


class ConnectionVerbs(Verbs):
    """Connections of a workspace: what may be connected, what is, and whether it answers."""

    cache: RecordCache
    locks: ConnectionLocks
    _connections: Connections
    _logins: Logins
    _operations: Operations
    _registry: Registry

    def connection_types(self) -> list[ConnectorType]:
        return self._registry.types()

    def connections(self) -> list[ConnectionView]:
        return [self._with_holder(view) for view in self._connections.views()]

    def connection(self, name: str) -> ConnectionView:
        return self._with_holder(self._connections.view(name))

    def add_connection(self, name: str, type: str, options: Mapping[str, str]) -> ConnectionView:
        return self._connections.add(name, type, options)

    def set_connection(self, name: str, options: Mapping[str, str]) -> ConnectionView:
        before = self._connections.view(name).options
        changed = self._connections.set(name, options)
        if changed.options != before:
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

    async def log_in(self, name: str) -> LoginResult:
        """Let a person grant access with a code, which is published as ``LoginWaiting``; waits for the decision.

        Raises ``UsageError`` for a connection whose credentials come from elsewhere, saying what to do.
        """
        return await self._logins.log_in(name)

    def cancel_login(self, name: str = "") -> bool:
        """Stop waiting for the person (of every connection without a name); whether anything was waited for."""
        return self._logins.cancel(name)

    async def connection_choices(self, name: str, what: str) -> list[str]:
        """What may be entered for an option of a connection (``Option.choices_of``), as the system lists it now."""
        self._connections.view(name)
        async with self._operations.exclusive([name], f"reading {what} of {name}"):
            return await self._connections.connector(name).choices(what)

    def _with_holder(self, view: ConnectionView) -> ConnectionView:
        holder = self.locks.holder(view.name)
        if holder is None:
            return view
        return replace(view, holder=f"{holder.user} (process {holder.pid})", holder_purpose=holder.purpose)
