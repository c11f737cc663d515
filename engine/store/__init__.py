"""Where a workspace keeps its documents: TinyDB's tables and queries, with the bytes in SQLite.

``open_store`` is the durable state; ``open_cache`` is what was last read from the systems, and disposable.
"""

from engine.store.cache import SqliteRecordCache, open_cache
from engine.store.workspace_store import SqliteStore, open_store

__all__ = ["SqliteRecordCache", "SqliteStore", "open_cache", "open_store"]
