"""A store behind TLS with a private authority: trusted only where ``ca_file`` names it, and then read and written.

The certificate for 127.0.0.1 is the one in ``tests/connectors/clients/tls``; it protects nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors.sandbox.server import Served
from engine.errors import Unreachable
from engine.ports import Result

TLS = Path(__file__).parents[1] / "clients" / "tls"


@pytest.fixture
async def behind_tls(store) -> AsyncIterator[tuple[Served, str]]:
    """The store, and the address of a proxy that ends TLS before it."""
    served = store()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", served.port)
        await asyncio.gather(pump(reader, back), pump(there, writer))

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "cert.pem", TLS / "key.pem")
    server = await asyncio.start_server(proxy, "127.0.0.1", 0, ssl=context)
    yield served, f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def test_a_private_authority_must_be_named(behind_tls, connect, gather, row_of, write_of) -> None:
    served, url = behind_tls
    with pytest.raises(Unreachable, match=r"not trusted.*ca_file"):
        await gather(connect(served, base_url=url))
    assert served.requests == []
    connector = connect(served, base_url=url, ca_file=str(TLS / "cert.pem"))
    assert (await connector.check()).ok
    assert len(await gather(connector)) == len(served.state.tables["products"]) + len(served.state.tables["variations"])
    (outcome,) = await connector.write([write_of(row_of(served), price="9.5")])
    assert outcome.result is Result.APPLIED
    await connector.close()
