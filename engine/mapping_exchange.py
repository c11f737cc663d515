"""The mappings of an integration out to CSV and back in: all kinds in one file, all of it in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TextIO

from engine import mapping_files
from engine.errors import UnknownId, UsageError
from engine.integrations import Integration
from engine.mapping_names import Names
from engine.mappings import Ignored, Mappings, RowEdit, RowMapping
from engine.model import Fee, Kind, utc_text
from engine.ports import Clock, RecordCache, Store
from engine.views import Edit, ImportPreview


class MappingExchange:
    """Export, preview and import of mapping files."""

    def __init__(self, store: Store, cache: RecordCache, mappings: Mappings, clock: Clock, actor: str) -> None:
        self._store, self._cache, self._mappings, self._clock, self._actor = store, cache, mappings, clock, actor

    def export(self, integration: Integration, out: TextIO) -> int:
        """Write all mappings and ignored rows; returns the number of rows."""
        count = 0
        for position, kind in enumerate(Kind):
            mapped = self._mappings.mapped(integration.name, kind)
            ignored = self._mappings.ignored(integration.name, kind)
            count += mapping_files.write(out, kind, mapped, ignored, header=position == 0)
        return count

    def preview(self, integration: Integration, source: TextIO, fees: Iterable[Fee]) -> ImportPreview:
        """What importing a file would change, line by line; nothing is changed."""
        read = (Kind.CUSTOMERS, Kind.PRODUCTS)
        storefront: dict[Kind, Mapping[str, str]] = {k: self._known(integration.storefront, k) for k in read}
        storefront[Kind.FEES] = {fee.id: fee.name for fee in fees}
        return mapping_files.preview(
            source,
            storefront,
            {kind: self._known(integration.backoffice, kind) for kind in read},
            {kind: self._mappings.mapped(integration.name, kind) for kind in Kind},
            {kind: self._mappings.ignored(integration.name, kind) for kind in Kind},
            many_to_one=integration.settings.many_to_one,
            names=lambda: self._names(integration),
        )

    def apply(self, integration: Integration, preview: ImportPreview, fees: Collection[Fee]) -> Edit:
        """Apply a clean preview. Raises ``UsageError`` when it names an error; then nothing was imported."""
        if not preview.ok:
            bad = next(line for line in preview.lines if line.error)
            raise UsageError(f"line {bad.line}: {bad.error}; nothing was imported")
        total, last = 0, 0
        with self._store.transaction():
            for kind in Kind:
                edits = self._edits(integration, kind, preview, fees)
                if edits:
                    done = self._mappings.apply(integration, kind, edits, "import", group=last)
                    total, last = total + done.count, done.id or last
        same = sum(line.action == "same" for line in preview.lines)
        return Edit(
            last, "import", total, f"import: {total:,} {'row' if total == 1 else 'rows'} changed, {same} as they were"
        )

    def _edits(
        self, integration: Integration, kind: Kind, preview: ImportPreview, fees: Collection[Fee]
    ) -> list[RowEdit]:
        lines = [line for line in preview.lines if line.kind is kind and line.action != "same"]
        ids = [line.storefront_id for line in lines]
        names = row_names(self._cache, self._mappings, integration, kind, ids, fees)
        targets = {line.backoffice_id for line in lines if line.backoffice_id}
        right = self._cache.get(integration.backoffice, kind.counterpart, targets)
        now = utc_text(self._clock.now())
        edits = []
        for line in lines:
            sid, bid = line.storefront_id, line.backoffice_id
            other = right[bid].name if bid in right else ""
            mapping = RowMapping(sid, bid, "import", self._actor, now, names[sid], other) if bid else None
            until = line.until.isoformat() if line.until else ""
            ignored = Ignored(sid, line.note, self._actor, now, until) if line.action == "ignore" else None
            edits.append(RowEdit(sid, names[sid], mapping, ignored))
        return edits

    def _names(self, integration: Integration) -> Names:
        left = self._cache.records(integration.storefront, Kind.PRODUCTS)
        right = self._cache.records(integration.backoffice, Kind.PRODUCTS)
        return Names.of(left, right, integration.settings.match.normalise)

    def _known(self, connection: str, kind: Kind) -> dict[str, str]:
        return {record_id: name for record_id, name, _ in self._cache.raw(connection, kind)}


def row_names(
    cache: RecordCache,
    mappings: Mappings,
    integration: Integration,
    kind: Kind,
    ids: Collection[str],
    fees: Iterable[Fee],
) -> dict[str, str]:
    """Names of storefront rows. A row that is mapped but gone keeps its remembered name. Raises ``UnknownId``."""
    if kind is Kind.FEES:
        known = {fee.id: fee.name for fee in fees}
    else:
        known = {r.id: r.name for r in cache.get(integration.storefront, kind, ids).values()}
    mapped: Mapping[str, RowMapping] = {}
    if any(row_id not in known for row_id in ids):
        mapped = mappings.mapped(integration.name, kind)
    names: dict[str, str] = {}
    for row_id in ids:
        if row_id not in known and row_id not in mapped:
            if kind is Kind.FEES:
                raise UnknownId("fee", row_id, "see `crosswalk fees list`, or add it; nothing was changed")
            where = f"{kind.singular} of {integration.storefront}"
            raise UnknownId(where, row_id, "pull, then try again; nothing was changed")
        names[row_id] = known.get(row_id) or mapped[row_id].storefront_name
    return names
