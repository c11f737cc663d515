"""Real HTTP on loopback: a scripted server inside the test's own loop, and connections to the sandboxes."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import stamina

from connectors.registry import EntryPointRegistry
from connectors.sandbox.server import Served, serve_in_thread
from connectors.sandbox.systems import SYSTEMS
from connectors.sandbox.world import World
from engine.ports import ConnectionContext, Connector


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Say:
    """What the scripted server answers. ``how``: "answer", "hang", "reset" (both before an answer) or "cut" (half of it)."""

    data: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    how: str = "answer"
    raw: bytes | None = None
    content_type: str = "application/json"

    def bytes(self) -> bytes:
        body = self.raw if self.raw is not None else b"" if self.data is None else json.dumps(self.data).encode()
        headers = {"Content-Type": self.content_type, "Content-Length": str(len(body)), **self.headers}
        head = f"HTTP/1.1 {self.status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        whole = head.encode() + b"\r\n" + body
        return whole[: len(whole) - len(body) // 2] if self.how == "cut" else whole


class Script:
    """A server whose answers a test gives: ``plan`` first, then ``fallback`` for ever."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.plan: list[Say] = []
        self.fallback: Callable[[Seen], Say] = lambda seen: Say({})
        self.in_flight = self.most_in_flight = 0
        self.gate: asyncio.Event | None = None
        self.arrived = asyncio.Condition()
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                seen = await self._read(head, reader)
                self.seen.append(seen)
                say = self.plan.pop(0) if self.plan else self.fallback(seen)
                self.in_flight += 1
                self.most_in_flight = max(self.most_in_flight, self.in_flight)
                async with self.arrived:
                    self.arrived.notify_all()
                if self.gate is not None:
                    await self.gate.wait()
                self.in_flight -= 1
                if say.how == "hang":
                    await reader.read()  # until the client goes away
                    break
                if say.how == "reset":
                    writer.transport.abort()
                    return
                writer.write(say.bytes())
                await writer.drain()
                if say.how == "cut":
                    break
        writer.close()

    async def _read(self, head: bytes, reader: asyncio.StreamReader) -> Seen:
        first, *lines = head.decode().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value for line in lines if ": " in line for name, value in [line.split(": ", 1)]}
        return Seen(method, target, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


@pytest.fixture
async def script() -> AsyncIterator[Script]:
    """A scripted server on a port of the kernel's choice."""
    script = Script()
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    script.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield script
    server.close()


@pytest.fixture
def say() -> type[Say]:
    return Say


@pytest.fixture(scope="session")
def world() -> World:
    """Sixty customers and some 240 products on either side; shared, since sandboxes never change it."""
    return World.make(seed=7)


@pytest.fixture(scope="session")
def tiny() -> World:
    return World.make(seed=3, customers=6, products=12)


@pytest.fixture(autouse=True)
def _no_waiting_between_attempts() -> Iterator[None]:
    """Attempts follow each other at once; waits that a system asks for (429) stay."""
    with stamina.set_testing(True, attempts=4, cap=True):
        yield


@pytest.fixture(scope="session")
def _servers() -> Iterator[Callable[..., Served]]:
    """Sandboxes that are started once per kind and settings, since stopping one takes a tenth of a second."""
    with contextlib.ExitStack() as stack:
        known: dict[str, Served] = {}

        def start(system: str, world: World, **settings: Any) -> Served:
            key = f"{system} {id(world)} {settings!r}"
            if key not in known:
                known[key] = stack.enter_context(serve_in_thread(SYSTEMS[system](world, **settings)))
            return known[key]

        yield start


@pytest.fixture
def sandbox(_servers: Callable[..., Served]) -> Callable[..., Served]:
    """``sandbox("syncro", world, meta="always")``: one as just started, on its own port."""

    def start(system: str, world: World, **settings: Any) -> Served:
        settings.setdefault("rate", 0)
        served = _servers(system, world, **settings)
        served.app.reset()
        return served

    return start


Connect = Callable[..., Connector]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """``connect(served, timeout_seconds="1")`` opens the system's connector with the sandbox's own options."""
    opened: list[Connector] = []

    def open_one(served: Served, **options: str) -> Connector:
        secrets = dict(served.credentials)
        known = {**served.options, **{name: f"ref:{name}" for name in secrets}, **options}
        context = ConnectionContext(served.app.name, known, lambda reference: secrets[reference.removeprefix("ref:")])
        connector = EntryPointRegistry().get(served.app.name).open(context)
        opened.append(connector)
        return connector

    yield open_one
    for connector in opened:
        await connector.close()


@pytest.fixture
def gather() -> Callable[..., Awaitable[list[Any]]]:
    """All records of a kind."""

    async def all_of(connector: Connector, kind: Any) -> list[Any]:
        return [record async for page in connector.read(kind) for record in page.records]

    return all_of
