"""Reads half a catalogue into the cache, says so, and waits to be killed: ``path``."""

from __future__ import annotations

import sys
from pathlib import Path

from engine.model import Kind, Product
from engine.store import open_cache

writer = open_cache(Path(sys.argv[1])).begin("shop", Kind.PRODUCTS)
writer.add(Product(id=f"p{n}", name="half") for n in range(5000))
print("half way", flush=True)
sys.stdin.read()
