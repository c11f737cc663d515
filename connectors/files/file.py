"""One file of one kind: reading it whole, and replacing it atomically. Blocking; called in a thread."""

from __future__ import annotations

import codecs
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from connectors.files.csv_format import CsvFormat
from connectors.files.json_format import JsonFormat
from connectors.files.records import Columns, Reader
from connectors.files.rows import Format, Malformed, Row
from connectors.files.spec import FileSpec
from engine.errors import IncompleteRead, Rejected, Unreachable
from engine.model import Record


@dataclass(frozen=True, slots=True)
class Content:
    """What a file held at one moment: the decoded text, whether it began with a byte order mark, and its stamp."""

    path: Path
    text: str
    mark: bool
    stamp: tuple[int, int, int]


class RecordFile:
    """Reads and replaces one file. Errors name the connection, the file, the line and the column."""

    def __init__(self, spec: FileSpec, connection: str) -> None:
        self.spec, self._connection = spec, connection
        self.format: Format = (
            CsvFormat(spec.delimiter)
            if spec.format == "csv"
            else JsonFormat(spec.kind.value, lines=spec.format == "jsonl")
        )

    def load(self) -> Content:
        """The file as it is now. Raises ``Unreachable`` where it cannot be opened, ``IncompleteRead`` where decoded."""
        path = self.spec.path
        try:
            real = path.resolve(strict=True)
            with real.open("rb") as file:
                raw = file.read()
                stamp = _stamp(os.fstat(file.fileno()))
        except OSError as error:
            raise Unreachable(
                f"{self.spec.kind} file {shown_path(path)}: {error.strerror or error}; nothing was read",
                connection=self._connection,
            ) from error
        mark = raw.startswith(codecs.BOM_UTF8) and self._encoding == "utf-8"
        try:
            text = raw[3 if mark else 0 :].decode(self._encoding)
        except UnicodeDecodeError as error:
            offset = error.start + (3 if mark else 0)
            line = raw.count(b"\n", 0, offset) + 1
            raise self.incomplete(
                Malformed(
                    f"byte 0x{raw[offset]:02x} (byte {offset + 1} of the file) is not {self._encoding};"
                    f" set {self.spec.option('encoding')}, cp1252 is usual for older exports",
                    line,
                )
            ) from error
        return Content(real, text, mark, stamp)

    def columns(self, content: Content) -> Columns:
        """Which column is which field. Raises ``IncompleteRead``."""
        try:
            return Columns.find(self.spec, self.format.header(content.text))
        except Malformed as error:
            raise self.incomplete(error) from error

    def rows(self, content: Content) -> Iterator[tuple[str, Row, Reader]]:
        """(id, row, the reader that makes its record) of every row; raises ``IncompleteRead``."""
        reader = Reader(self.spec, self.columns(content))
        try:
            for row in self.format.rows(content.text):
                yield reader.id(row), row, reader
        except Malformed as error:
            raise self.incomplete(error) from error

    def records(self, content: Content) -> Iterator[Record]:
        """All records; raises ``IncompleteRead`` at the first thing that is wrong."""
        for _, row, reader in self.rows(content):
            yield self.record(row, reader)

    def record(self, row: Row, reader: Reader) -> Record:
        try:
            return reader.record(row)
        except Malformed as error:
            raise self.incomplete(error) from error

    def incomplete(self, error: Malformed) -> IncompleteRead:
        place = f", line {error.line}" if error.line else ""
        column = f", column {error.column!r}" if error.column else ""
        return IncompleteRead(
            f"{shown_path(self.spec.path)}{place}{column}: {error}; nothing of the file was taken",
            connection=self._connection,
        )

    def replace(self, content: Content, text: str) -> None:
        """Put a new text in place of the one that was read, atomically, with its mode, mark and encoding.

        Raises ``ConnectorError`` (the file is then as it was): the file moved since, the disk is full, a sign that the
        encoding lacks.
        """
        path = content.path
        try:
            raw = (codecs.BOM_UTF8 if content.mark else b"") + text.encode(self._encoding)
        except UnicodeEncodeError as error:
            raise Rejected(
                f"{error.object[error.start : error.end]!r} cannot be written in {self._encoding}; nothing was written",
                connection=self._connection,
                code="encoding",
            ) from error
        temporary = ""
        try:
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
            with os.fdopen(handle, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
                os.fchmod(file.fileno(), path.stat().st_mode & 0o7777)
            if _stamp(path.stat()) != content.stamp:
                raise Unreachable(
                    f"{path} was changed by another program while it was being written; nothing was written,"
                    " plan again from a fresh read",
                    connection=self._connection,
                )
            Path(temporary).replace(path)
            temporary = ""
        except OSError as error:
            raise Unreachable(
                f"{path} cannot be written: {error.strerror or error}; the file is as it was",
                connection=self._connection,
            ) from error
        finally:
            if temporary:
                with suppress(FileNotFoundError):
                    Path(temporary).unlink()
        try:
            _sync_directory(path.parent)
        except OSError as error:
            failure = Unreachable(
                f"{path} was replaced, but the disk did not confirm it: {error.strerror or error}; read it again",
                connection=self._connection,
            )
            failure.maybe_sent = True
            raise failure from error

    @property
    def _encoding(self) -> str:
        """The codec without its byte order mark, which is handled here."""
        name = codecs.lookup(self.spec.encoding).name
        return "utf-8" if name == "utf-8-sig" else name


def shown_path(path: Path) -> str:
    """The whole path, as messages name a file: a relative one depends on where the program was started."""
    return os.path.normpath(path.absolute())


def pages(records: Iterator[Record], size: int) -> Iterator[tuple[Record, ...]]:
    """Records in pages of ``size``."""
    while page := tuple(islice(records, size)):
        yield page


def _stamp(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns


def _sync_directory(directory: Path) -> None:
    """The rename itself is on disk when this returns."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
