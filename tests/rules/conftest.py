"""Three stores and one accounting company over files: real connectors, a real workspace."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.registry import EntryPointRegistry
from engine.model import Kind
from engine.workspace import Workspace

STORES = ("north", "south", "web")
SHOP = """id,name,sku,price,cost,quantity,category,brand
{0}1,Lamp {0},L-1,10,5,7,Light,Acme
{0}2,Chair {0},C-1,20,9,3,Seats,Umbra
{0}3,Desk {0},REF-9,90,50,1,Desks,Acme
"""
BOOKS = """id,name,sku,price,cost,quantity
b1,Lamp,L-1,10,5,10
b2,Chair,C-1,20,9,4
b3,Desk,REF-9,100,50,2
"""
MASTERS = {"masters.price": "backoffice", "masters.quantity": "backoffice", "fields": "price,quantity"}
CALM = {
    "guards.max_percent_of_catalogue": "",
    "guards.everything_changed": "false",
    "guards.max_change_percent": "",
    "sku.storefront": "sku",
}


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[Workspace]:
    """``north``, ``south`` and ``web`` with one ``books``; every item is mapped in all three, the books are master."""
    ws = Workspace.open(tmp_path / "workspace", EntryPointRegistry(), actor="ada")
    for name, text in (*((store, SHOP.format(store[0])) for store in STORES), ("books", BOOKS)):
        path = tmp_path / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        ws.add_connection(name, "files", {"products.path": str(path), "writable": "true", "currency": "USD"})
    for store in STORES:
        ws.add_integration(f"{store}-books", store, "books", {**MASTERS, **CALM})
        await ws.pull(f"{store}-books")
        ws.map(f"{store}-books", Kind.PRODUCTS, [(f"{store[0]}{n}", f"b{n}") for n in (1, 2, 3)])
    yield ws
    await ws.close()


@pytest.fixture
def held(tmp_path: Path) -> Callable[[str, str], dict[str, str]]:
    """``held("north", "quantity")``: id -> value, as the file has it now."""

    def look(name: str, column: str) -> dict[str, str]:
        with (tmp_path / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return {row["id"]: row[column] for row in csv.DictReader(file)}

    return look


@pytest.fixture
def edit(tmp_path: Path) -> Callable[..., None]:
    """``edit("books", "b1", quantity="3")``: somebody changes a value in a system."""

    def change(name: str, id: str, **values: Any) -> None:
        path = tmp_path / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            row.update(values if row["id"] == id else {})
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)

    return change
