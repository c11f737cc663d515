"""What all simulated systems share: authentication hook, permissions, rate limit, latency, log, faults, control.

A subclass names its routes and shapes; see ``syncro.py`` and ``marketplace.py``. The order for one request:
number and log it, wait the latency, strike a fault or check the rate limit, carry it out in one piece, answer.
"""

from __future__ import annotations

import asyncio
import secrets
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

from connectors.sandbox.control import PREFIX as CONTROL_PREFIX
from connectors.sandbox.control import Control
from connectors.sandbox.exchange import Exchange, Message, Receive, Scope, Send
from connectors.sandbox.faults import Fault, FaultKind, Faults
from connectors.sandbox.limits import RateLimit
from connectors.sandbox.log import LogEntry, RequestLog
from connectors.sandbox.peer import kill_client, peer_pid
from connectors.sandbox.state import State
from connectors.sandbox.wire import Call, Json, Refused, Reply, Route, as_html, find, without_last

__all__ = ["Sandbox"]


class Sandbox(ABC):
    """An ASGI application that plays one vendor's system on seeded data.

    ``latency_ms`` is added to every request; ``rate`` speeds the vendor's rate window up (0: no limit), ``limit``
    replaces its number of requests per window.
    """

    name: ClassVar[str]
    prefix: ClassVar[str]
    vendor_limit: ClassVar[int]
    all_permissions: ClassVar[frozenset[str]]

    def __init__(
        self,
        tables: Mapping[str, Mapping[str, Json]],
        *,
        counters: Mapping[str, int] | None = None,
        latency_ms: float = 0.0,
        rate: float = 1.0,
        limit: int | None = None,
        permissions: Collection[str] | None = None,
        truth: Json | None = None,
    ) -> None:
        self.state = State(tables, counters)
        self.log = RequestLog()
        self.faults = Faults()
        self.latency_ms = latency_ms
        self.limiter = RateLimit(limit or self.vendor_limit, rate)
        self.permissions = set(self.all_permissions if permissions is None else permissions)
        self._initial_permissions = frozenset(self.permissions)
        self.truth = truth or {}
        self.control_token = secrets.token_urlsafe(16)
        self.control = Control(self)
        self.stopping = asyncio.Event()
        self.loop: asyncio.AbstractEventLoop | None = None
        self._released = asyncio.Event()
        self.routes: Sequence[Route] = self.make_routes()

    # -------------------------------------------------------------------------------- what a system must say
    @abstractmethod
    def make_routes(self) -> Sequence[Route]:
        """The table of operations; the first match counts."""

    @abstractmethod
    def authenticate(self, call: Call, route: Route, /) -> None:
        """Raise ``Refused`` when the call's credentials do not hold."""

    @abstractmethod
    def deny(self, call: Call, permission: str, /) -> Reply:
        """The vendor's answer to a missing permission."""

    @abstractmethod
    def not_found(self, call: Call, /) -> Reply:
        """The vendor's answer to an unknown path."""

    @abstractmethod
    def bad_body(self, call: Call, reason: str, /) -> Reply:
        """The vendor's answer to a body that is not a JSON object."""

    @abstractmethod
    def too_many(self, call: Call, wait: float, /) -> Reply:
        """The vendor's 429; ``wait`` is how many seconds until a request would be let through."""

    @abstractmethod
    def failure(self, call: Call, status: int, /) -> Reply:
        """The vendor's answer when something of its own broke."""

    @abstractmethod
    def page_before(self, call: Call) -> Call:
        """The call for the page before the one asked for; the same call when it is the first."""

    @abstractmethod
    def credentials(self) -> dict[str, str]:
        """Secrets a client needs, by the name of the connection's option."""

    @abstractmethod
    def options(self, base_url: str) -> dict[str, str]:
        """The other options of a connection to this sandbox, as ``connection add --set`` takes them."""

    def operation(self, call: Call) -> Call:
        """The call by the operation it asks for, where its path does not tell: log, faults and routes go by that."""
        return call

    def control_routes(self) -> Sequence[Route]:
        """Further operations below ``/_control`` that only this system has."""
        return ()

    def forget_sessions(self) -> None:  # noqa: B027 - a system without sessions has nothing to forget
        """Revoke tokens handed out (``reset`` calls it)."""

    # -------------------------------------------------------------------------------- one request
    def handle(self, call: Call) -> Reply:
        """Carry a request out in one piece: find the operation, check the credentials, run it."""
        found = find(self.routes, call.method, call.path)
        if found is None:
            return self.not_found(call)
        route, params = found
        call = Call(call.method, call.path, call.query, call.headers, call.body, call.client, params)
        try:
            self.authenticate(call, route)
            if route.permission and route.permission not in self.permissions:
                return self.deny(call, route.permission)
            try:
                call.json()
            except ValueError as problem:
                return self.bad_body(call, str(problem))
            return route.handler(call)
        except Refused as refused:
            return refused.reply

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        exchange = Exchange(scope, receive, send, self.stopping)
        call = await exchange.read()
        if call.path.startswith(CONTROL_PREFIX):
            await exchange.answer(self.control.handle(call))
            return
        path = call.path.removeprefix(self.prefix)
        call = self.operation(Call(call.method, path, call.query, call.headers, call.body, call.client))
        entry = self.log.open(call)
        fault = self.faults.take(entry.number, call)
        delay = self.latency_ms + (fault.delay_ms if fault else 0.0)
        if delay:
            await exchange.pause(delay / 1000)
        if fault is None:
            reply = self._plainly(call, entry)
        else:
            self.log.note(entry, fault=fault.kind.value)
            struck = await self._strike(fault, call, entry, exchange)
            if struck is None:
                return
            reply = struck
        self.log.note(entry, status=reply.status)
        await exchange.answer(reply)

    def _plainly(self, call: Call, entry: LogEntry) -> Reply:
        wait = self.limiter.wait(call.client[0])
        return self.too_many(call, wait) if wait else self._apply(call, entry)

    def _apply(self, call: Call, entry: LogEntry, *, keep: bool = True) -> Reply:
        with self.state.step() as step:
            reply = self.handle(call)
            if not keep:
                self.state.undo(step)
        self.log.note(entry, touched=step.touched)
        return reply

    # -------------------------------------------------------------------------------- faults
    async def _strike(self, fault: Fault, call: Call, entry: LogEntry, exchange: Exchange) -> Reply | None:
        """What is answered; None when there is no (whole) answer."""
        kind, reading = fault.kind, call.method == "GET"
        applied = self._apply(self._altered(fault, call), entry) if kind.applies else None
        match kind:
            case FaultKind.RATE_LIMIT:
                return self.too_many(call, max(self.limiter.window, 1.0))
            case FaultKind.ERROR | FaultKind.ERROR_AFTER:
                return self.failure(call, fault.status)
            case FaultKind.HTML | FaultKind.HTML_AFTER:
                return as_html()
            case FaultKind.NO_STORE if not reading:
                return self._apply(call, entry, keep=False)
            case FaultKind.STALE_READ if reading:
                with self.state.rewound():
                    return self._apply(call, entry)
            case FaultKind.PERMISSION:
                self._lose_permission(fault, call)
            case FaultKind.HOLD | FaultKind.HOLD_AFTER:
                await exchange.wait(self._released)
            case FaultKind.SHORT_PAGE if applied is not None:
                return without_last(applied)
            case FaultKind.CUT_AFTER if applied is not None:
                self.log.note(entry, status=applied.status)
                await exchange.answer(applied, length=len(applied.body) // 2)
                return None
            case FaultKind.TIMEOUT | FaultKind.TIMEOUT_AFTER:
                await exchange.hang()
                return None
            case FaultKind.RESET | FaultKind.RESET_AFTER:
                exchange.reset()
                return None
            case FaultKind.KILL | FaultKind.KILL_AFTER:
                kill_client(fault.pid or peer_pid(call.client, exchange.server_port))
                exchange.reset()
                return None
        return applied or self._apply(call, entry)

    def _altered(self, fault: Fault, call: Call) -> Call:
        return self.page_before(call) if fault.kind is FaultKind.REPEAT_PAGE else call

    def _lose_permission(self, fault: Fault, call: Call) -> None:
        found = find(self.routes, call.method, call.path)
        self.permissions.discard(fault.permission or (found[0].permission if found else ""))

    def release(self) -> None:
        """Let the requests that are held (``hold``, ``hold_after``) go on. From any thread."""
        held, self._released = self._released, asyncio.Event()
        if self.loop is not None:
            self.loop.call_soon_threadsafe(held.set)

    # -------------------------------------------------------------------------------- control
    def reset(self) -> None:
        """As started: seeded records, all permissions, no faults, an empty log, no sessions."""
        self.state.reset()
        self.faults.clear()
        self.log.clear()
        self.limiter.clear()
        self.permissions = set(self._initial_permissions)
        self.forget_sessions()
        self.release()


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message: Message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
