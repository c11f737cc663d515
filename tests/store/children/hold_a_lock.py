"""Holds a connection's lock until its standard input ends or it is killed: ``directory name purpose``."""

from __future__ import annotations

import sys
from pathlib import Path

from engine.store.locks import ConnectionLocks

with ConnectionLocks(Path(sys.argv[1])).hold([sys.argv[2]], sys.argv[3], wait=10):
    print("held", flush=True)
    sys.stdin.read()
