"""A workspace as a stock TinyDB file, and back: ``TinyDB("file.json")`` opens what ``export_workspace`` writes.

Everything is in it, the document ids and the counters that hand them out too. What was imported is the same workspace,
moved: it keeps its identity (``lineage``), so that plans and markers made before still belong to it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from tinydb.table import Document

from engine.admin_files import told
from engine.errors import WorkspaceError
from engine.store.backup import sync
from engine.store.migrations import MIGRATIONS, apply_from, refuse_newer
from engine.store.naming import table_name
from engine.store.workspace_store import SqliteStore

IDENTITY = "schema"  # the table that even an empty workspace has a document in
NEXT_IDS = "next_ids"  # where that document carries the id counters of all tables

Content = dict[str, dict[int, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Exchanged:
    """How many documents of each table were written or read."""

    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def export_workspace(store: SqliteStore, to: Path) -> Exchanged:
    """Write all tables, as of one instant, to the new file ``to``: complete or not at all.

    Raises ``WorkspaceError`` if the file exists or cannot be written.
    """
    if to.exists():
        raise WorkspaceError(f"{to} exists already: nothing was exported; choose another name")
    partial = to.with_name(f"{to.name}.partial")
    try:
        with partial.open("w", encoding="ascii") as out:
            exchanged = _write_all(store, out)
            out.flush()
            os.fsync(out.fileno())
        partial.rename(to)
        sync(to.parent)
    except OSError as error:
        raise WorkspaceError(
            f"{to}: the export could not be written ({told(error, to, writing=True)}); the workspace is unchanged"
        ) from error
    finally:
        with suppress(OSError):  # where it cannot be made, there is nothing to remove
            partial.unlink(missing_ok=True)
    return exchanged


def import_workspace(store: SqliteStore, source: Path) -> Exchanged:
    """Fill an empty workspace from a file that ``export_workspace`` wrote, in one transaction.

    An export of an older format is moved forward. Raises ``WorkspaceError``, having changed nothing, if the workspace
    is not empty or the file is unreadable, not such an export, or from a newer version.
    """
    content = _read(source)
    with store.transaction():
        filled = sorted(name for name in store.db.tables() - {IDENTITY} if len(store.table(name)))
        if filled:
            raise WorkspaceError(
                f"{store.path} is not empty ({', '.join(filled)}): an import needs an empty workspace. "
                "Nothing was changed; open a new workspace and import there"
            )
        identity = next(iter(content[IDENTITY].values()))
        refuse_newer(source, identity["version"], MIGRATIONS[-1].version)
        next_ids = identity.pop(NEXT_IDS, {})
        store.table(IDENTITY).truncate()
        for name, documents in content.items():
            store.table(name).insert_multiple(Document(doc, doc_id) for doc_id, doc in documents.items())
        for name in content.keys() & next_ids.keys():
            store.db.storage.reserve_id(name, int(next_ids[name]) - 1)
        apply_from(store.db, identity["version"], MIGRATIONS)
    return Exchanged({name: len(documents) for name, documents in content.items()})


def _write_all(store: SqliteStore, out: TextIO) -> Exchanged:
    """The JSON of all tables, streamed: a document's text goes from one file to the other as it is."""
    session, counts = store.db.storage.state.session, dict[str, int]()
    with session.snapshot():
        tables = session.fetch("SELECT name, next_id FROM tinydb_tables WHERE live ORDER BY name")
        next_ids = {name: next_id for name, next_id in tables if next_id > 1 and name != IDENTITY}
        out.write("{")
        for n, (name, _) in enumerate(tables):
            out.write(f"{',' if n else ''}\n{json.dumps(name)}: {{")
            counts[name] = 0
            for doc_id, raw in session.rows(f"SELECT id, doc FROM {table_name(name)} ORDER BY id"):  # noqa: S608  # quoted
                text = json.dumps(json.loads(raw) | {NEXT_IDS: next_ids}) if name == IDENTITY else raw
                out.write(f'{"," if counts[name] else ""}\n"{doc_id}": {text}')
                counts[name] += 1
            out.write("}")
        out.write("\n}\n")
    return Exchanged(counts)


def _read(source: Path) -> Content:
    """The file's tables with whole-number ids, checked before anything is written."""
    try:
        data = json.loads(source.read_text("utf-8"))
    except OSError as error:
        raise WorkspaceError(f"{source} cannot be read ({told(error, source)}). Nothing was imported") from error
    except ValueError as error:
        raise WorkspaceError(f"{source} is not JSON ({error}). Nothing was imported") from error
    content = dict(_tables(source, data))
    identity = next(iter(content.get(IDENTITY, {}).values()), {})
    if not isinstance(identity.get("version"), int) or not isinstance(identity.get("lineage"), str):
        raise WorkspaceError(f"{source} is not an export of a Crosswalk workspace. Nothing was imported")
    return content


def _tables(source: Path, data: Any) -> Iterator[tuple[str, dict[int, dict[str, Any]]]]:
    for name, documents in data.items() if isinstance(data, dict) else [("", None)]:
        if not isinstance(documents, dict):
            raise WorkspaceError(f"{source} is not a TinyDB file. Nothing was imported")
        for doc_id, doc in documents.items():
            if not doc_id.isdecimal() or not isinstance(doc, dict):
                raise WorkspaceError(f"{source}: {name}/{doc_id} is not a TinyDB document. Nothing was imported")
        yield name, {int(doc_id): doc for doc_id, doc in documents.items()}
