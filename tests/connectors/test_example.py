"""The example of docs/adding-a-connector.md works: found by its entry point, connected, read, synced, and honest when it fails."""

from __future__ import annotations

import json
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.registry import GROUP, EntryPointRegistry
from engine.errors import IncompleteRead
from engine.model import Kind, Status
from engine.workspace import Workspace

EXAMPLE = Path(__file__).parent.parent.parent / "docs" / "example"
TOKEN = "Zx81-acme-token"
SHOP = "id,name,price,currency\n" + "".join(f"s{n},Part {n},{n}.50,USD\n" for n in range(1, 61))


class Acme(BaseHTTPRequestHandler):
    """Acme ERP: sixty items on two pages."""

    items: dict[str, dict[str, Any]]
    total: int | None
    token = TOKEN

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        rows = list(self.items.values())
        if address.path == "/items":
            page = int(parse_qs(address.query)["page"][0])
            self.answer(200, {"items": rows[(page - 1) * 50 : page * 50], "total": self.total or len(rows)})
        else:
            self.one(lambda row: row)

    def do_PATCH(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.one(lambda row: row | body)

    def one(self, change: Any) -> None:
        id = self.path.removeprefix("/items/")
        if id not in self.items:
            self.answer(404, {"error": "no such item"})
            return
        self.items[id] = change(self.items[id])
        self.answer(200, self.items[id])

    def answer(self, status: int, data: Any) -> None:
        if self.headers["Authorization"] != f"Bearer {self.token}":
            status, data = 401, {"error": "who are you?"}
        content = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def acme() -> Iterator[tuple[type[Acme], str]]:
    items = {str(n): {"id": n, "name": f"Part {n}", "code": f"P-{n}", "price": f"{n}.00"} for n in range(1, 61)}
    made = type("Made", (Acme,), {"items": items, "total": None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), made)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
async def ws(acme: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A workspace that finds the example by the entry point of its own ``pyproject.toml``."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    ours = [EntryPoint(name, value, GROUP) for name, value in project["entry-points"][GROUP].items()]
    monkeypatch.syspath_prepend(str(EXAMPLE))
    shop = tmp_path / "shop.csv"
    shop.write_text(SHOP)
    registry = EntryPointRegistry(lambda: [*entry_points(group=GROUP), *ours])
    made = Workspace.open(tmp_path / "workspace", registry, actor="ada", secret=lambda _reference: TOKEN)
    made.add_connection("shop", "files", {"products.path": str(shop)})
    made.add_connection("erp", "acme", {"base_url": acme[1], "token": "env:ACME_TOKEN"})
    made.add_integration("both", "shop", "erp", {"fields": "price", "masters.price": "storefront"})
    yield made
    await made.close()


async def test_it_is_connected_read_and_synced_like_any_other(ws: Any, acme: Any) -> None:
    app, _ = acme
    assert (await ws.check_connection("erp")).ok
    await ws.pull("both")
    ws.map("both", Kind.PRODUCTS, [("s7", "7"), ("s60", "60")])
    plan = await ws.plan("both")
    assert {(one.before, one.after) for one in plan.sending} == {("7", "7.5"), ("60", "60.5")}
    app.items["60"]["price"] = "61.00"
    run = await ws.sync(plan, allow=[hit.guard for hit in plan.guards])
    assert (run.totals.applied, run.totals.stale) == (1, 1)
    assert (app.items["7"]["price"], app.items["60"]["price"]) == ("7.5", "61.00")
    rows = {row.id: row.status for row in ws.snapshot("both", Kind.PRODUCTS).rows}
    assert rows["s7"] is Status.IN_SYNC


async def test_a_read_that_does_not_add_up_is_no_catalogue(ws: Any, acme: Any) -> None:
    app, _ = acme
    app.total = 61
    report = await ws.pull("both")
    assert "60 of 61" in "; ".join(report.errors)
    with pytest.raises(IncompleteRead):
        await ws.plan("both")


async def test_a_refused_token_is_told_and_not_repeated(ws: Any, acme: Any) -> None:
    acme[0].token = "another"
    report = await ws.check_connection("erp")
    assert not report.ok
    assert report.reconnect
    assert "who are you?" in report.items[0].message
    assert TOKEN not in report.items[0].message
