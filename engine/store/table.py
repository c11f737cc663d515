"""TinyDB's ``Table`` with its documents left in SQLite: every write touches only the documents that changed."""
# ruff: noqa: S608  # table names are quoted by ``naming.table_name``; values are always bound

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any

from tinydb.queries import QueryLike
from tinydb.table import Document, Table

from engine.store.naming import table_name
from engine.store.planner import plan
from engine.store.session import PAGE, Row
from engine.store.storage import QueryCache, SqliteStorage, ThreadState, decode, encode

CACHED_DOCUMENTS = 512  # a larger answer is not kept: the query runs again

Change = Mapping[str, Any] | Callable[[MutableMapping[str, Any]], None]


class SqliteTable(Table):
    """One table. Answers like a stock TinyDB table, with three differences, all on the safe side.

    Documents are never shared between callers (stock hands the same objects out again from its query cache), ids are
    never used twice, and ``persist_empty`` does not empty a table that exists.
    """

    _storage: SqliteStorage

    def __init__(
        self,
        storage: SqliteStorage,
        name: str,
        cache_size: int = Table.default_query_cache_capacity,
        persist_empty: bool = False,
    ) -> None:
        super().__init__(storage, name, cache_size)
        self._sql, self._cache_size = table_name(name), cache_size
        self._indexed = storage.indexes.get(name, ())
        if persist_empty:
            storage.complete([name])

    # ------------------------------------------------------------------------------------------------ reading
    def search(self, cond: QueryLike) -> list[Document]:
        """All documents for which ``cond`` is true, by id."""
        state = self._storage.state
        state.refresh()
        cacheable = getattr(cond, "is_cacheable", lambda: False)()
        if cacheable and (found := self._cache(state).get(cond)) is not None:
            return [self.document_class(decode(raw), doc_id) for doc_id, raw in found]
        rows: list[Row] = []
        docs: list[Document] = []
        for doc_id, raw, doc in self._select(cond):
            docs.append(self.document_class(doc, doc_id))
            if len(rows) <= CACHED_DOCUMENTS:
                rows.append((doc_id, raw))
        if cacheable and len(rows) <= CACHED_DOCUMENTS:
            self._cache(state)[cond] = rows
        return docs

    def get(
        self, cond: QueryLike | None = None, doc_id: int | None = None, doc_ids: Iterable[int] | None = None
    ) -> Any:
        """One document or None; with ``doc_ids`` a list of those that exist, by id."""
        if doc_id is not None:
            raw = self._storage.state.session.value(f"SELECT doc FROM {self._sql} WHERE id=?", (doc_id,))
            return None if raw is None else self.document_class(decode(raw), doc_id)
        if doc_ids is not None:
            return [self.document_class(doc, found_id) for found_id, _, doc in self._select(doc_ids=doc_ids)]
        if cond is None:
            raise RuntimeError("You have to pass either cond or doc_id or doc_ids")
        rows = self._select(cond)
        first = next(rows, None)
        rows.close()
        return None if first is None else self.document_class(first[2], first[0])

    def all(self) -> list[Document]:
        """All documents by id, of one instant."""
        return [self.document_class(doc, doc_id) for doc_id, _, doc in self._select()]

    def __iter__(self) -> Iterator[Document]:
        """All documents by id, page by page: not of one instant like ``all``, but it pins no snapshot either."""
        last = -(2**63)
        while True:
            sql = f"SELECT id, doc FROM {self._sql} WHERE id>=? ORDER BY id LIMIT {PAGE}"
            page = self._storage.state.session.fetch(sql, (last,))
            for doc_id, raw in page:
                yield self.document_class(decode(raw), doc_id)
            if len(page) < PAGE:
                return
            last = page[-1][0] + 1

    def __len__(self) -> int:
        return self._storage.state.session.value(f"SELECT count(*) FROM {self._sql}") or 0

    def clear_cache(self) -> None:
        """Forget this thread's cached answers of this table."""
        self._storage.state.caches.pop(self.name, None)

    def _cache(self, state: ThreadState) -> QueryCache:
        return state.caches.setdefault(self.name, QueryCache(self._cache_size))

    def _select(
        self, cond: QueryLike | None = None, doc_ids: Iterable[int] | None = None
    ) -> Generator[tuple[int, str, dict[str, Any]]]:
        """Stream (id, JSON, document) by id, of one instant: exhaust or close it before the caller returns."""
        args: list[Any]
        if doc_ids is None:
            where, args = plan(cond, self._indexed)
        else:
            where, args, cond = " WHERE id IN (SELECT value FROM json_each(?))", [_id_list(doc_ids)], None
        for doc_id, raw in self._storage.state.session.rows(
            f"SELECT id, doc FROM {self._sql}{where} ORDER BY id", args
        ):
            doc = decode(raw)
            if cond is None or cond(doc):
                yield doc_id, raw, doc

    # ------------------------------------------------------------------------------------------------ writing
    @contextmanager
    def _writing(self) -> Iterator[ThreadState]:
        with self._storage.transaction() as state:
            self._storage.ensure(self.name)
            yield state
            self.clear_cache()

    def _execute(self, state: ThreadState, sql: str, rows: list[Row]) -> None:
        if rows:
            state.session.executemany(sql, rows)
            state.touched.add(self.name)

    def _get_next_id(self) -> int:
        with self._writing():
            return self._storage.take_id(self.name)

    def insert(self, document: Mapping[str, Any]) -> int:
        """Add one document; its id. A ``Document`` keeps its own id, which must be free (ValueError)."""
        return self.insert_multiple([document])[0]

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[int]:
        """Add documents, all or none; their ids."""
        with self._writing() as state:
            rows: dict[int, str] = {}  # complete before the first INSERT: the iterable may read this very table
            for document in documents:
                if not isinstance(document, Mapping):
                    raise ValueError("Document is not a Mapping")  # noqa: TRY004  # what TinyDB raises
                rows[self._id_for(document, rows)] = encode(dict(document))
            self._execute(state, f"INSERT INTO {self._sql} VALUES(?,?)", list(rows.items()))
        return list(rows)

    def _id_for(self, document: Mapping[str, Any], taken: Mapping[int, str]) -> int:
        if not isinstance(document, self.document_class):
            return self._storage.take_id(self.name)
        doc_id = document.doc_id
        if type(doc_id) is not int:
            raise TypeError(f"document ID {doc_id!r} is not an int")
        if doc_id in taken or self.get(doc_id=doc_id) is not None:
            raise ValueError(f"Document with ID {doc_id} already exists")
        self._storage.reserve_id(self.name, doc_id)
        return doc_id

    def update(self, fields: Change, cond: QueryLike | None = None, doc_ids: Iterable[int] | None = None) -> list[int]:
        """Change all documents that match, all or none; their ids. Documents that stay equal are not written."""
        change = fields if callable(fields) else lambda doc: doc.update(fields)
        wanted = None if doc_ids is None else list(doc_ids)
        with self._writing() as state:
            found = {row[0]: row for row in self._select(cond, wanted)}
            ids = list(found) if wanted is None else [doc_id for doc_id in wanted if doc_id in found]
            for doc_id in ids:
                change(found[doc_id][2])
            changed = [(new, doc_id) for doc_id, raw, doc in found.values() if (new := encode(doc)) != raw]
            self._execute(state, f"UPDATE {self._sql} SET doc=? WHERE id=?", changed)
        return ids

    def update_multiple(self, updates: Iterable[tuple[Change, QueryLike]]) -> list[int]:
        """Apply several updates in turn, all or none, so that each condition sees the earlier ones."""
        with self._writing():
            done = [(doc_id, n) for n, (fields, cond) in enumerate(updates) for doc_id in self.update(fields, cond)]
        return [doc_id for doc_id, _ in sorted(done)]

    def upsert(self, document: Mapping[str, Any], cond: QueryLike | None = None) -> list[int]:
        """Update what matches, or insert if nothing does; nobody can come in between."""
        with self._writing():
            return super().upsert(document, cond)

    def remove(self, cond: QueryLike | None = None, doc_ids: Iterable[int] | None = None) -> list[int]:
        """Remove all documents that match; their ids."""
        if cond is None and doc_ids is None:
            raise RuntimeError("Use truncate() to remove all documents")
        wanted = None if doc_ids is None else list(dict.fromkeys(doc_ids))
        with self._writing() as state:
            found = dict.fromkeys(row[0] for row in self._select(cond, wanted))
            ids = list(found) if wanted is None else [doc_id for doc_id in wanted if doc_id in found]
            self._execute(state, f"DELETE FROM {self._sql} WHERE id=?", [(doc_id,) for doc_id in ids])
        return ids

    def truncate(self) -> None:
        """Remove all documents; ids start at 1 again."""
        with self._writing() as state:
            state.session.execute(f"DELETE FROM {self._sql}")
            self._storage.restart_ids(self.name)
            state.touched.add(self.name)

    def _update_table(self, updater: Callable[[dict[int, Any]], None]) -> None:
        """TinyDB's whole-table protocol, for foreign code only, in one transaction."""
        with self._writing():
            super()._update_table(updater)


def _id_list(doc_ids: Iterable[int]) -> str:
    """A JSON list of the ids that can exist; anything else is no id of a document."""
    return encode([doc_id for doc_id in doc_ids if isinstance(doc_id, int)])
