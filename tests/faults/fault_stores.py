"""The small store of the fault matrix: WooCommerce and QuickBooks over real HTTP, and the jobs an admin does there."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from fault_shop import ALLOW, Bench, Job

from connectors.sandbox.server import serve_in_thread
from connectors.sandbox.store_world import Article, Catalogue, Item, Line, StoreOrder, StoreWorld, Variant
from connectors.sandbox.systems import make
from engine.changes import Purpose
from engine.model import Kind
from engine.workspace import Workspace

#: Storefront id -> item: two simple products and two variations of a third.
PAIRS = {"100010": "1", "100020": "2", "100030": "3", "100031": "4"}
NEW_PRODUCT = "100040"
#: What each prepared workspace syncs, and from where: accounting takes a price or a quantity in one sync.
TEMPLATES = {
    "to-store": ("price,cost,quantity", "backoffice"),
    "prices": ("price,cost", "storefront"),
    "stock": ("quantity", "storefront"),
}
SYNC = ("sync", "--all", "--yes", *ALLOW)
JOBS = {
    job.name: job
    for job in (
        Job("sync", Purpose.SYNC, SYNC, template="to-store"),
        Job("one row", Purpose.SYNC, ("sync", "--ids", "100030", "--yes", *ALLOW), ("100030",), template="to-store"),
        Job("prices", Purpose.SYNC, SYNC, template="prices"),
        Job("stock", Purpose.SYNC, SYNC, template="stock"),
        Job("product", Purpose.CREATE, ("add", "products", NEW_PRODUCT, "--yes"), template="to-store", new=NEW_PRODUCT),
    )
}


def small_store() -> StoreWorld:
    """Four pairs whose price, cost and quantity all differ, a product accounting lacks, a bystander, a posted order."""

    def variant(id: int, sku: str, label: str = "", *, price: str = "20.00", units: int = 12) -> Variant:
        return Variant(id, sku, label, Decimal(price), Decimal("11.00"), units)

    mug, lamp = variant(100010, "MUG"), variant(100020, "LAMP", price="35.50", units=7)
    shirts = variant(100030, "SHIRT-S", "S", price="15.00"), variant(100031, "SHIRT-M", "M", price="16.00", units=3)
    clock = variant(100040, "CLOCK", price="48.00", units=5)
    articles = (
        Article(50_001, "Stone mug", "A mug", "Kitchen", (mug,)),
        Article(50_002, "Desk lamp", "A lamp", "Office", (lamp,)),
        Article(50_003, "Linen shirt", "A shirt", "Clothing", shirts),
        Article(50_004, "Wall clock", "A clock", "Office", (clock,)),
    )
    items = [
        Item(number, "Inventory", name, one.sku, name, one.price + Decimal("1.50"), Decimal("12.25"), one.quantity + 4)
        for number, (one, name) in enumerate(
            ((mug, "Mug, stone"), (lamp, "Lamp"), (shirts[0], "Shirt S"), (shirts[1], "Shirt M")), 1
        )
    ]
    items.append(Item(5, "Service", "Gift wrapping", price=Decimal("3.00")))
    yesterday = datetime.now(UTC) - timedelta(days=1)
    lines = (Line(50_001, 100010, "MUG", 1, Decimal("20.00")),)
    order = StoreOrder(7001, "1001", yesterday, "completed", 1, lines, "invoice")
    blank = StoreWorld.make(seed=3, products=4)
    catalogues = (Catalogue("main", articles), Catalogue("second", ()))
    return replace(
        blank, catalogues=catalogues, items=tuple(items), orders=(order,), shoppers=blank.shoppers[:2], differences={},
        duplicates=(), pairs={int(left): int(right) for left, right in PAIRS.items()},
    )  # fmt: skip


@dataclass
class Stores(Bench):
    """A store and its accounting. The refresh token is kept in a file, so that an admin can connect anew."""

    seed: Path = Path()
    options: Mapping[str, dict[str, str]] | None = None

    @property
    def shop(self) -> Any:
        return self.systems["shop"]

    @property
    def books(self) -> Any:
        return self.systems["books"]

    async def problems(self, path: Path, job: Job, fault: str = "") -> list[str]:
        from fault_store_checks import problems  # which needs this module

        return await problems(self, path, job, fault)

    def reset(self) -> None:
        super().reset()
        self.shop.app.events.clear()
        self.connect_anew()

    def well_again(self) -> None:
        super().well_again()
        if self.hurt():
            self.connect_anew()

    def hurt(self) -> bool:
        """A refresh token that was lost with its answer, or refused, is replaced by hand."""
        return True

    def connect_anew(self) -> None:
        """The admin connects the app to the company again: another first refresh token."""
        oauth = self.books.app.oauth
        oauth.first = f"RT1-{secrets.token_hex(16)}"
        oauth.restart()
        keep(self.seed, oauth.first)


def keep(path: Path, secret: str) -> None:
    path.write_text(secret)
    path.chmod(0o600)


@contextmanager
def serve_stores(directory: Path) -> Iterator[Stores]:
    """Both systems served, with secrets in files."""
    boxes = make(["woocommerce", "quickbooks"], small_store(), rate=0)  # type: ignore[arg-type]
    with serve_in_thread(boxes["woocommerce"]) as shop, serve_in_thread(boxes["quickbooks"]) as books:
        options = {}
        for name, served in (("shop", shop), ("books", books)):
            references = {}
            for secret, value in served.credentials.items():
                keep(directory / f"{name}.{secret}", value)
                references[secret] = f"file:{directory / f'{name}.{secret}'}"
            options[name] = {**served.options, **references, "rate_per_minute": "600000", "timeout_seconds": "0.75"}
        options["shop"] |= {"page_size": "4"}
        options["books"] |= {"page_size": "4", "backoff_seconds": "0.01", "batches_per_minute": "600000"}
        made = Stores(
            {"shop": shop, "books": books}, directory / "to-store", JOBS, starter="store_starter",
            seed=directory / "books.refresh_token", options=options,
        )  # fmt: skip
        made.before = {name: dict(served.state.tables) for name, served in made.systems.items()}
        yield made


async def prepare_stores(stores: Stores) -> None:
    """A workspace per template, connected, read and mapped."""
    assert stores.options is not None
    for name, (fields, master) in TEMPLATES.items():
        path = stores.template.with_name(name)
        stores.connect_anew()
        ws = stores.open(path)
        try:
            await _set_up(ws, stores.options, fields, master)
        finally:
            await ws.close()
        for part in ("tokens", "locks"):
            shutil.rmtree(path / part, ignore_errors=True)


async def _set_up(ws: Workspace, options: Mapping[str, dict[str, str]], fields: str, master: str) -> None:
    ws.add_connection("shop", "woocommerce", options["shop"])
    ws.add_connection("books", "quickbooks", options["books"])
    masters = {f"masters.{field}": master for field in fields.split(",")}
    ws.add_integration(
        "store", "shop", "books", {"fields": fields, **masters, "guards.max_percent_of_catalogue": "100"}
    )
    report = await ws.pull()
    assert not report.errors, report.errors
    ws.map(None, Kind.PRODUCTS, list(PAIRS.items()))
