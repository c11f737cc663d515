"""Adds to a shared total in transactions over two tables, and says so after each: ``path name times``."""

from __future__ import annotations

import sys
from pathlib import Path

from tinydb import where

from engine.store import open_store

path, name, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
store = open_store(path)
print("ready", flush=True)
sys.stdin.readline()
for n in range(times):
    with store.transaction():
        store.table("history").insert({"run": name, "n": n})
        total = store.table("runs").get(where("id") == "total")["n"]
        store.table("runs").update({"n": total + 1}, where("id") == "total")
    print(n, flush=True)
