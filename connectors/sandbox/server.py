"""Serving a sandbox over real HTTP on loopback, in a thread of this process."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from connectors.sandbox.base import Sandbox
from connectors.sandbox.control import PREFIX
from connectors.sandbox.exchange import TRANSPORT
from connectors.sandbox.log import LogEntry
from connectors.sandbox.state import State

HOST = "127.0.0.1"
START_SECONDS = 20.0
STOP_SECONDS = 10.0


class _Protocol(H11Protocol):
    """Leaves the connection's transport in the scope, so that a fault can reset it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        app = self.app

        async def with_transport(scope: Any, receive: Any, send: Any) -> None:
            scope[TRANSPORT] = transport
            await app(scope, receive, send)

        self.app = with_transport


class _Server(uvicorn.Server):
    """Says when it is listening, and releases hanging requests when it stops."""

    def __init__(self, config: uvicorn.Config, app: Sandbox) -> None:
        super().__init__(config)
        self._sandbox = app
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._sandbox.stopping = asyncio.Event()
        self._sandbox.loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.listening.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._sandbox.stopping.set()
        self._sandbox.loop = None
        await super().shutdown(sockets)


class Served:
    """A sandbox being served. ``url`` is the base URL a connection wants, ``control_url`` that of ``/_control``."""

    def __init__(self, app: Sandbox, port: int) -> None:
        self.app = app
        self.port = port
        self.origin = f"http://{HOST}:{port}"
        self.url = self.origin + app.prefix
        self.control_url = self.origin + PREFIX
        self.control_token = app.control_token
        self.control_headers = {"X-Control-Token": app.control_token}

    @property
    def state(self) -> State:
        return self.app.state

    @property
    def requests(self) -> list[LogEntry]:
        """The log so far, oldest first."""
        return self.app.log.since()

    def wait_for(self, holds: Callable[[list[LogEntry]], bool], timeout: float = 30.0) -> list[LogEntry]:
        """Block until the request log satisfies ``holds``; raises ``TimeoutError``. See ``RequestLog.wait_for``."""
        return self.app.log.wait_for(holds, timeout)

    @property
    def credentials(self) -> dict[str, str]:
        return self.app.credentials()

    @property
    def options(self) -> dict[str, str]:
        """The options of a connection without its secrets."""
        return self.app.options(self.url)


def _listen(port: int) -> socket.socket:
    # the protocol is named so that asyncio turns Nagle's algorithm off; without it every answer takes 40 ms
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(256)
    except OSError:
        listener.close()
        raise
    return listener


@contextlib.contextmanager
def serve_in_thread(app: Sandbox, port: int = 0) -> Iterator[Served]:
    """Serve until the block ends; port 0 is the kernel's choice. Raises ``OSError`` when the port is taken."""
    listener = _listen(port)
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=2,
    )
    server = _Server(config, app)
    thread = threading.Thread(target=server.run, args=([listener],), name=f"sandbox-{app.name}", daemon=True)
    thread.start()
    try:
        if not server.listening.wait(START_SECONDS):
            raise RuntimeError(f"the {app.name} sandbox did not start within {START_SECONDS:g} s")
        yield Served(app, listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(STOP_SECONDS)
        listener.close()
