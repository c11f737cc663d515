"""Closes a store and a cache while other threads read them, many times: ``directory rounds``. Prints how often."""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from engine.errors import WorkspaceError
from engine.model import Kind, Product
from engine.store import open_cache, open_store

READERS = 4


def once(directory: Path) -> None:
    """Readers go on until they are refused; nothing else than a refusal may end them."""
    store, cache = open_store(directory / "workspace.db"), open_cache(directory / "cache.db")
    reading = threading.Barrier(READERS + 1)

    def read() -> None:
        reading.wait()
        try:
            while True:
                store.table("mappings").all()
                for _ in cache.records("shop", Kind.PRODUCTS):
                    pass
        except WorkspaceError:
            pass

    threads = [threading.Thread(target=read) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    reading.wait()
    cache.close()
    store.close()
    for thread in threads:
        thread.join()


def prepare(directory: Path) -> None:
    store, cache = open_store(directory / "workspace.db"), open_cache(directory / "cache.db")
    store.table("mappings").insert_multiple({"kind": "products", "name": f"n{n}" * 20} for n in range(3_000))
    writer = cache.begin("shop", Kind.PRODUCTS)
    writer.add(Product(str(n), f"product {n}" * 10) for n in range(3_000))
    writer.commit(datetime.now(UTC))
    cache.close()
    store.close()


if __name__ == "__main__":
    where, rounds = Path(sys.argv[1]), int(sys.argv[2])
    prepare(where)
    for _ in range(rounds):
        once(where)
    print(f"closed {rounds} times", flush=True)
