"""QuickBooks' query language, as far as this connector speaks it.

``SELECT ... FROM Entity WHERE ... ORDERBY Id STARTPOSITION n MAXRESULTS m``: no OR, no joins; positions start at 1.
"""

from __future__ import annotations

from collections.abc import Iterable

#: ``*`` leaves the SKU out; asked for by name it comes.
COLUMNS = {"Item": "*, Sku"}
#: Records that were made inactive are hidden unless asked for; transactions have no such field.
EVEN_INACTIVE = "Active IN (true, false)"
WITH_INACTIVE = frozenset({"Item", "Customer", "Account"})


def quoted(text: str) -> str:
    r"""A string literal: ``it's`` as ``'it\'s'``."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def among(field: str, values: Iterable[str]) -> str:
    return f"{field} IN ({', '.join(quoted(value) for value in values)})"


def where(entity: str, *conditions: str) -> str:
    """The WHERE clause of a query for records of any state; empty when there is nothing to say."""
    parts = [part for part in conditions if part]
    if entity in WITH_INACTIVE:
        parts.append(EVEN_INACTIVE)
    return f" WHERE {' AND '.join(parts)}" if parts else ""


def select(entity: str, *conditions: str, start: int = 1, size: int = 1000) -> str:
    """One page in a stable order."""
    columns = COLUMNS.get(entity, "*")
    page = f"ORDERBY Id STARTPOSITION {start} MAXRESULTS {size}"
    return f"SELECT {columns} FROM {entity}{where(entity, *conditions)} {page}"  # noqa: S608 - values are quoted


def count(entity: str, *conditions: str) -> str:
    return f"SELECT COUNT(*) FROM {entity}{where(entity, *conditions)}"  # noqa: S608 - as above
