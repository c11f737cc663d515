"""Mappings as CSV: export, and import with a preview of what every line would change. The round trip loses nothing.

Columns: ``kind, storefront_id, backoffice_id, status`` (``mapped`` or ``ignored``), ``reason, until`` (of an ignored
row), ``how, by, at``, and both names for the reader's eye; names are never read back. A file of names instead (see
``mapping_names``) is taken too.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import TextIO

from engine.csv_cells import safe_cell
from engine.errors import UsageError
from engine.mapping_names import IDENTIFIER, ITEM, Names, is_by_name
from engine.mappings import Ignored, RowMapping
from engine.model import Kind
from engine.views import ImportLine, ImportPreview

COLUMNS = (
    "kind",
    "storefront_id",
    "backoffice_id",
    "status",
    "reason",
    "until",
    "how",
    "by",
    "at",
    "storefront_name",
    "backoffice_name",
)
REQUIRED = ("kind", "storefront_id", "backoffice_id")


def write(
    out: TextIO, kind: Kind, mapped: Mapping[str, RowMapping], ignored: Mapping[str, Ignored], *, header: bool
) -> int:
    """Append one kind's rows; returns how many. Rows are sorted by id, so two exports of the same state are equal."""
    writer = csv.writer(out, lineterminator="\n")
    if header:
        writer.writerow(COLUMNS)
    count = 0
    for sid in sorted({*mapped, *ignored}):
        mapping, ignore = mapped.get(sid), ignored.get(sid)
        source = mapping or ignore
        assert source is not None
        writer.writerow(
            [
                kind.value,
                sid,
                mapping.backoffice_id if mapping else "",
                "ignored" if ignore else "mapped",
                ignore.reason if ignore else "",
                ignore.until if ignore else "",
                mapping.how if mapping else "",
                source.actor,
                source.at,
                safe_cell(mapping.storefront_name) if mapping else "",
                safe_cell(mapping.backoffice_name) if mapping else "",
            ]
        )
        count += 1
    return count


def preview(
    source: TextIO,
    storefront: Mapping[Kind, Mapping[str, str]],
    backoffice: Mapping[Kind, Mapping[str, str]],
    mapped: Mapping[Kind, Mapping[str, RowMapping]],
    ignored: Mapping[Kind, Mapping[str, Ignored]],
    *,
    many_to_one: bool,
    names: Callable[[], Names] = Names.nothing,
) -> ImportPreview:
    """What importing the file would do, line by line; nothing is changed. ``names`` is asked for by a file of names only.

    Raises ``UsageError`` for no or a wrong header.
    """
    lines: list[ImportLine] = []
    seen: dict[tuple[Kind, str], int] = {}
    targets: dict[tuple[Kind, str], list[str]] = {}
    for number, row, error in _rows(source, names):
        line = (
            ImportLine(number, None, row.get("storefront_id", ""), row.get("backoffice_id", ""), "error", error)
            if error
            else _line(number, row, storefront, backoffice, mapped, ignored)
        )
        if line.kind is not None and not line.error:
            key = (line.kind, line.storefront_id)
            if key in seen:
                line = _error(line, f"{line.storefront_id!r} is in line {seen[key]} already")
            else:
                seen[key] = number
                if line.backoffice_id:
                    targets.setdefault((key[0].counterpart, line.backoffice_id), []).append(line.storefront_id)
        lines.append(line)
    if not many_to_one:
        in_file = set(seen)
        for kind, rows in mapped.items():
            for sid, mapping in rows.items():
                if (kind, sid) not in in_file:
                    targets.setdefault((kind.counterpart, mapping.backoffice_id), []).append(sid)
        lines = [_shared(line, targets) for line in lines]
    return ImportPreview(tuple(lines), dict(Counter(line.action for line in lines)))


def _shared(line: ImportLine, targets: Mapping[tuple[Kind, str], list[str]]) -> ImportLine:
    if line.error or line.kind is None or not line.backoffice_id:
        return line
    holders = targets.get((line.kind.counterpart, line.backoffice_id), [])
    others = [sid for sid in holders if sid != line.storefront_id]
    if not others:
        return line
    return _error(
        line, f"{line.backoffice_id!r} would be the counterpart of {', '.join(others)} too (setting many_to_one is off)"
    )


def _rows(source: TextIO, names: Callable[[], Names]) -> Iterator[tuple[int, dict[str, str], str]]:
    try:
        reader = csv.reader(source, strict=True)
        header = [name.strip().lstrip("\ufeff") for name in next(reader, [])]
        by_name = names() if is_by_name(header) else None
        missing = [name for name in REQUIRED if name not in header]
        if missing and by_name is None:
            raise UsageError(
                f"line 1: the header lacks {', '.join(missing)}; expected columns: {', '.join(COLUMNS)}; or {IDENTIFIER}, "
                f"{ITEM}; nothing was imported"
            )
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != len(header):
                yield reader.line_num, {}, f"{len(cells)} cells where the header has {len(header)}"
                continue
            row = dict(zip(header, cells, strict=True))
            yield reader.line_num, *((row, "") if by_name is None else by_name.own_form(row))
    except csv.Error as error:
        raise UsageError(f"line {reader.line_num}: not CSV: {error}; nothing was imported") from None
    except UnicodeDecodeError as error:
        raise UsageError(
            f"the file is not UTF-8 text ({error.reason} at byte {error.start}); nothing was imported"
        ) from None


def _line(
    number: int,
    row: Mapping[str, str],
    storefront: Mapping[Kind, Mapping[str, str]],
    backoffice: Mapping[Kind, Mapping[str, str]],
    mapped: Mapping[Kind, Mapping[str, RowMapping]],
    ignored: Mapping[Kind, Mapping[str, Ignored]],
) -> ImportLine:
    sid, bid = row["storefront_id"], row["backoffice_id"]
    try:
        kind = Kind(row["kind"].strip().lower())
    except ValueError:
        known = ", ".join(Kind)
        return ImportLine(number, None, sid, bid, "error", f"column kind: {row['kind']!r} is none of {known}")
    status = row.get("status", "").strip().lower() or "mapped"
    line = ImportLine(number, kind, sid, bid, "map", note=row.get("reason", "").strip())
    if status not in {"mapped", "ignored"}:
        return _error(line, f"column status: {status!r} is neither mapped nor ignored")
    if sid not in storefront.get(kind, {}):
        return _error(line, f"column storefront_id: no {kind.singular} {sid!r} in the storefront (as last read)")
    if bid and bid not in backoffice.get(kind.counterpart, {}):
        return _error(
            line, f"column backoffice_id: no {kind.counterpart.singular} {bid!r} in the back office (as last read)"
        )
    current, ignore = mapped.get(kind, {}).get(sid), ignored.get(kind, {}).get(sid)
    before = current.backoffice_id if current else ""
    if status == "ignored":
        try:
            until = date.fromisoformat(row["until"]) if row.get("until") else None
        except ValueError:
            return _error(line, f"column until: {row['until']!r} is not a date such as 2027-01-31")
        if not line.note:
            return _error(line, "column reason: an ignored row needs a reason")
        same = ignore is not None and (ignore.reason, ignore.until, before) == (line.note, row.get("until", ""), bid)
        action = "same" if same else "ignore"
        return ImportLine(number, kind, sid, bid, action, before=before, note=line.note, until=until)
    if not bid:
        return _error(line, "column backoffice_id: empty, but the row is not ignored")
    action = "same" if before == bid and ignore is None else "remap" if before and before != bid else "map"
    return ImportLine(number, kind, sid, bid, action, before=before)


def _error(line: ImportLine, error: str) -> ImportLine:
    return ImportLine(line.line, line.kind, line.storefront_id, line.backoffice_id, "error", error)
