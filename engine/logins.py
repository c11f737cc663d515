"""Logging in with a code: a person opens an address anywhere, types the code, and the connection has its access.

The connection is held from asking for the code until the end: whoever else wants it is told for what.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import cast

from engine.connections import Connections
from engine.errors import ConnectorError, UsageError
from engine.events import Events, LoginWaiting
from engine.operations import Operations
from engine.ports import Clock, LoginEnd, LoginResult, LogsIn


class Logins:
    """The logins under way in this process, one for each connection at most."""

    def __init__(self, connections: Connections, operations: Operations, events: Events, clock: Clock) -> None:
        self._connections, self._operations, self._events, self._clock = connections, operations, events, clock
        self._stops: dict[str, asyncio.Event] = {}

    async def log_in(self, name: str) -> LoginResult:
        """Ask for a code, publish it (``LoginWaiting``), and wait until the person decided, it ended, or ``cancel``.

        Raises ``UsageError`` for a connection without such a login, saying what to do instead.
        """
        self._refuse(name)
        if name in self._stops and not self._stops[name].is_set():
            raise UsageError(f"{name}: a login waits for its code already; nothing was sent")
        stop = self._stops[name] = asyncio.Event()  # one that is being stopped still holds the connection for a moment
        try:
            async with self._operations.exclusive([name], f"logging in to {name}"):
                return LoginResult(LoginEnd.CANCELLED) if stop.is_set() else await self._wait(name, stop)
        finally:
            if self._stops.get(name) is stop:
                del self._stops[name]

    def cancel(self, name: str = "") -> bool:
        """Stop waiting, for one connection or for all; whether anything was waited for."""
        stops = [stop for one, stop in self._stops.items() if name in {"", one}]
        for stop in stops:
            stop.set()
        return bool(stops)

    async def _wait(self, name: str, stop: asyncio.Event) -> LoginResult:
        connector = cast("LogsIn", self._connections.connector(name))
        try:
            login = await connector.start_login()
            until = self._clock.now() + timedelta(seconds=login.code.seconds)
            self._events.publish(LoginWaiting(name, login.code, until))
            result = await login.wait(stop)
        except ConnectorError as error:
            self._connections.note(name, error)
            raise
        if result.end is LoginEnd.GRANTED:
            self._connections.note(name, None)
        return result

    def _refuse(self, name: str) -> None:
        """Raise ``UsageError`` where no person can let us in with a code."""
        kind = self._connections.type_of(name)
        if self._connections.view(name).logs_in:
            return
        instead = kind.reconnect or "Give it new credentials where its options refer to, and test it"
        raise UsageError(f"{name} ({kind.title}) has no login with a code. {instead}. Nothing was sent")
