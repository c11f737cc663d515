"""Mapping files that name records instead of giving their ids: *Store Item Identifier*, *QuickBooks Item Name*.

The identifier is a storefront product's id, SKU or name, the item name a back-office product's name; both are compared
with the integration's normalisation and must mean exactly one record. Parents of variants and inactive records are not
meant. Each line becomes one of our own form, so that preview, errors and undo are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.matching.keys import by_value, normal, some
from engine.model import Kind, Record

IDENTIFIER, ITEM = "Store Item Identifier", "QuickBooks Item Name"
#: What an identifier may be, and how it is told.
IDENTIFIERS = {"id": "id", "sku": "SKU", "name": "name"}


def is_by_name(header: Iterable[str]) -> bool:
    """Whether a file's header (in any order and case) is of this form."""
    given = {name.strip().casefold() for name in header}
    return {IDENTIFIER.casefold(), ITEM.casefold()} <= given


@dataclass(frozen=True, slots=True)
class Names:
    """What product names, SKUs and ids mean on both sides."""

    storefront: Mapping[str, Mapping[str, list[Record]]]  # by what it may be, by value
    backoffice: Mapping[str, list[Record]]
    how: str

    @classmethod
    def of(cls, storefront: Iterable[Record], backoffice: Iterable[Record], how: str) -> Names:
        """Index both sides' products; ``how`` is the integration's normalisation."""
        left = list(storefront)
        return cls({key: by_value(left, key, how) for key in IDENTIFIERS}, by_value(backoffice, "name", how), how)

    @classmethod
    def nothing(cls) -> Names:
        """No product is known by any name."""
        return cls.of((), (), "exact")

    def own_form(self, row: Mapping[str, str]) -> tuple[dict[str, str], str]:
        """The row in our own form, or what is wrong with it, naming the column."""
        cells = {name.casefold(): text for name, text in row.items()}
        identifier, item = cells[IDENTIFIER.casefold()], cells[ITEM.casefold()]
        mine, wrong = self._storefront(identifier)
        theirs, missing = self._backoffice(item)
        problem = "; ".join(filter(None, (wrong, missing)))
        own = {"kind": Kind.PRODUCTS.value, "storefront_id": mine or identifier, "backoffice_id": theirs or item}
        return own, problem

    def _storefront(self, identifier: str) -> tuple[str, str]:
        value = normal(identifier, self.how)
        if not value:
            return "", f"column {IDENTIFIER}: is empty"
        found: dict[str, list[str]] = {}
        for key, said in IDENTIFIERS.items():
            for record in self.storefront[key].get(value, ()):
                found.setdefault(record.id, []).append(said)
        if len(found) == 1:
            return next(iter(found)), ""
        if not found:
            return (
                "",
                f"column {IDENTIFIER}: no product has the id, SKU or name {identifier!r} in the storefront (as last read)",
            )
        meant = some([f"{id} ({' and '.join(said)})" for id, said in sorted(found.items())])
        return "", f"column {IDENTIFIER}: {identifier!r} means several products of the storefront: {meant}; give the id"

    def _backoffice(self, item: str) -> tuple[str, str]:
        value = normal(item, self.how)
        if not value:
            return "", f"column {ITEM}: is empty"
        found = self.backoffice.get(value, [])
        if len(found) == 1:
            return found[0].id, ""
        if not found:
            return "", f"column {ITEM}: no active product is called {item!r} in the back office (as last read)"
        ids = some(sorted(record.id for record in found))
        return "", f"column {ITEM}: {item!r} is the name of several products of the back office: {ids}"
