"""The connector over files: reads whole files, writes them anew atomically, one file at a time."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from connectors.files.file import RecordFile, pages, shown_path
from connectors.files.spec import read_spec
from connectors.files.writing import SKU_SLOTS, appended, lost_fields, made_id, rejected, rewrite
from engine.errors import ConnectorError, Rejected, Unreachable
from engine.model import Field, Kind, Product, Record
from engine.ports import (
    Budget,
    Capabilities,
    CheckItem,
    CheckReport,
    ConnectionContext,
    Draft,
    Page,
    RecordWrite,
    Result,
    WriteOutcome,
)

PAGE_SIZE = 500

#: What a files connection can do at most; an open one says what its options allow.
CAPABILITIES = Capabilities(
    reads=frozenset(Kind),
    creates=frozenset({Kind.CUSTOMERS, Kind.PRODUCTS}),
    reads_fields=frozenset(Field),
    writes_fields=frozenset(Field),
    writes_external_id=True,
    finds_marker=True,
    batch_size=500,
    page_size=PAGE_SIZE,
    sku_slots=SKU_SLOTS,
    product_form=("description", "upc", "category"),
)

T = TypeVar("T")
log = logging.getLogger(__name__)


class FilesConnector:
    """``engine.ports.Connector`` over CSV and JSON files. Blocking work runs in threads, one piece at a time."""

    def __init__(self, context: ConnectionContext) -> None:
        """Raises ``UsageError`` on options that make no sense; no file is touched yet."""
        self._name = context.name
        spec = read_spec(context.options)
        self._writable = spec.writable
        self._files = {kind: RecordFile(file, context.name) for kind, file in spec.files.items()}
        creates = frozenset(self._files) - {Kind.FEES}
        nothing = frozenset[Field]()
        self.capabilities = replace(
            CAPABILITIES,
            reads=frozenset(self._files),
            creates=creates if spec.writable else frozenset(),
            writes_fields=CAPABILITIES.writes_fields if spec.writable else nothing,
            writes_external_id=spec.writable,
        )
        self._turn = asyncio.Lock()

    async def check(self) -> CheckReport:
        items = [item for kind in self._files for item in await self._in_turn(self._check, kind)]
        return CheckReport(tuple(items))

    def _check(self, kind: Kind) -> list[CheckItem]:
        file = self._files[kind]
        label = f"{kind.value} file"
        try:
            content = file.load()
            columns = file.columns(content)
            rows = sum(1 for _ in file.records(content))
        except ConnectorError as error:
            return [CheckItem(label, ok=False, message=str(error))]
        mapping = ", ".join(
            field if field == column else f"{field} = {column}" for field, column in sorted(columns.of.items())
        )
        items = [CheckItem(label, ok=True, message=f"{shown_path(file.spec.path)}: {rows} rows; {mapping}")]
        if self._writable:
            writable = os.access(content.path, os.W_OK) and os.access(content.path.parent, os.W_OK)
            message = "can be replaced" if writable else f"no right to write {content.path} and its directory"
            items.append(CheckItem(f"{label} writable", writable, message))
        return items

    async def read(self, kind: Kind) -> AsyncIterator[Page]:
        """All records of a file as it was when the reading began. Raises ``ConnectorError``."""
        file = self._file(kind)
        content = await self._in_turn(file.load)
        parts = pages(file.records(content), PAGE_SIZE)
        while (page := await asyncio.to_thread(next, parts, None)) is not None:
            yield Page(page)

    async def read_some(self, kind: Kind, ids: Sequence[str]) -> dict[str, Record]:
        wanted = set(ids)

        def some() -> dict[str, Record]:
            file = self._file(kind)
            return {id: file.record(row, reader) for id, row, reader in file.rows(file.load()) if id in wanted}

        return await self._in_turn(some)

    async def write(self, writes: Sequence[RecordWrite]) -> list[WriteOutcome]:
        """One atomic rewrite per kind: either all of a kind's applied changes are in the file, or none is."""
        if not self._writable:
            return rejected(writes, "the connection is read-only: set writable=true to let it write", "read-only")
        answers: dict[tuple[str, Field | None], WriteOutcome] = {}
        for kind in dict.fromkeys(write.kind for write in writes):
            own = [write for write in writes if write.kind is kind]
            answers |= {(a.key, a.field): a for a in await self._in_turn(self._write, kind, own)}
        return [answers[write.key, one.field] for write in writes for one in write.fields]

    def _write(self, kind: Kind, writes: Sequence[RecordWrite]) -> list[WriteOutcome]:
        if kind not in self._files or kind is Kind.FEES:
            return rejected(writes, f"this connection has no {kind.value} to write", "no-file")
        file = self._files[kind]
        try:
            content = file.load()
            done = rewrite(file, content, writes)
            if done.text is not None:
                file.replace(content, done.text)
        except Unreachable as error:
            if not error.maybe_sent:
                return rejected(writes, str(error), "not-written")
            return [WriteOutcome(o.key, o.field, Result.UNKNOWN, str(error)) for o in rejected(writes, "", "")]
        except ConnectorError as error:
            return rejected(writes, str(error), error.code or "malformed")
        return done.outcomes

    async def create(self, draft: Draft) -> WriteOutcome:
        if not self._writable or draft.kind not in self.capabilities.creates:
            message = f"this connection cannot create {draft.kind.value}: it needs a file of them and writable=true"
            return WriteOutcome(draft.key, None, Result.REJECTED, message, "read-only")
        return await self._in_turn(self._create, draft)

    def _create(self, draft: Draft) -> WriteOutcome:
        file = self._files[draft.kind]
        try:
            content = file.load()
            columns = file.columns(content)
            if lost := lost_fields(columns, draft):
                message = f"{file.spec.path.name} has no column for {', '.join(lost)}; nothing was written"
                return WriteOutcome(draft.key, None, Result.REJECTED, message, "no-column")
            if draft.currency and file.spec.currency not in {"", draft.currency} and "currency" not in columns.of:
                message = f"{file.spec.path.name} is in {file.spec.currency}, the draft in {draft.currency}"
                return WriteOutcome(draft.key, None, Result.REJECTED, message, "currency")
            text, id = appended(file, content, draft)
            file.replace(content, text)
        except Unreachable as error:
            result = Result.UNKNOWN if error.maybe_sent else Result.REJECTED
            return WriteOutcome(draft.key, None, result, str(error), "not-written")
        except ConnectorError as error:
            return WriteOutcome(draft.key, None, Result.REJECTED, str(error), error.code or "malformed")
        return WriteOutcome(draft.key, None, Result.APPLIED, id=id)

    async def find_marker(self, kind: Kind, marker: str, name: str) -> list[Record]:  # noqa: ARG002 - the port's
        """Records whose notes hold the marker, or whose id was made of it."""

        def find() -> list[Record]:
            file = self._file(kind)
            records = file.records(file.load())
            id = made_id(marker)
            return [r for r in records if r.id == id or (isinstance(r, Product) and marker and marker in r.notes)]

        return await self._in_turn(find)

    async def set_external_id(self, kind: Kind, id: str, value: str) -> WriteOutcome:
        if not self._writable or kind not in self._files:
            return WriteOutcome(id, None, Result.REJECTED, "the connection is read-only", "read-only")
        return await self._in_turn(self._set_external_id, kind, id, value)

    def _set_external_id(self, kind: Kind, id: str, value: str) -> WriteOutcome:
        def answer(result: Result, message: str = "", found: str | None = None) -> WriteOutcome:
            return WriteOutcome(id, None, result, message, found=found, id=id)

        file = self._files[kind]
        try:
            content = file.load()
            column = file.columns(content).of.get("external_id")
            place = next(((row, reader) for known, row, reader in list(file.rows(content)) if known == id), None)
            if column is None or place is None:
                missing = "column for external_id" if column is None else f"{kind.singular} {id!r}"
                return answer(Result.REJECTED, f"{file.spec.path.name} has no {missing}")
            row, reader = place
            now = reader.text(row, "external_id")
            if now:
                result = Result.UNCHANGED if now == value else Result.REJECTED
                return answer(result, f"it already has the external id {now!r}", now)
            edit = file.format.change(row, column, value, number=False)
            file.replace(content, content.text[: edit.start] + edit.new + content.text[edit.end :])
        except ConnectorError as error:
            unknown = getattr(error, "maybe_sent", False)
            return answer(Result.UNKNOWN if unknown else Result.REJECTED, str(error))
        return answer(Result.APPLIED)

    async def choices(self, what: str) -> list[str]:
        """``categories``: those that occur in the products' file; nothing else has names here."""
        if what != "categories" or Kind.PRODUCTS not in self._files:
            return []
        file = self._file(Kind.PRODUCTS)

        def categories() -> list[str]:
            found = {r.category for r in file.records(file.load()) if isinstance(r, Product)}
            return sorted(found - {""})

        return await self._in_turn(categories)

    def budget(self) -> Budget:
        return Budget(note="local files: no limit")

    async def close(self) -> None:
        """Nothing is held open."""

    def _file(self, kind: Kind) -> RecordFile:
        if kind not in self._files:
            raise Rejected(f"no file of {kind.value} is set: set {kind.value}.path", connection=self._name)
        return self._files[kind]

    async def _in_turn(self, work: Callable[..., T], *arguments: object) -> T:
        """Run blocking work in a thread; two pieces never touch the files at once.

        Cancelling waits for the piece under way: a file is never half seen or written behind a caller's back.
        """
        async with self._turn:
            task = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
            try:
                return await asyncio.shield(task)
            except asyncio.CancelledError:
                await asyncio.wait([task])
                if not task.cancelled() and (error := task.exception()) is not None:
                    log.warning("%s: a cancelled piece of work failed: %s", self._name, error)
                raise
