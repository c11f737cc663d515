"""One HTTP exchange on the wire: reading the request, answering it, or failing to in the ways networks fail."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any
from urllib.parse import unquote

from connectors.sandbox.wire import Call, Reply, parse_query

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: Where the server leaves the connection's asyncio transport in the scope.
TRANSPORT = "crosswalk.transport"


class Exchange:
    """A request and the connection it came by."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, stopping: asyncio.Event) -> None:
        self._scope, self._receive, self._send, self._stopping = scope, receive, send, stopping

    @property
    def server_port(self) -> int:
        server = self._scope.get("server") or ("", 0)
        return int(server[1] or 0)

    async def read(self) -> Call:
        """The whole request; the path is decoded, and still holds the system's prefix."""
        body = b""
        more = True
        while more:
            message = await self._receive()
            if message["type"] != "http.request":
                break
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in self._scope["headers"]}
        client = self._scope.get("client") or ("", 0)
        return Call(
            method=self._scope["method"],
            path=unquote(self._scope["path"]),
            query=parse_query(self._scope["query_string"].decode("latin-1")),
            headers=headers,
            body=body,
            client=(client[0], client[1]),
        )

    async def pause(self, seconds: float) -> None:
        """Wait, but not longer than the server runs."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def answer(self, reply: Reply, length: int | None = None) -> None:
        """Send the reply; only the first ``length`` bytes of its body, then a reset, when ``length`` is given."""
        headers = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in reply.headers]
        headers.append((b"content-length", str(len(reply.body)).encode()))
        await self._send({"type": "http.response.start", "status": reply.status, "headers": headers})
        if length is None:
            await self._send({"type": "http.response.body", "body": reply.body})
            return
        await self._send({"type": "http.response.body", "body": reply.body[:length], "more_body": True})
        self.reset()

    async def hang(self) -> None:
        """No answer: until the client goes away, or the server stops."""
        await self._first(self._wait_until_gone())
        self.reset()

    async def wait(self, event: asyncio.Event) -> None:
        """Until the event, or until the server stops."""
        await self._first(event.wait())

    async def _first(self, awaited: Coroutine[Any, Any, Any]) -> None:
        tasks = [asyncio.create_task(awaited), asyncio.create_task(self._stopping.wait())]
        _, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def _wait_until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def reset(self) -> None:
        """Drop the connection with a TCP reset, so that the client sees a reset and not an orderly end."""
        transport = self._scope.get(TRANSPORT)
        if transport is None or transport.is_closing():
            return
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
