"""TLS is verified: a private authority is trusted only where ``ca_file`` names it.

``tls/`` holds a self-signed certificate for 127.0.0.1 and its key. They protect nothing and are used here only.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors.http import Client, Dialect, Explained, Pace, Redactor, RetryPolicy
from connectors.http.options import Endpoint
from engine.errors import Unreachable

FOLDER = Path(__file__).parent / "tls"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


@pytest.fixture
async def secure() -> AsyncIterator[str]:
    """The URL of a TLS server with the private certificate."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ANSWER)
            await writer.drain()
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(FOLDER / "cert.pem", FOLDER / "key.pem")
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


def client(url: str, ca_file: str) -> Client:
    dialect = Dialect(explain=lambda data: Explained())
    return Client("shop", Endpoint(url, ca_file, 5.0), dialect, Pace(None), Redactor(), RetryPolicy(attempts=1))


async def test_an_unknown_authority_is_refused_and_the_option_named(secure: str) -> None:
    one = client(secure, "")
    with pytest.raises(Unreachable, match=r"certificate is not trusted.*ca_file") as caught:
        await one.request("POST", "/x", body={"password": "never seen"})
    assert not caught.value.maybe_sent
    await one.close()


async def test_a_named_authority_is_trusted(secure: str) -> None:
    one = client(secure, str(FOLDER / "cert.pem"))
    assert (await one.request("GET", "/")).data == {}
    await one.close()


async def test_a_ca_file_that_holds_no_certificate(secure: str, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    with pytest.raises(Unreachable, match=r"ca_file cannot be used: .*PEM\. Nothing was sent"):
        await client(secure, str(tmp_path / "ca.pem")).request("PUT", "/", body={})
