"""An app's client id and secret are exchanged for a token: once a day, kept between processes, renewed after a 401."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from connectors.shopify import CONNECTOR
from engine.errors import AuthenticationError, UsageError
from engine.ports import ConnectionContext

SHOP = {"id": "gid://shopify/Shop/1", "name": "S", "myshopifyDomain": "s.myshopify.com", "currencyCode": "CAD"}
SECRET = "shpss_0123456789abcdef"


class Store:
    """The token endpoint of a store, and a GraphQL endpoint that answers every question with its name."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.forms: list[dict[str, list[str]]] = []
        self.asked: list[str] = []
        self.refuses: tuple[int, Any] | None = None
        self.revoked: set[str] = set()

    def answer(self, path: str, headers: Any, body: bytes) -> tuple[int, Any]:
        if path == "/admin/oauth/access_token":
            if self.refuses:
                return self.refuses
            self.forms.append(parse_qs(body.decode()))
            self.tokens.append(f"shpat_token{len(self.tokens)}")
            return 200, {"access_token": self.tokens[-1], "scope": "read_products", "expires_in": 86399}
        token = headers["X-Shopify-Access-Token"]
        self.asked.append(token)
        if token in self.revoked or token not in self.tokens:
            return 401, {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
        return 200, {"data": {"shop": SHOP, "locations": {"nodes": [], "pageInfo": {"hasNextPage": False}}}}


@pytest.fixture
def store() -> Iterator[tuple[Store, str]]:
    playing = Store()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, document = playing.answer(self.path, self.headers, body)
            raw = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield playing, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def connect(store: tuple[Store, str], tmp_path: Path) -> Callable[[], Any]:
    def open_one() -> Any:
        options = {"base_url": store[1], "client_id": "app-1", "client_secret": "ref:secret"}
        return CONNECTOR.open(ConnectionContext("shop", options, lambda _: SECRET, tmp_path / "token.json"))

    return open_one


async def ask(connector: Any, times: int = 1) -> None:
    try:
        for _ in range(times):
            await connector.choices("locations")
    finally:
        await connector.close()


async def test_one_exchange_serves_all_requests_and_the_next_process(store, connect, tmp_path) -> None:
    playing, _ = store
    await ask(connect(), times=3)
    assert playing.forms == [{"grant_type": ["client_credentials"], "client_id": ["app-1"], "client_secret": [SECRET]}]
    await ask(connect())
    assert len(playing.forms) == 1
    assert playing.asked == ["shpat_token0"] * 4
    assert stat.S_IMODE((tmp_path / "token.json").stat().st_mode) == 0o600
    assert SECRET not in (tmp_path / "token.json").read_text()


async def test_a_token_that_ended_is_replaced_and_the_request_sent_again(store, connect) -> None:
    playing, _ = store
    await ask(connect())
    playing.revoked.add("shpat_token0")
    await ask(connect())
    assert playing.asked == ["shpat_token0", "shpat_token0", "shpat_token1"]


@pytest.mark.parametrize(
    ("status", "document"),
    [
        (400, {"error": "invalid_client", "error_description": "unknown app shpss_0123456789abcdef"}),
        (401, {"error": "shop_not_permitted", "error_description": "not of this organisation"}),
    ],
)
async def test_a_refused_app_is_told_with_what_to_do(store, connect, status, document) -> None:
    playing, _ = store
    playing.refuses = status, document
    with pytest.raises(AuthenticationError, match="app of your own organisation") as caught:
        await ask(connect())
    assert caught.value.code == document["error"]
    assert SECRET not in str(caught.value)
    assert playing.asked == []


def test_an_app_needs_its_secret_and_anybody_else_a_token(store) -> None:
    for options, missing in (({"client_id": "app-1"}, "client_secret"), ({}, "access_token")):
        context = ConnectionContext("shop", {"base_url": store[1], **options}, str)
        with pytest.raises(UsageError, match=missing):
            CONNECTOR.open(context)
